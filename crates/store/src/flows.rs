//! Flows: one draft each, and numbered versions that never change.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::runs::Page;
use crate::{Store, StoreError};

/// A flow's document as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// YAML or JSON.
    pub text: String,
    /// Whether it is JSON rather than YAML.
    pub json: bool,
}

/// A flow, without its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// Stable, from 1, unique in the org.
    pub number: u32,
    pub slug: String,
    pub name: String,
    /// Counts the writes of the draft from 1.
    pub revision: u64,
    pub created_at: Timestamp,
    pub draft_at: Timestamp,
    /// The latest published version, from 1.
    pub version: Option<u32>,
    /// The revision of the draft that it was published from.
    pub published_revision: Option<u64>,
    pub published_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub flow: FlowRow,
    pub document: Document,
}

/// One published version, without its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    pub version: u32,
    pub published_at: Timestamp,
    /// Who published it: a token's name.
    pub published_by: String,
}

/// One published version, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowVersion {
    pub number: u32,
    /// As it is now.
    pub slug: String,
    pub row: VersionRow,
    pub document: Document,
}

#[derive(Clone, Debug)]
pub struct NewVersion<'a> {
    pub number: u32,
    /// What it was published from; another draft revision since is a `Conflict`.
    pub revision: u64,
    pub by: &'a str,
    pub now: Timestamp,
}

impl Store {
    /// Writes a flow's draft, and makes the flow where there is none. `revision` is the one that the author read: where the
    /// draft has moved on since it is a `Conflict`; 0 means that there must be no such flow; none overwrites.
    pub async fn put_draft(
        &self,
        org: &OrgId,
        slug: &str,
        name: &str,
        document: &Document,
        revision: Option<u64>,
        now: Timestamp,
    ) -> Result<FlowRow, StoreError> {
        let _ = (org, slug, name, document, revision, now);
        unimplemented!()
    }

    pub async fn draft(&self, org: &OrgId, slug: &str) -> Result<Option<Draft>, StoreError> {
        let _ = (org, slug);
        unimplemented!()
    }

    pub async fn flow(&self, org: &OrgId, slug: &str) -> Result<Option<FlowRow>, StoreError> {
        let _ = (org, slug);
        unimplemented!()
    }

    /// By number, from after `cursor` (a number).
    pub async fn flows(
        &self,
        org: &OrgId,
        cursor: Option<u32>,
        limit: usize,
    ) -> Result<Page<FlowRow>, StoreError> {
        let _ = (org, cursor, limit);
        unimplemented!()
    }

    /// Removes a flow: it is listed and triggered no more, and its slug is free. Its versions stay for runs under way and their
    /// history.
    pub async fn remove_flow(&self, org: &OrgId, number: u32, now: Timestamp) -> Result<(), StoreError> {
        let _ = (org, number, now);
        unimplemented!()
    }

    /// Makes the draft's document the next version.
    pub async fn publish(&self, org: &OrgId, new: &NewVersion<'_>) -> Result<VersionRow, StoreError> {
        let _ = (org, new);
        unimplemented!()
    }

    /// Latest first, from below `cursor` (a version).
    pub async fn versions(
        &self,
        org: &OrgId,
        number: u32,
        cursor: Option<u32>,
        limit: usize,
    ) -> Result<Page<VersionRow>, StoreError> {
        let _ = (org, number, cursor, limit);
        unimplemented!()
    }

    /// One version; also of a flow that was removed.
    pub async fn version(
        &self,
        org: &OrgId,
        number: u32,
        version: u32,
    ) -> Result<Option<FlowVersion>, StoreError> {
        let _ = (org, number, version);
        unimplemented!()
    }

    /// The latest published version of every flow that has one.
    pub async fn published(&self, org: &OrgId) -> Result<Vec<FlowVersion>, StoreError> {
        let _ = org;
        unimplemented!()
    }
}
