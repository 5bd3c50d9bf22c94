//! A flow's document as the API takes it: read, checked against its org, compared.

use std::sync::Arc;

use callout_flow::check::{CheckContext, check};
use callout_flow::draft::FlowDraft;
use callout_flow::flow::Flow;
use callout_flow::integration::Known;
use callout_flow::problem::{Problem, Severity};
use callout_flow::read::{Read, place_problems, read_flow};
use callout_flow::source::Tree;
use callout_outbound::EgressPolicy;
use callout_store::Document;
use serde_json::Value;

/// A document that was read, and what came of it.
#[derive(Debug)]
pub struct Reading {
    pub read: Read,
}

/// What a flow may name, and where its calls may go.
#[derive(Debug)]
pub struct Surroundings {
    /// The slugs of the flows that it may go to.
    pub slugs: Vec<String>,
    /// The integrations and connections that it may call with.
    pub known: Known,
    pub policy: Arc<EgressPolicy>,
}

/// What checking a document came to.
#[derive(Debug)]
pub struct Checked {
    /// The flow, where it can run.
    pub flow: Option<Flow>,
    /// In the order of the document, errors before warnings at one place.
    pub problems: Vec<Problem>,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

impl Reading {
    pub fn of(text: &str, json: bool) -> Self {
        Self { read: read_flow(text, if json { "flow.json" } else { "flow.yaml" }) }
    }

    pub fn of_document(document: &Document) -> Self {
        Self::of(&document.text, document.json)
    }

    pub fn draft(&self) -> Option<&FlowDraft> {
        self.read.draft.as_ref()
    }

    fn tree(&self) -> Option<&Tree> {
        self.read.tree.as_ref()
    }

    /// The text under a key of the document, also of one that cannot be read otherwise.
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.tree()?.get(key)?.as_text()
    }

    /// The document as a plain value: as its draft reads it, where it can be read, so that two spellings of the same are the
    /// same; none where it is no YAML or JSON at all.
    pub fn value(&self) -> Option<Value> {
        match self.draft() {
            Some(draft) => serde_json::to_value(draft).ok(),
            None => self.tree().map(Tree::to_value),
        }
    }

    /// What the document says of the flow: its value, but for where nodes are drawn.
    pub fn said(&self) -> Option<Value> {
        let mut value = self.value()?;
        value.as_object_mut().map(|document| document.remove("layout"));
        Some(value)
    }

    fn has_layout(&self) -> bool {
        self.tree().is_some_and(|tree| tree.get("layout").is_some())
    }

    /// The document as its author wrote it, as a plain value.
    pub fn as_written(&self) -> Option<Value> {
        self.tree().map(Tree::to_value)
    }

    /// Checks the document as a flow among what its org has.
    pub fn check(&self, around: &Surroundings) -> Checked {
        let mut problems = self.read.problems.clone();
        let mut flow = None;
        if let Some(draft) = self.draft() {
            let verdict = |url: &str| {
                let verdict = around.policy.judge(url, None);
                (!verdict.allow).then_some(verdict.message)
            };
            let context = CheckContext {
                flows: Some(&around.slugs),
                known: Some(&around.known),
                verdict: Some(&verdict),
            };
            let checked = check(draft, &context);
            flow = checked.flow.filter(|_| !self.read.problems.iter().any(|p| p.severity == Severity::Error));
            problems.extend(checked.problems);
        }
        if let Some(tree) = self.tree() {
            place_problems(tree, &mut problems);
        }
        problems.sort_by_key(|problem| (problem.place, std::cmp::Reverse(problem.severity)));
        Checked { flow, problems }
    }
}

/// Whether two documents are one version of a flow: their texts are the same, or they say the same and one of them was drawn,
/// for an editor writes it all anew when a node is moved.
pub fn is_same_flow(a: &Document, b: &Document) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (Reading::of_document(a), Reading::of_document(b));
    (a.has_layout() || b.has_layout()) && a.said().is_some_and(|said| Some(said) == b.said())
}

/// Whether a document has all that another says, which was only drawn beyond that.
pub fn is_drawn_from(drawn: &Document, plain: &Document) -> bool {
    !Reading::of_document(plain).has_layout() && is_same_flow(drawn, plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Document {
        Document { text: text.to_owned(), json: false }
    }

    const PLAIN: &str =
        "kind: flow\nslug: a\ntrigger: { type: api }\nstart: a\nnodes: { a: { type: end } }\n";

    #[test]
    fn where_nodes_stand_is_no_difference() {
        let plain = yaml(PLAIN);
        let drawn = yaml(&format!("{PLAIN}layout: {{ a: {{ x: 1.5, y: -2 }}, gone: {{ x: 1, y: 1 }} }}\n"));
        let moved = yaml(&format!("# moved\n{PLAIN}layout: {{ a: {{ x: 9, y: 9 }} }}\n"));
        let other = yaml(&format!("{PLAIN}layout: {{}}\n").replace("end", "end, status: failed"));
        assert!(is_same_flow(&plain, &drawn) && is_same_flow(&drawn, &moved) && is_same_flow(&plain, &plain));
        assert!(!is_same_flow(&plain, &other) && !is_same_flow(&drawn, &other));
        assert!(
            !is_same_flow(&plain, &yaml(&format!("# said\n{PLAIN}"))),
            "texts of authors are compared as texts"
        );
        assert!(
            is_drawn_from(&drawn, &plain) && !is_drawn_from(&plain, &drawn) && !is_drawn_from(&moved, &drawn)
        );
        let (broken, worse) = (yaml("a: [\nlayout: {}\n"), yaml("b: [\nlayout: {}\n"));
        assert!(!is_same_flow(&broken, &worse), "what cannot be read says nothing");
    }
}
