//! No template within the size limit takes more than 8 MiB or more than the work that 50 ms allow.
//!
//! A binary of its own: its allocator counts.

// Helpers outside `#[test]` functions are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use callout_flow::expression::{Meter, WORK_MAX};
use callout_flow::node::api_call::ApiCallDraft;
use callout_flow::problem::FieldPath;
use callout_flow::render::{CallTemplate, RenderContext, RequestSource};
use callout_flow::scope::{Roots, Scope};
use callout_flow::template::{Escape, JsonTemplate, TEMPLATE_BYTES_MAX, TextTemplate};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What a rendering may hold at once, in bytes.
const HELD_BYTES_MAX: usize = 8 << 20;

/// Values that make templates expensive, each at most 1 MiB of JSON.
fn vars() -> Value {
    json!({
        "s": "a".repeat(1_000_000),
        "e": "é ".repeat(300_000),
        "l": vec![1; 30_000],
        "long": vec![1; 500_000],
        "m": (0..3_500).map(|n| json!({ "k": n, "t": "some text" })).collect::<Vec<_>>(),
        "deep": (0..120).fold(json!("x".repeat(1000)), |value, _| json!([value])),
        "half": "b".repeat(500_000),
    })
}

/// The expressions that hurt most, each alone and over and over.
const EXPRESSIONS: &[&str] = &[
    "vars.s",
    "vars.s | upper",
    "vars.s | replace('a', 'bb')",
    "vars.s | replace('', '\\u2028')",
    "vars.half | replace('b', 'cc')",
    "vars.e | title",
    "vars.e | split",
    "vars.e | urlencode",
    "vars.e[1:][1:][1:][1:][1:][1:][1:][1:]",
    "vars.s ~ vars.s",
    "vars.half ~ vars.half",
    "vars.half + vars.half",
    "(vars.half ~ 'x') ~ ('y' ~ 'z')",
    "vars.s | list",
    "vars.s | reverse",
    "vars.s | trim('abcdefghijklmnopqrstuvwxyz')",
    "vars.s | tojson",
    "vars.l | sort",
    "vars.l | unique",
    "vars.l | reverse | sort | list",
    "vars.l + vars.l",
    "vars.l | join(vars.half)",
    "vars.l | map('string')",
    "vars.l | select('in', vars.l)",
    "vars.l | sum",
    "vars.long",
    "vars.long | length",
    "vars.long | sort",
    "vars.m",
    "vars.m | sort(attribute='k', reverse=true)",
    "vars.m | map(attribute='t') | join",
    "vars.m | map(attribute='none', default=vars.half)",
    "vars.m | selectattr('t', 'containing', 'text') | list",
    "vars.deep",
    "[vars.deep, [vars.deep]] | tojson | tojson | tojson | tojson",
    "'x' | replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') | replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') | replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') | replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy')",
    "2 ** 62 * 2 ** 62",
    "1e308 * 1e308",
    "9 | round(1000)",
    "vars.none",
];

fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    for expression in EXPRESSIONS {
        let hole = format!("{{{{ {expression} }}}}");
        texts.push(hole.clone());
        texts.push(hole.repeat((TEMPLATE_BYTES_MAX / hole.len()).min(900)));
        texts.push(format!("{{% for x in vars.l %}}{hole}{{% endfor %}}"));
        texts.push(format!(
            "{{% for x in vars.m %}}{{% if ({expression}) | length == 3 %}}x{{% endif %}}{{% endfor %}}"
        ));
    }
    for (body, depth) in
        [("", 8), ("{{ x }}", 4), ("{% if x %}y{% endif %}", 6), ("{{ x ~ x }}", 8), ("text of a loop", 3)]
    {
        let (open, close) = ("{% for x in vars.l %}".repeat(depth), "{% endfor %}".repeat(depth));
        texts.push(format!("{open}{body}{close}"));
    }
    texts.push("{% for x in vars.long %}{{ loop.index }}{% endfor %}".to_owned());
    texts.push("{% for x in vars.l %}".to_owned() + &"y".repeat(60_000) + "{% endfor %}");
    texts
}

/// The most held beyond what was held before, and the work done.
fn measured(act: impl FnOnce(&mut Meter)) -> (usize, usize) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let mut meter = Meter::default();
    act(&mut meter);
    (ALLOCATOR.peak_usage().saturating_sub(before), meter.work_done())
}

#[test]
fn hostile_templates_stay_within_their_bounds() {
    let vars = vars();
    let scope = Scope { vars: Some(&vars), ..Scope::default() };
    let at = FieldPath::root();
    for text in texts() {
        let shown: String = text.chars().take(100).collect();
        let within = |what: &str, (held, work): (usize, usize)| {
            assert!(held <= HELD_BYTES_MAX, "{what}: {shown}: {held} bytes");
            assert!(work <= WORK_MAX, "{what}: {shown}: {work} work");
        };
        let mut problems = Vec::new();
        let template = TextTemplate::compile(&text, Escape::Xml, Roots::FLOW, &at, &mut problems);
        let template = template.unwrap_or_else(|| panic!("{shown}: {problems:?}"));
        within("text", measured(|meter| drop(template.render_metered(&scope, meter))));
        if text.contains("{%") {
            continue;
        }
        let leaves: Vec<&str> = text.split_inclusive("}}").collect();
        let template = JsonTemplate::compile(&json!(leaves), Roots::FLOW, &at, &mut problems).unwrap();
        within("tree", measured(|meter| drop(template.render_metered(&scope, meter))));
        let call = call(&text, &leaves);
        within("call", measured(|meter| drop(call.render_metered(&scope, &context(), meter))));
    }
}

/// A call with the text in every position at once.
fn call(text: &str, leaves: &[&str]) -> CallTemplate {
    let row = json!([{ "name": "a", "value": text }]);
    let draft = json!({
        "mode": "http", "url": format!("https://h.example/{}", leaves[0]), "headers": row, "query": row,
        "auth": { "type": "bearer", "token": text }, "body": { "type": "json", "value": leaves },
    });
    let draft: ApiCallDraft = serde_json::from_value(draft).unwrap();
    let mut problems = Vec::new();
    CallTemplate::compile(&RequestSource::http(&draft, &FieldPath::root()), &mut problems)
        .unwrap_or_else(|| panic!("{problems:?}"))
}

fn context() -> RenderContext<'static> {
    RenderContext {
        idempotency_key: None,
        contact: None,
        flow_number: 1,
        run_id: "run_1",
        now: "2026-01-02T03:04:05Z".parse().unwrap(),
    }
}
