//! Nodes that nothing leads to, and ways that lead in a circle.

use std::collections::BTreeSet;

use super::graph::{Edge, Graph, finish_order};
use super::node_at;
use crate::draft::FlowDraft;
use crate::integration::Known;
use crate::node::NodeDraft;
use crate::node::go_to_flow::GoToMode;
use crate::outcome_key::OutcomeKey;
use crate::problem::Problem;

/// Tells of nodes that no run can come to.
pub(super) fn check_reachable(graph: &Graph<'_>, problems: &mut Vec<Problem>) {
    // Without a start everything would be unreachable; the start's own problem says enough.
    let Some(start) = graph.start else { return };
    let reached = graph.reach([start], |_, _| true);
    for index in (0..graph.ids.len()).filter(|index| !reached.contains(index)) {
        let message = format!("no way leads to `{}`", graph.ids[index]);
        let fix = "Name it as the `next` or the `to` of a node, or take it out.";
        problems.push(Problem::warning("node-unreachable", node_at(graph.ids[index]), message, fix));
    }
}

/// How many nodes of a circle a message lists.
const NODES_LISTED_MAX: usize = 6;

/// Tells of circles in which nothing waits and no expression decides: they end at the step limit only.
pub(super) fn check_bounds(graph: &Graph<'_>, problems: &mut Vec<Problem>) {
    let waits = |index: usize| match graph.nodes[index] {
        NodeDraft::Wait(_) => true,
        NodeDraft::GoToFlow(go) => go.mode == GoToMode::SubFlow,
        _ => false,
    };
    let goes_on = |index: usize, edge: &Edge<'_>| !waits(index) && !waits(edge.to) && !edge.way.conditional;
    for circle in circles(graph, goes_on) {
        let listed = circle.iter().take(NODES_LISTED_MAX);
        let named: Vec<String> = listed.map(|index| format!("`{}`", graph.ids[*index])).collect();
        let more = if circle.len() > named.len() { ", …" } else { "" };
        let message = match named.as_slice() {
            [one] => format!("{one} leads back to itself at once, without a wait or a bound"),
            many => format!("the nodes {}{more} lead in a circle without a wait or a bound", many.join(", ")),
        };
        let fix = "Add a `wait`, count the rounds and leave with a `branch`, or use `retry` of the call.";
        problems.push(Problem::warning("loop-unbounded", node_at(graph.ids[circle[0]]), message, fix));
    }
}

/// The groups of nodes that lie on circles of the wanted edges, each in the order of the file.
fn circles<'d>(graph: &Graph<'d>, wanted: impl Fn(usize, &Edge<'d>) -> bool) -> Vec<Vec<usize>> {
    let components = components(graph, &wanted);
    components
        .into_iter()
        .filter(|component| {
            component.len() > 1
                || graph.edges[component[0]]
                    .iter()
                    .any(|edge| edge.to == component[0] && wanted(component[0], edge))
        })
        .collect()
}

/// Strongly connected components (Kosaraju), by their smallest node.
fn components<'d>(graph: &Graph<'d>, wanted: &impl Fn(usize, &Edge<'d>) -> bool) -> Vec<Vec<usize>> {
    let count = graph.ids.len();
    let mut forward = vec![Vec::new(); count];
    let mut backward = vec![Vec::new(); count];
    for (from, edges) in graph.edges.iter().enumerate() {
        for edge in edges.iter().filter(|edge| wanted(from, edge)) {
            forward[from].push(edge.to);
            backward[edge.to].push(from);
        }
    }
    let mut order = Vec::new();
    let mut seen = vec![false; count];
    for root in 0..count {
        finish_order(root, &forward, &mut seen, &mut order);
    }
    let mut seen = vec![false; count];
    let mut components = Vec::new();
    for root in order.into_iter().rev() {
        let mut component = Vec::new();
        finish_order(root, &backward, &mut seen, &mut component);
        if !component.is_empty() {
            component.sort_unstable();
            components.push(component);
        }
    }
    components.sort();
    components
}

/// Tells of writes that may have taken effect and whose way on leads back to them: they would be made twice.
pub(super) fn check_repeated_writes(
    draft: &FlowDraft,
    graph: &Graph<'_>,
    known: Option<&Known>,
    problems: &mut Vec<Problem>,
) {
    for (index, node) in draft.nodes.values().enumerate() {
        let NodeDraft::ApiCall(call) = node else { continue };
        if crate::node::api_call::resend_safe(call, known.and_then(|known| known.operation(call))) {
            continue;
        }
        for edge in &graph.edges[index] {
            let doubtful = edge.way.outcomes.filter(may_have_taken_effect);
            let successes = edge.way.outcomes.successes();
            // A way that successes take too is the author's own next round, not a second try.
            if doubtful.is_empty() || !successes.is_empty() || !leads_to(graph, edge.to, index) {
                continue;
            }
            let message = format!(
                "after {} the call may have taken effect, and this way leads back to it: it would be made twice",
                doubtful.in_words()
            );
            let fix =
                "Lead it elsewhere, or give the call `idempotency: {header: …}` and let `retry` repeat it.";
            problems.push(Problem::warning("write-repeats", edge.way.at.clone(), message, fix));
        }
    }
}

fn leads_to(graph: &Graph<'_>, from: usize, to: usize) -> bool {
    let reached: BTreeSet<usize> = graph.reach([from], |_, _| true);
    reached.contains(&to)
}

/// Outcomes after which nobody can tell whether the request took effect.
fn may_have_taken_effect(key: OutcomeKey) -> bool {
    matches!(
        key,
        OutcomeKey::Timeout
            | OutcomeKey::Network
            | OutcomeKey::Response
            | OutcomeKey::Unknown
            | OutcomeKey::Status(500 | 502 | 504)
    )
}
