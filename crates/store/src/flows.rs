//! Flows: one draft each, and numbered versions that never change.

mod mentions;
mod removed;

use std::collections::BTreeMap;

pub use mentions::Mention;

use callout_flow::id::{OrgId, RunId};
use jiff::Timestamp;

use crate::border::{run_id, status};
use crate::runs::{Page, RunStatus};
use crate::value::{Applied, Row, Statement, values};
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
    /// The revision of the draft that it was published from, or a later one that says the same.
    pub published_revision: Option<u64>,
    pub published_at: Option<Timestamp>,
    /// As the draft says it.
    pub description: Option<String>,
    /// What starts a run, as the draft says it; none where that cannot be read.
    pub trigger: Option<FlowTrigger>,
}

/// What starts a flow's runs, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowTrigger {
    /// `event`, `api`, …
    pub kind: String,
    /// The event's name.
    pub event: Option<String>,
}

/// What lists show of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftHead {
    pub name: String,
    pub description: Option<String>,
    pub trigger: Option<FlowTrigger>,
}

impl<T: AsRef<str> + ?Sized> From<&T> for DraftHead {
    fn from(name: &T) -> Self {
        Self { name: name.as_ref().to_owned(), ..Self::default() }
    }
}

/// What a draft showed before: its new text says the same.
impl From<&FlowRow> for DraftHead {
    fn from(row: &FlowRow) -> Self {
        Self { name: row.name.clone(), description: row.description.clone(), trigger: row.trigger.clone() }
    }
}

/// Which flows to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowFilter {
    /// Part of the slug or the name, whatever the case.
    pub search: Option<String>,
}

/// The run of a flow that began last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    pub id: RunId,
    pub status: RunStatus,
    pub started_at: Timestamp,
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

/// What makes a `FlowRow`, in its order; `DOCUMENT` comes behind.
const FLOW: &str =
    "number, slug, name, revision, created_at, draft_at, version, published_revision, published_at,
    description, trigger_type, trigger_event";
const FLOW_COLUMNS: usize = 12;

impl FlowRow {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let event = row.opt_text(11)?;
        Ok(Self {
            description: row.opt_text(9)?,
            trigger: row.opt_text(10)?.map(|kind| FlowTrigger { kind, event }),
            number: row.number(0)?,
            slug: row.text(1)?,
            name: row.text(2)?,
            revision: row.number(3)?,
            created_at: row.time(4)?,
            draft_at: row.time(5)?,
            version: row.opt_number(6)?,
            published_revision: row.opt_number(7)?,
            published_at: row.opt_time(8)?,
        })
    }
}

impl FlowVersion {
    /// Of number, slug, version, published_at, published_by, text, json.
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.number(0)?,
            slug: row.text(1)?,
            row: VersionRow {
                version: row.number(2)?,
                published_at: row.time(3)?,
                published_by: row.text(4)?,
            },
            document: Document { text: row.text(5)?, json: row.flag(6)? },
        })
    }
}

impl Store {
    /// Writes a flow's draft, and makes the flow where there is none. `revision` is the one that the author read: where the
    /// draft has moved on since it is a `Conflict`, where the flow is gone `NotFound`; 0 means that there must be no such flow;
    /// none overwrites.
    pub async fn put_draft(
        &self,
        org: &OrgId,
        slug: &str,
        head: impl Into<DraftHead>,
        document: &Document,
        revision: Option<u64>,
        now: Timestamp,
    ) -> Result<FlowRow, StoreError> {
        let number = self.known_org(org)?;
        let DraftHead { name, description, trigger } = head.into();
        let search = searchable(&format!("{slug}\n{name}"));
        let (kind, event) = trigger.map_or((None, None), |trigger| (Some(trigger.kind), trigger.event));
        let mut values = values![number, slug, name, document.text.as_str(), document.json, now];
        values.extend(values![description, kind, event, search]);
        let insert = "INSERT INTO flow (org, number, slug, name, text, json, revision, created_at, draft_at,
                description, trigger_type, trigger_event, search)
            SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, 1, $6, $6, $7, $8, $9, $10 FROM flow WHERE org = $1
            ON CONFLICT (org, slug) WHERE removed_at IS NULL";
        let update = "SET name = $3, text = $4, json = $5, revision = flow.revision + 1, draft_at = $6,
            description = $7, trigger_type = $8, trigger_event = $9, search = $10";
        let sql = match revision {
            None => format!("{insert} DO UPDATE {update} RETURNING {FLOW}"),
            Some(0) => format!("{insert} DO NOTHING RETURNING {FLOW}"),
            Some(read) => {
                values.push(i64::try_from(read).unwrap_or(i64::MAX).into());
                format!(
                    "UPDATE flow {update} WHERE org = $1 AND slug = $2 AND removed_at IS NULL AND revision = $11 RETURNING {FLOW}"
                )
            }
        };
        match self.apply_one(sql, values).await? {
            Some(mut rows) => rows.first_mut().map_or(Err(StoreError::NotFound), FlowRow::read),
            None => Err(self.moved_on(org, slug, revision.unwrap_or_default()).await?),
        }
    }

    /// Why a draft was not written.
    async fn moved_on(&self, org: &OrgId, slug: &str, read: u64) -> Result<StoreError, StoreError> {
        Ok(match self.flow(org, slug).await? {
            None => StoreError::NotFound,
            Some(_) if read == 0 => StoreError::Conflict(format!("there is a flow `{slug}` already")),
            Some(flow) => {
                let is = flow.revision;
                StoreError::Conflict(format!("the draft of `{slug}` has revision {is} by now, not {read}"))
            }
        })
    }

    pub async fn draft(&self, org: &OrgId, slug: &str) -> Result<Option<Draft>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let sql = format!(
            "SELECT {FLOW}, text, json FROM flow WHERE org = $1 AND slug = $2 AND removed_at IS NULL"
        );
        let rows = self.backend().query(sql, values![org, slug]).await?;
        let draft = |mut row: Row| {
            let document = Document { text: row.text(FLOW_COLUMNS)?, json: row.flag(FLOW_COLUMNS + 1)? };
            Ok(Draft { flow: FlowRow::read(&mut row)?, document })
        };
        rows.into_iter().next().map(draft).transpose()
    }

    pub async fn flow(&self, org: &OrgId, slug: &str) -> Result<Option<FlowRow>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let sql = format!("SELECT {FLOW} FROM flow WHERE org = $1 AND slug = $2 AND removed_at IS NULL");
        let mut rows = self.backend().query(sql, values![org, slug]).await?;
        rows.first_mut().map(FlowRow::read).transpose()
    }

    /// By number, from after `cursor` (a number).
    pub async fn flows(
        &self,
        org: &OrgId,
        filter: &FlowFilter,
        cursor: Option<u32>,
        limit: usize,
    ) -> Result<Page<FlowRow>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Page::empty()) };
        let mut values = values![org, cursor.unwrap_or_default(), Page::<FlowRow>::ask(limit)];
        let found = match &filter.search {
            None => "",
            Some(text) => {
                values.push(like(text).into());
                r"AND search LIKE $4 ESCAPE '\'"
            }
        };
        let sql = format!(
            "SELECT {FLOW} FROM flow WHERE org = $1 AND number > $2 AND removed_at IS NULL {found} ORDER BY number LIMIT $3"
        );
        let mut rows = self.backend().query(sql, values).await?;
        let flows = rows.iter_mut().map(FlowRow::read).collect::<Result<_, _>>()?;
        Ok(Page::cut(flows, limit))
    }

    /// The runs of these flows that began last; flows without any are left out.
    pub async fn last_runs(&self, org: &OrgId, flows: &[u32]) -> Result<BTreeMap<u32, LastRun>, StoreError> {
        let Some(org) = self.org(org).filter(|_| !flows.is_empty()) else { return Ok(BTreeMap::new()) };
        // Numbers stand in the text: their count varies.
        let list = flows.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let rows = self.backend().query(last_runs_sql(&list), values![org]).await?;
        let last = |mut row: Row| {
            let last = LastRun {
                id: run_id(&row.blob(1)?)?,
                status: status(row.int(2)?)?,
                started_at: row.time(3)?,
            };
            Ok((row.number(0)?, last))
        };
        rows.into_iter().map(last).collect()
    }

    /// Makes the draft's document the next version.
    pub async fn publish(&self, org: &OrgId, new: &NewVersion<'_>) -> Result<VersionRow, StoreError> {
        let org = self.known_org(org)?;
        let revision = i64::try_from(new.revision).unwrap_or(i64::MAX);
        let copy = "INSERT INTO flow_version (org, number, version, text, json, published_at, published_by)
            SELECT org, number, coalesce(version, 0) + 1, text, json, $4, $5 FROM flow
            WHERE org = $1 AND number = $2 AND revision = $3 AND removed_at IS NULL
            RETURNING version, published_at, published_by";
        let point = "UPDATE flow SET version = coalesce(version, 0) + 1, published_revision = revision, published_at = $4
            WHERE org = $1 AND number = $2 AND revision = $3 AND removed_at IS NULL";
        let statements = vec![
            Statement::one(copy, values![org, new.number, revision, new.now, new.by]),
            Statement::one(point, values![org, new.number, revision, new.now]),
        ];
        if let Applied::Done(mut rows) = self.apply(statements).await? {
            let row = rows.first_mut().and_then(|rows| rows.first_mut()).ok_or(StoreError::NotFound)?;
            return Ok(VersionRow {
                version: row.number(0)?,
                published_at: row.time(1)?,
                published_by: row.text(2)?,
            });
        }
        let sql = "SELECT revision FROM flow WHERE org = $1 AND number = $2 AND removed_at IS NULL";
        let mut rows = self.backend().query(sql, values![org, new.number]).await?;
        let is = rows.first_mut().map(|row| row.int(0)).transpose()?.ok_or(StoreError::NotFound)?;
        Err(StoreError::Conflict(format!("the draft has revision {is} by now, not {revision}")))
    }

    /// The draft, as `flow` has it, says what its last version says: they count as the same. Where either has moved on, nothing is
    /// done.
    pub async fn settle_draft(&self, org: &OrgId, flow: &FlowRow) -> Result<(), StoreError> {
        if flow.published_revision == Some(flow.revision) {
            return Ok(());
        }
        let org = self.known_org(org)?;
        let revision = i64::try_from(flow.revision).unwrap_or(i64::MAX);
        let sql = "UPDATE flow SET published_revision = revision
            WHERE org = $1 AND number = $2 AND revision = $3 AND version = $4 AND removed_at IS NULL";
        let values = values![org, flow.number, revision, flow.version.unwrap_or_default()];
        self.apply_one(sql, values).await.map(drop)
    }

    /// Latest first, from below `cursor` (a version).
    pub async fn versions(
        &self,
        org: &OrgId,
        number: u32,
        cursor: Option<u32>,
        limit: usize,
    ) -> Result<Page<VersionRow>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Page::empty()) };
        let sql = "SELECT version, published_at, published_by FROM flow_version
            WHERE org = $1 AND number = $2 AND version < $3 ORDER BY version DESC LIMIT $4";
        let below = cursor.map_or(i64::MAX, i64::from);
        let values = values![org, number, below, Page::<VersionRow>::ask(limit)];
        let mut rows = self.backend().query(sql, values).await?;
        let version = |row: &mut Row| {
            Ok(VersionRow { version: row.number(0)?, published_at: row.time(1)?, published_by: row.text(2)? })
        };
        Ok(Page::cut(rows.iter_mut().map(version).collect::<Result<_, StoreError>>()?, limit))
    }

    /// One version; also of a flow that was removed.
    pub async fn version(
        &self,
        org: &OrgId,
        number: u32,
        version: u32,
    ) -> Result<Option<FlowVersion>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let sql = "SELECT v.number, f.slug, v.version, v.published_at, v.published_by, v.text, v.json
            FROM flow_version v JOIN flow f ON f.org = v.org AND f.number = v.number
            WHERE v.org = $1 AND v.number = $2 AND v.version = $3";
        let mut rows = self.backend().query(sql, values![org, number, version]).await?;
        rows.first_mut().map(FlowVersion::read).transpose()
    }

    /// The latest published version of every flow that has one, by number; not of those that were removed.
    pub async fn published(&self, org: &OrgId) -> Result<Vec<FlowVersion>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Vec::new()) };
        let sql = "SELECT v.number, f.slug, v.version, v.published_at, v.published_by, v.text, v.json
            FROM flow f JOIN flow_version v ON v.org = f.org AND v.number = f.number AND v.version = f.version
            WHERE f.org = $1 AND f.removed_at IS NULL ORDER BY f.number";
        let mut rows = self.backend().query(sql, values![org]).await?;
        rows.iter_mut().map(FlowVersion::read).collect()
    }
}

/// As `search` keeps it, whatever the case.
fn searchable(text: &str) -> String {
    text.to_lowercase()
}

/// What `LIKE` takes for a text anywhere in another.
fn like(text: &str) -> String {
    let mut like = "%".to_owned();
    for c in searchable(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            like.push('\\');
        }
        like.push(c);
    }
    like.push('%');
    like
}

/// Along each flow's ids, one look-up a flow.
fn last_runs_sql(flows: &str) -> String {
    format!(
        "SELECT r.flow, r.id, r.status, r.started_at FROM run r WHERE r.ord IN (
            SELECT (SELECT l.ord FROM run l WHERE l.org = f.org AND l.flow = f.number ORDER BY l.id DESC LIMIT 1)
            FROM flow f WHERE f.org = $1 AND f.number IN ({flows}))"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{plan, scans};

    #[test]
    fn the_last_runs_are_found_by_index() {
        let sql = last_runs_sql("1, 2");
        let plan = plan(&sql);
        assert_eq!(scans(&sql), [""; 0], "{plan:?}");
        let index = "SEARCH l USING COVERING INDEX run_flow (org=? AND flow=?)";
        assert!(plan.iter().any(|step| step == index), "{plan:?}");
    }
}
