//! Checking whole flows: each file of `cases/check` says in its remarks which problems it has, and where.
//!
//! `# problems: code …` on a line promises those problems at that line. A problem that no remark promises fails the
//! test too.

use std::path::{Path, PathBuf};

use callout_flow::check::{CheckContext, check, variables_at};
use callout_flow::problem::Problem;
use callout_flow::read::{place_problems, read_flow};

/// The one place that touches the API.
fn problems(text: &str) -> Vec<Problem> {
    let read = read_flow(text, "flow.yaml");
    let mut problems = read.problems;
    let flows = ["other".to_owned(), "caller-lookup".to_owned()];
    let verdict = |url: &str| url.contains("//10.").then(|| "10.0.0.1 is not a public address".to_owned());
    let context = CheckContext { flows: Some(&flows), verdict: Some(&verdict), ..CheckContext::default() };
    if let Some(draft) = &read.draft {
        problems.extend(check(draft, &context).problems);
    }
    if let Some(tree) = &read.tree {
        place_problems(tree, &mut problems);
    }
    problems
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Line and code of every promise.
fn promised(text: &str) -> Vec<(usize, String)> {
    let mut promised: Vec<(usize, String)> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, line.split_once("# problems: ")?.1)))
        .flat_map(|(line, codes)| codes.split_whitespace().map(move |code| (line, code.to_owned())))
        .collect();
    promised.sort();
    promised
}

#[test]
fn every_case_has_the_problems_it_promises_and_no_others() {
    let paths = cases();
    assert!(paths.len() > 5, "the cases are gone");
    let mut failures = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let problems = problems(&text);
        let mut found: Vec<(usize, String)> =
            problems.iter().map(|p| (p.place.unwrap().line, p.code.to_string())).collect();
        found.sort();
        let promised = promised(&text);
        if found != promised {
            let told: Vec<String> = problems
                .iter()
                .map(|p| {
                    format!("  {}: {} {}: {} | {}", p.place.unwrap().line, p.code, p.at, p.message, p.fix)
                })
                .collect();
            let missing: Vec<_> = promised.iter().filter(|p| !found.contains(p)).collect();
            failures.push(format!("{}\n missing {missing:?}\n found\n{}", path.display(), told.join("\n")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_builder_knows_which_variables_exist_where() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check/caller-lookup.yaml");
    let draft = read_flow(&std::fs::read_to_string(path).unwrap(), "flow.yaml").draft.unwrap();
    let at = variables_at(&draft, None, |_| true, usize::MAX).nodes;
    let shown = |node: &str| -> Vec<String> {
        at[node].iter().map(|v| format!("{}{}", v.name, if v.certain { "" } else { "?" })).collect()
    };
    assert_eq!(shown("lookup"), [""; 0]);
    let call = ["httpResult", "httpStatus", "httpOk", "httpHeaders", "httpError"];
    assert_eq!(shown("pop"), [&call[..], &["customer_name", "contact_id"]].concat());
    assert_eq!(shown("unknownCaller"), [&call[..], &["customer_name", "contact_id?"]].concat());
    assert_eq!(shown("done"), [&call[..], &["customer_name", "contact_id?", "known?"]].concat());
}

#[test]
fn types_are_known_where_all_who_set_agree_and_what_nothing_leads_to_counts_as_a_beginning() {
    let draft = read_flow(
        "kind: flow\nslug: f\ntrigger: { type: api }\nstart: a\nnodes:\n  \
         a: { type: setVars, set: { n: 1, t: 'x {{ vars.n }}', any: '{{ event.x }}', two: a }, next: b }\n  \
         b: { type: setVars, set: { two: 2 }, next: c }\n  c: { type: end }\n  \
         lone: { type: apiCall, mode: http, url: 'https://h.example/', outputs: [{ var: day, path: $.d, type: date }, \
         { var: all, path: $.l, asList: true }, { var: code, from: status }], next: after }\n  \
         after: { type: setVars, set: { late: true }, next: c }\n",
        "flow.yaml",
    )
    .draft
    .unwrap();
    let at = variables_at(&draft, None, |id| id != "b", usize::MAX).nodes;
    let shown = |node: &str| -> Vec<String> {
        let one = |v: &callout_flow::check::Variable| {
            format!("{}{}:{}", v.name, if v.certain { "" } else { "?" }, v.kind.unwrap_or("-"))
        };
        at[node].iter().map(one).collect()
    };
    assert_eq!(shown("c"), ["n:number", "t:string", "any:-", "two:-"], "what only `lone` sets is not there");
    let call =
        ["httpResult:-", "httpStatus:number", "httpOk:boolean", "httpHeaders:object", "httpError:object"];
    assert_eq!(shown("after"), [&call[..], &["day?:date", "all?:list", "code?:number"]].concat());
    assert!(shown("lone").is_empty() && !at.contains_key("b"));
    let cut = variables_at(&draft, None, |_| true, 3);
    assert_eq!(
        (cut.nodes.keys().map(String::as_str).collect(), cut.complete),
        (vec!["a"], false),
        "b has four"
    );
    assert!(variables_at(&draft, None, |id| id == "c", 1).complete, "one node is told whole");
}

/// A check whose cost grew with the square of a flow would not come to an end here.
#[test]
fn a_flow_of_thousands_of_nodes_is_checked() {
    let count = 1_500;
    let node = |n: usize| {
        format!(
            "  n{n}: {{type: apiCall, mode: http, url: 'https://api.example/{{{{ vars.v{n} | default(1) }}}}', \
             outputs: [{{var: v{n}, path: $.a}}], cases: [{{on: 2xx, to: n{}}}, {{on: other, to: n{}}}]}}\n",
            (n + 1) % count,
            (n + 7) % count
        )
    };
    let nodes: String = (0..count).map(node).collect();
    let text = format!("kind: flow\nslug: big\ntrigger: {{type: api}}\nstart: n0\nnodes:\n{nodes}");
    let draft = read_flow(&text, "flow.yaml").draft.unwrap();
    let problems = check(&draft, &CheckContext::default()).problems;
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_ref()).collect();
    assert_eq!(codes, ["loop-unbounded"]);
}
