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
