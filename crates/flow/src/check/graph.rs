//! The nodes of a draft and the ways between them.

use std::collections::BTreeSet;

use super::node_at;
use super::routes::{Routes, Way};
use crate::draft::FlowDraft;
use crate::node::NodeDraft;
use crate::problem::FieldPath;

/// A draft as a graph; nodes by their position.
#[derive(Debug)]
pub(super) struct Graph<'d> {
    pub ids: Vec<&'d str>,
    pub nodes: Vec<&'d NodeDraft>,
    pub edges: Vec<Vec<Edge<'d>>>,
    pub start: Option<usize>,
    /// The other flows that are named, each with the field that names it.
    pub flows: Vec<(&'d str, FieldPath)>,
}

/// A way that leads to a node of this flow.
#[derive(Debug)]
pub(super) struct Edge<'d> {
    pub to: usize,
    pub way: Way<'d>,
}

impl<'d> Graph<'d> {
    pub(super) fn of(draft: &'d FlowDraft) -> Self {
        let mut flows = Vec::new();
        let mut edges = Vec::new();
        for (id, node) in &draft.nodes {
            let at = node_at(id);
            let mut from_here = Vec::new();
            for way in Routes::of(node, &at).ways {
                match way.to.strip_prefix("flow:") {
                    Some(slug) => flows.push((slug, way.at)),
                    // A target that is not there is told when the node is compiled.
                    None => from_here.extend(draft.nodes.get_index_of(way.to).map(|to| Edge { to, way })),
                }
            }
            if let NodeDraft::GoToFlow(go) = node {
                flows.push((&go.flow, at.key("flow")));
            }
            edges.push(from_here);
        }
        Self {
            ids: draft.nodes.keys().map(String::as_str).collect(),
            nodes: draft.nodes.values().collect(),
            edges,
            start: draft.nodes.get_index_of(&draft.start),
            flows,
        }
    }

    /// The nodes that can be reached from some, those themselves included, over the edges that are wanted.
    pub(super) fn reach(
        &self,
        from: impl IntoIterator<Item = usize>,
        wanted: impl Fn(usize, &Edge<'d>) -> bool,
    ) -> BTreeSet<usize> {
        let mut open: Vec<usize> = from.into_iter().collect();
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(node) = open.pop() {
            for edge in self.edges[node].iter().filter(|edge| wanted(node, edge)) {
                if seen.insert(edge.to) {
                    open.push(edge.to);
                }
            }
        }
        seen
    }

    /// The nodes that can be reached from some, each after those that lead to it, as far as there are no circles.
    pub(super) fn order_from(&self, starts: &[usize]) -> Vec<usize> {
        let next: Vec<Vec<usize>> =
            self.edges.iter().map(|edges| edges.iter().map(|edge| edge.to).collect()).collect();
        let (mut order, mut seen) = (Vec::new(), vec![false; next.len()]);
        starts.iter().for_each(|start| finish_order(*start, &next, &mut seen, &mut order));
        order.reverse();
        order
    }
}

/// Nodes in the order in which a depth-first walk leaves them; without recursion, for chains are long.
pub(super) fn finish_order(root: usize, next: &[Vec<usize>], seen: &mut [bool], order: &mut Vec<usize>) {
    if seen[root] {
        return;
    }
    seen[root] = true;
    let mut path = vec![(root, 0)];
    while let Some((node, position)) = path.last_mut() {
        match next[*node].get(*position) {
            Some(to) => {
                *position += 1;
                if !seen[*to] {
                    seen[*to] = true;
                    path.push((*to, 0));
                }
            }
            None => {
                order.push(*node);
                path.pop();
            }
        }
    }
}
