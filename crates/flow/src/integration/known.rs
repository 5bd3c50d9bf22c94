//! What a flow may name of the world around it: pinned versions, and connections by their public side.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Integration, OperationDraft};
use crate::node::api_call::ApiCallDraft;
use crate::node::api_call::draft::Mode;
use crate::render::mark;
use crate::request::RenderedAuth;

/// The integrations and connections that a flow may name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    versions: BTreeMap<String, BTreeMap<u32, Arc<Integration>>>,
    newest: BTreeMap<String, u32>,
    /// As their files have them: each stands for every version of it.
    unnumbered: BTreeMap<String, Arc<Integration>>,
    /// Each with the integration that it is for. Where it is not known which there are, any will do.
    connections: Option<BTreeMap<String, Option<String>>>,
}

impl Known {
    pub fn add(&mut self, integration: Arc<Integration>) {
        let slug = integration.draft.slug.clone();
        self.newest(&slug, integration.version);
        self.versions.entry(slug).or_default().insert(integration.version, integration);
    }

    /// An integration as its file has it: it stands for every version of it.
    pub fn add_unnumbered(&mut self, integration: Arc<Integration>) {
        self.unnumbered.insert(integration.draft.slug.clone(), integration);
    }

    /// There is such a version, whether or not it was added.
    pub fn newest(&mut self, slug: &str, version: u32) {
        let newest = self.newest.entry(slug.to_owned()).or_default();
        *newest = version.max(*newest);
    }

    /// Which connections there are, each with its integration's slug.
    pub fn set_connections(&mut self, connections: impl IntoIterator<Item = (String, Option<String>)>) {
        self.connections = Some(connections.into_iter().collect());
    }

    pub fn get(&self, slug: &str, version: u32) -> Option<&Arc<Integration>> {
        self.versions
            .get(slug)
            .and_then(|versions| versions.get(&version))
            .or_else(|| self.unnumbered.get(slug))
    }

    /// The number of the newest version.
    pub fn newest_of(&self, slug: &str) -> Option<u32> {
        self.newest.get(slug).copied()
    }

    /// The operation that a call pins, where it is known.
    pub fn operation(&self, call: &ApiCallDraft) -> Option<&OperationDraft> {
        if call.mode != Mode::Integration {
            return None;
        }
        let integration = self.get(call.integration_slug.as_deref()?, call.integration_version?)?;
        integration.draft.operations.get(call.operation_key.as_deref()?)
    }

    pub fn slugs(&self) -> Vec<&str> {
        self.newest.keys().chain(self.unnumbered.keys()).map(String::as_str).collect()
    }

    /// The connections there are, where that is known.
    pub fn connections(&self) -> Option<&BTreeMap<String, Option<String>>> {
        self.connections.as_ref()
    }
}

/// The public side of a connection, as a run is told of it.
#[derive(Clone, Debug)]
pub struct Connected {
    pub id: String,
    /// Why it cannot be used, where it cannot.
    pub refused: Option<String>,
    /// The integration that it is for.
    pub integration: Option<String>,
    /// `conn`.
    pub(crate) config: Value,
    /// `secret`: a mark for each that is set.
    pub(crate) marks: Value,
    /// How its calls show who they are, without any value.
    pub shown: RenderedAuth,
}

impl Connected {
    pub fn new<'s>(
        id: impl Into<String>,
        integration: Option<String>,
        config: Map<String, Value>,
        secrets: impl IntoIterator<Item = &'s str>,
    ) -> Self {
        let marks = secrets.into_iter().map(|name| (name.to_owned(), mark(name).into()));
        Self {
            id: id.into(),
            refused: None,
            integration,
            config: config.into(),
            marks: Value::Object(marks.collect()),
            shown: RenderedAuth::None,
        }
    }

    /// The same, whose calls show who they are in this way.
    #[must_use]
    pub fn showing(self, shown: RenderedAuth) -> Self {
        Self { shown, ..self }
    }

    /// A connection that cannot be used.
    pub fn refused(id: impl Into<String>, why: impl Into<String>) -> Self {
        Self { refused: Some(why.into()), ..Self::new(id, None, Map::new(), []) }
    }
}
