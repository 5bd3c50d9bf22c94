//! Whether a flow is right: all problems at once, from unread templates to outcomes that lead nowhere.

mod call;
mod graph;
mod inputs;
mod loops;
mod outcomes;
mod reads;
mod routes;
mod vars;

pub use vars::{Variable, VariablesAt, variables_at};

/// All paths that a flow's templates and conditions read.
pub(crate) fn reads_of(draft: &crate::draft::FlowDraft) -> Vec<crate::expression::ReadPath> {
    let nodes = reads::of_flow(draft).into_iter().flatten();
    nodes.chain(reads::of_trigger(draft)).map(|read| read.path).collect()
}

pub(crate) use self::call::is_credential_header;
use crate::draft::{FlowDraft, TriggerDraft};
use crate::flow::Flow;
use crate::integration::Known;
use crate::nearest::did_you_mean;
use crate::problem::{FieldPath, Problem, Severity};
use graph::Graph;

/// Why the guard would refuse a URL, if it would.
pub type Verdict<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What a check knows of the world around one flow.
#[derive(Clone, Copy, Default)]
pub struct CheckContext<'a> {
    /// The slugs of the flows that this one may go to; where it is not given, any slug will do.
    pub flows: Option<&'a [String]>,
    /// The versions of integrations that the flow pins, and the connections there are.
    pub known: Option<&'a Known>,
    /// Where it is not given, URLs are not judged.
    pub verdict: Option<&'a Verdict<'a>>,
}

impl std::fmt::Debug for CheckContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckContext").field("flows", &self.flows).finish_non_exhaustive()
    }
}

/// What checking came to.
#[derive(Debug)]
pub struct Checked {
    /// The flow, ready to run, unless a problem stops it ([`stops_run`]).
    pub flow: Option<Flow>,
    /// Without places: `read::place_problems` finds them.
    pub problems: Vec<Problem>,
}

/// Errors that keep a flow from being published and do not keep it from being run by hand: it can be read, and
/// it is not finished, or reads what is undefined there.
pub const PUBLISHING_ONLY: [&str; 3] = ["outcome-unwired", "secret-out-of-place", "conn-out-of-place"];

/// Whether a flow with this problem cannot be run at all.
pub fn stops_run(problem: &Problem) -> bool {
    problem.severity == Severity::Error && !PUBLISHING_ONLY.contains(&problem.code.as_ref())
}

/// Checks a draft: compiles it, then looks at the whole graph.
pub fn check(draft: &FlowDraft, context: &CheckContext<'_>) -> Checked {
    let mut problems = Vec::new();
    let none = Known::default();
    let known = context.known.unwrap_or(&none);
    let flow = Flow::compile(draft, known, &mut problems);
    problems.extend(analyse(draft, context));
    let flow = flow.filter(|_| !problems.iter().any(stops_run));
    Checked { flow, problems }
}

/// What compiling node by node cannot see.
fn analyse(draft: &FlowDraft, context: &CheckContext<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let graph = Graph::of(draft);
    check_flow_targets(&graph, draft, context, &mut problems);
    for (id, node) in &draft.nodes {
        let at = node_at(id);
        if id.is_empty() || id.starts_with("flow:") {
            let message = format!("`{id}` cannot be the id of a node: no target could name it");
            problems.push(Problem::error("node-id", at.clone(), message, "Use letters, digits, - and _."));
        }
        routes::check(node, &at, &mut problems);
        call::check(node, &at, context, &mut problems);
    }
    loops::check_reachable(&graph, &mut problems);
    loops::check_bounds(&graph, &mut problems);
    loops::check_repeated_writes(draft, &graph, context.known, &mut problems);
    vars::check(draft, &graph, context.known, &mut problems);
    problems
}

fn node_at(id: &str) -> FieldPath {
    FieldPath::root().key("nodes").key(id)
}

/// Targets in other flows; those in this one are found when it is compiled.
fn check_flow_targets(
    graph: &Graph<'_>,
    draft: &FlowDraft,
    context: &CheckContext<'_>,
    problems: &mut Vec<Problem>,
) {
    let Some(flows) = context.flows else { return };
    for (slug, at) in &graph.flows {
        if *slug == draft.slug || flows.iter().any(|known| known == slug) {
            continue;
        }
        let known: Vec<&str> = flows.iter().map(String::as_str).collect();
        let message = format!("there is no flow `{slug}`");
        problems.push(Problem::error(
            "unknown-target",
            at.clone(),
            message,
            did_you_mean(slug, &known, "flows"),
        ));
    }
}

/// Whether variables may come from outside: given with the call of the API, or by a flow that calls this one.
fn takes_variables(draft: &FlowDraft) -> bool {
    matches!(draft.trigger, TriggerDraft::Api(_))
}
