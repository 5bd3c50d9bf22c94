//! Integrations: one draft each, and numbered versions that never change.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::runs::Page;
use crate::value::{Applied, Row, Statement, values};
use crate::{Document, Store, StoreError, VersionRow};

/// An integration, without its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationRow {
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

/// An integration with its draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationText {
    pub integration: IntegrationRow,
    pub document: Document,
}

/// One published version, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationVersion {
    pub slug: String,
    pub row: VersionRow,
    pub document: Document,
}

#[derive(Clone, Debug)]
pub struct NewIntegrationVersion<'a> {
    pub slug: &'a str,
    /// What it was published from; another draft revision since is a `Conflict`.
    pub revision: u64,
    pub by: &'a str,
    pub now: Timestamp,
}

/// The version that the draft now is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedIntegration {
    pub row: VersionRow,
    /// False where the latest version was the same document already.
    pub new: bool,
}

/// What makes an `IntegrationRow`, in its order; the document comes behind.
const INTEGRATION: &str =
    "number, slug, name, revision, created_at, draft_at, version, published_revision, published_at";
const INTEGRATION_COLUMNS: usize = 9;
const VERSION: &str = "version, published_at, published_by";

impl IntegrationRow {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
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

fn version_row(row: &mut Row) -> Result<VersionRow, StoreError> {
    Ok(VersionRow { version: row.number(0)?, published_at: row.time(1)?, published_by: row.text(2)? })
}

impl Store {
    /// Writes an integration's draft, and makes the integration where there is none. `revision` is the one that the author read:
    /// where the draft has moved on since it is a `Conflict`, where the integration is gone `NotFound`; 0 means that there must
    /// be none; none overwrites. One that was removed comes back with the versions that it had.
    pub async fn put_integration_draft(
        &self,
        org: &OrgId,
        slug: &str,
        name: &str,
        document: &Document,
        revision: Option<u64>,
        now: Timestamp,
    ) -> Result<IntegrationRow, StoreError> {
        let number = self.known_org(org)?;
        let mut values = values![number, slug, name, document.text.as_str(), document.json, now];
        let insert =
            "INSERT INTO integration (org, number, slug, name, text, json, revision, created_at, draft_at)
            SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, 1, $6, $6 FROM integration WHERE org = $1
            ON CONFLICT (org, slug)";
        let update =
            "SET name = $3, text = $4, json = $5, revision = integration.revision + 1, draft_at = $6,
                created_at = CASE WHEN integration.removed_at IS NULL THEN integration.created_at ELSE $6 END,
                removed_at = NULL";
        let sql = match revision {
            None => format!("{insert} DO UPDATE {update} RETURNING {INTEGRATION}"),
            Some(0) => format!(
                "{insert} DO UPDATE {update} WHERE integration.removed_at IS NOT NULL RETURNING {INTEGRATION}"
            ),
            Some(read) => {
                values.push(i64::try_from(read).unwrap_or(i64::MAX).into());
                format!(
                    "UPDATE integration {update} WHERE org = $1 AND slug = $2 AND removed_at IS NULL AND revision = $7
                    RETURNING {INTEGRATION}"
                )
            }
        };
        if let Some(mut rows) = self.apply_one(sql, values).await? {
            return rows.first_mut().map_or(Err(StoreError::NotFound), IntegrationRow::read);
        }
        let read = revision.unwrap_or_default();
        Err(match self.integration(org, slug).await? {
            None => StoreError::NotFound,
            Some(_) if read == 0 => StoreError::Conflict(format!("there is an integration `{slug}` already")),
            Some(is) => moved_on(slug, is.revision, read),
        })
    }

    pub async fn integration_draft(
        &self,
        org: &OrgId,
        slug: &str,
    ) -> Result<Option<IntegrationText>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let sql = format!(
            "SELECT {INTEGRATION}, text, json FROM integration WHERE org = $1 AND slug = $2 AND removed_at IS NULL"
        );
        let mut rows = self.backend().query(sql, values![org, slug]).await?;
        let text = |row: &mut Row| {
            let integration = IntegrationRow::read(row)?;
            let (text, json) = (row.text(INTEGRATION_COLUMNS)?, row.flag(INTEGRATION_COLUMNS + 1)?);
            Ok(IntegrationText { integration, document: Document { text, json } })
        };
        rows.first_mut().map(text).transpose()
    }

    pub async fn integration(&self, org: &OrgId, slug: &str) -> Result<Option<IntegrationRow>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let sql = format!(
            "SELECT {INTEGRATION} FROM integration WHERE org = $1 AND slug = $2 AND removed_at IS NULL"
        );
        let mut rows = self.backend().query(sql, values![org, slug]).await?;
        rows.first_mut().map(IntegrationRow::read).transpose()
    }

    /// By number, from after `cursor` (a number).
    pub async fn integrations(
        &self,
        org: &OrgId,
        cursor: Option<u32>,
        limit: usize,
    ) -> Result<Page<IntegrationRow>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Page::empty()) };
        let sql = format!(
            "SELECT {INTEGRATION} FROM integration WHERE org = $1 AND number > $2 AND removed_at IS NULL
            ORDER BY number LIMIT $3"
        );
        let values = values![org, cursor.unwrap_or_default(), Page::<IntegrationRow>::ask(limit)];
        let mut rows = self.backend().query(sql, values).await?;
        let rows = rows.iter_mut().map(IntegrationRow::read).collect::<Result<_, _>>()?;
        Ok(Page::cut(rows, limit))
    }

    /// Removes an integration: it is listed no more. Its versions stay for the flows that pin them, and its slug means no
    /// other one later.
    pub async fn remove_integration(
        &self,
        org: &OrgId,
        slug: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let sql =
            "UPDATE integration SET removed_at = $3 WHERE org = $1 AND slug = $2 AND removed_at IS NULL";
        let removed = self.apply_one(sql, values![org, slug, now]).await?;
        removed.map(drop).ok_or(StoreError::NotFound)
    }

    /// Makes the draft's document the next version, unless it is that of the latest one.
    pub async fn publish_integration(
        &self,
        org: &OrgId,
        new: &NewIntegrationVersion<'_>,
    ) -> Result<PublishedIntegration, StoreError> {
        let org = self.known_org(org)?;
        let revision = i64::try_from(new.revision).unwrap_or(i64::MAX);
        let at = "org = $1 AND slug = $2 AND revision = $3 AND removed_at IS NULL";
        let copy = format!(
            "INSERT INTO integration_version (org, number, version, text, json, published_at, published_by)
            SELECT org, number, coalesce(version, 0) + 1, text, json, $4, $5 FROM integration i
            WHERE {at} AND NOT EXISTS (SELECT 1 FROM integration_version v WHERE v.org = $1 AND v.number = i.number
                AND v.version = i.version AND v.text = i.text AND v.json = i.json)
            RETURNING {VERSION}"
        );
        let point = format!(
            "UPDATE integration SET version = coalesce(version, 0) + 1, published_revision = revision, published_at = $4
            WHERE {at}"
        );
        let statements = vec![
            Statement::one(copy, values![org, new.slug, revision, new.now, new.by]),
            Statement::one(point, values![org, new.slug, revision, new.now]),
        ];
        if let Applied::Done(mut rows) = self.apply(statements).await? {
            let row = rows.first_mut().and_then(|rows| rows.first_mut()).ok_or(StoreError::NotFound)?;
            return Ok(PublishedIntegration { row: version_row(row)?, new: true });
        }
        self.unpublished(org, new).await
    }

    /// Why no version was made: it is the latest one, or the draft has moved on.
    async fn unpublished(
        &self,
        org: i64,
        new: &NewIntegrationVersion<'_>,
    ) -> Result<PublishedIntegration, StoreError> {
        let sql = "SELECT v.version, v.published_at, v.published_by, i.revision
            FROM integration i LEFT JOIN integration_version v
                ON v.org = i.org AND v.number = i.number AND v.version = i.version
            WHERE i.org = $1 AND i.slug = $2 AND i.removed_at IS NULL";
        let mut rows = self.backend().query(sql, values![org, new.slug]).await?;
        let row = rows.first_mut().ok_or(StoreError::NotFound)?;
        let is = row.number(3)?;
        if is != new.revision {
            return Err(moved_on(new.slug, is, new.revision));
        }
        Ok(PublishedIntegration { row: version_row(row)?, new: false })
    }

    /// Latest first, from below `cursor` (a version).
    pub async fn integration_versions(
        &self,
        org: &OrgId,
        slug: &str,
        cursor: Option<u32>,
        limit: usize,
    ) -> Result<Page<VersionRow>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Page::empty()) };
        let sql = format!(
            "SELECT {VERSION} FROM integration_version
            WHERE org = $1 AND number = (SELECT number FROM integration WHERE org = $1 AND slug = $2) AND version < $3
            ORDER BY version DESC LIMIT $4"
        );
        let below = cursor.map_or(i64::MAX, i64::from);
        let mut rows =
            self.backend().query(sql, values![org, slug, below, Page::<VersionRow>::ask(limit)]).await?;
        Ok(Page::cut(rows.iter_mut().map(version_row).collect::<Result<_, _>>()?, limit))
    }

    /// One version; also of an integration that was removed.
    pub async fn integration_version(
        &self,
        org: &OrgId,
        slug: &str,
        version: u32,
    ) -> Result<Option<IntegrationVersion>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let sql = "SELECT v.version, v.published_at, v.published_by, i.slug, v.text, v.json
            FROM integration i JOIN integration_version v ON v.org = i.org AND v.number = i.number
            WHERE i.org = $1 AND i.slug = $2 AND v.version = $3";
        let mut rows = self.backend().query(sql, values![org, slug, version]).await?;
        let version = |row: &mut Row| {
            let document = Document { text: row.text(4)?, json: row.flag(5)? };
            Ok(IntegrationVersion { slug: row.text(3)?, row: version_row(row)?, document })
        };
        rows.first_mut().map(version).transpose()
    }
}

fn moved_on(slug: &str, is: u64, read: u64) -> StoreError {
    StoreError::Conflict(format!("the draft of `{slug}` has revision {is} by now, not {read}"))
}
