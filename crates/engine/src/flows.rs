//! Published flows, compiled once and shared.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use callout_flow::draft::FlowDraft;
use callout_flow::flow::{Flow, Trigger};
use callout_flow::id::OrgId;
use callout_flow::integration::{Integration, Known};
use callout_flow::problem::{FieldPath, Problem, Severity};
use callout_flow::read::{Read, read_flow, read_integration};
use callout_flow::run::FlowRef;
use callout_store::{Document, FlowVersion, StoreError};

use crate::engine::Engine;

/// Versions that are kept compiled for runs that are pinned to them; beyond that they are compiled again.
const PINNED_MAX: usize = 1024;

/// Why a flow cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowError {
    Store(StoreError),
    /// A version that was published cannot be compiled by this version of Callout.
    Broken {
        slug: String,
        version: u32,
        problem: Box<Problem>,
    },
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl std::fmt::Display for FlowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Broken { slug, version, problem } => {
                write!(f, "version {version} of `{slug}` cannot be read any more: {}", problem.message)
            }
        }
    }
}

/// The compiled flows of all orgs.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    orgs: RwLock<HashMap<OrgId, Arc<OrgFlows>>>,
    pinned: RwLock<HashMap<(OrgId, u32, u32), Arc<Flow>>>,
    /// Versions of integrations, which never change: by org, slug and number.
    integrations: RwLock<HashMap<(OrgId, String, u32), Arc<Integration>>>,
    /// Integrations that come from files, by slug: each stands for every version.
    lent: RwLock<HashMap<String, Arc<Integration>>>,
    /// Counts the publishings, so that what was read before one is not kept after it.
    changes: AtomicU64,
}

/// What one org has published.
#[derive(Debug, Default)]
pub(crate) struct OrgFlows {
    by_slug: HashMap<String, Arc<Flow>>,
    by_event: HashMap<String, Vec<Arc<Flow>>>,
}

impl OrgFlows {
    pub(crate) fn by_slug(&self, slug: &str) -> Option<&Arc<Flow>> {
        self.by_slug.get(slug)
    }

    /// Those whose trigger names the event, by number.
    pub(crate) fn by_event(&self, event: &str) -> &[Arc<Flow>] {
        self.by_event.get(event).map_or(&[], Vec::as_slice)
    }
}

impl Engine {
    /// Makes the next run see what was published or removed.
    pub fn forget_flows(&self, org: &OrgId) {
        let flows = &self.inner.flows;
        flows.changes.fetch_add(1, Ordering::AcqRel);
        flows.orgs.write().unwrap_or_else(PoisonError::into_inner).remove(org);
    }

    /// The published flow of a slug.
    pub async fn published(&self, org: &OrgId, slug: &str) -> Result<Option<Arc<Flow>>, FlowError> {
        Ok(self.org_flows(org).await?.by_slug(slug).cloned())
    }

    pub(crate) async fn org_flows(&self, org: &OrgId) -> Result<Arc<OrgFlows>, FlowError> {
        let flows = &self.inner.flows;
        if let Some(known) = flows.orgs.read().unwrap_or_else(PoisonError::into_inner).get(org) {
            return Ok(Arc::clone(known));
        }
        let before = flows.changes.load(Ordering::Acquire);
        let mut made = OrgFlows::default();
        for version in self.inner.store.published(org).await? {
            match self.compiled(org, &version).await {
                Ok(flow) => made.add(flow),
                Err(FlowError::Store(error)) => return Err(error.into()),
                // The others must still run; a run of this one says what is wrong.
                Err(error) => tracing::error!(org = %org, "{error}"),
            }
        }
        let made = Arc::new(made);
        let mut orgs = flows.orgs.write().unwrap_or_else(PoisonError::into_inner);
        if flows.changes.load(Ordering::Acquire) == before {
            orgs.insert(org.clone(), Arc::clone(&made));
        }
        Ok(made)
    }

    /// The flow that a run must be told of.
    pub(crate) async fn flow_of(
        &self,
        org: &OrgId,
        wanted: FlowRef<'_>,
    ) -> Result<Option<Arc<Flow>>, FlowError> {
        let (key, version) = match wanted {
            FlowRef::Latest(slug) => return self.published(org, slug).await,
            FlowRef::Pinned { key, version, .. } => (key, version),
        };
        let known = {
            let pinned = self.inner.flows.pinned.read().unwrap_or_else(PoisonError::into_inner);
            pinned.get(&(org.clone(), key, version)).cloned()
        };
        match known {
            Some(flow) => Ok(Some(flow)),
            None => match self.inner.store.version(org, key, version).await? {
                Some(version) => self.compiled(org, &version).await.map(Some),
                None => Ok(None),
            },
        }
    }

    /// Makes an integration known as its file has it, for all its versions: runs in a terminal have no others.
    pub fn lend_integration(&self, integration: Arc<Integration>) {
        let mut lent = self.inner.flows.lent.write().unwrap_or_else(PoisonError::into_inner);
        lent.insert(integration.draft.slug.clone(), integration);
    }

    /// A version of an integration that was published; `None` where there is none, or it cannot be read any more.
    pub async fn integration(
        &self,
        org: &OrgId,
        slug: &str,
        version: u32,
    ) -> Result<Option<Arc<Integration>>, StoreError> {
        if let Some(lent) = self.inner.flows.lent.read().unwrap_or_else(PoisonError::into_inner).get(slug) {
            return Ok(Some(Arc::clone(lent)));
        }
        let key = (org.clone(), slug.to_owned(), version);
        let cached = &self.inner.flows.integrations;
        if let Some(known) = cached.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(found) = self.inner.store.integration_version(org, slug, version).await? else {
            return Ok(None);
        };
        let read = read_integration(&found.document.text, file_name(&found.document));
        let made = read.draft.and_then(|draft| Integration::compile(draft, version, &mut Vec::new()));
        let Some(made) = made else {
            tracing::error!(org = %org, slug, version, "a published integration cannot be read any more");
            return Ok(None);
        };
        let mut cached = cached.write().unwrap_or_else(PoisonError::into_inner);
        if cached.len() >= PINNED_MAX {
            cached.clear();
        }
        cached.insert(key, Arc::clone(&made));
        Ok(Some(made))
    }

    /// The newest version that was published.
    pub async fn newest_integration(
        &self,
        org: &OrgId,
        slug: &str,
    ) -> Result<Option<Arc<Integration>>, StoreError> {
        let row = self.inner.store.integration(org, slug).await?;
        match row.and_then(|row| row.version) {
            Some(version) => self.integration(org, slug, version).await,
            None => Ok(None),
        }
    }

    /// The versions that a flow pins.
    pub async fn pinned(&self, org: &OrgId, draft: &FlowDraft) -> Result<Known, StoreError> {
        let mut known = Known::default();
        for (slug, version) in draft.pins() {
            match self.integration(org, slug, version).await? {
                // A file's, which was lent.
                Some(integration) if integration.version == 0 => known.add_unnumbered(integration),
                Some(integration) => known.add(integration),
                None => {}
            }
        }
        Ok(known)
    }

    async fn compiled(&self, org: &OrgId, version: &FlowVersion) -> Result<Arc<Flow>, FlowError> {
        let key = (org.clone(), version.number, version.row.version);
        let pinned = &self.inner.flows.pinned;
        if let Some(known) = pinned.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let read = read_flow(&version.document.text, file_name(&version.document));
        let known = match &read.draft {
            Some(draft) => self.pinned(org, draft).await?,
            None => Known::default(),
        };
        let flow = compile(read, &known, version.number, version.row.version).map_err(|problem| {
            FlowError::Broken { slug: version.slug.clone(), version: version.row.version, problem }
        })?;
        let flow = Arc::new(flow);
        let mut pinned = pinned.write().unwrap_or_else(PoisonError::into_inner);
        if pinned.len() >= PINNED_MAX {
            pinned.clear();
        }
        pinned.insert(key, Arc::clone(&flow));
        Ok(flow)
    }
}

impl OrgFlows {
    fn add(&mut self, flow: Arc<Flow>) {
        if let Trigger::Event { event, .. } = &flow.trigger {
            let same = self.by_event.entry(event.clone()).or_default();
            let at = same.partition_point(|other| other.key < flow.key);
            same.insert(at, Arc::clone(&flow));
        }
        self.by_slug.insert(flow.slug.clone(), flow);
    }
}

/// A name that tells how a document is written.
fn file_name(document: &Document) -> &'static str {
    if document.json { "document.json" } else { "document.yaml" }
}

/// Compiles a published document as the flow that a store knows by `number`.
fn compile(read: Read, known: &Known, number: u32, version: u32) -> Result<Flow, Box<Problem>> {
    let mut problems = read.problems;
    let numbered = read.draft.as_ref().is_some_and(|draft| draft.number.is_some());
    let flow = read.draft.and_then(|draft| Flow::compile(&draft, known, &mut problems));
    let broken = problems.into_iter().find(|problem| problem.severity == Severity::Error);
    match (flow, broken) {
        (Some(flow), None) => Ok(flow.stored(number, version, numbered)),
        (_, Some(problem)) => Err(Box::new(problem)),
        (None, None) => {
            Err(Box::new(Problem::error("flow-unreadable", FieldPath::root(), "it cannot be read", "")))
        }
    }
}
