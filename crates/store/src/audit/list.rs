//! The audit log, read page by page.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use super::{Actor, ActorKind, Note, Object};
use crate::runs::Page;
use crate::value::{Row, Value, values};
use crate::{Store, StoreError};

/// An entry with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// From 1, without gaps.
    pub number: u64,
    pub note: Note,
    pub hash: [u8; 32],
}

/// Which entries; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this actor: an id.
    pub actor: Option<String>,
    pub action: Option<String>,
    pub object_kind: Option<String>,
    pub object_id: Option<String>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

/// What makes an `AuditRow`, in its order.
pub(super) const ROW: &str = "number, at, actor_kind, actor_id, actor_name, address, action, object_kind, object_id, before, after, hash";

/// A row, its hash as it stands there, and the texts of address, before and after.
type Whole = (AuditRow, Vec<u8>, [Option<String>; 3]);

pub(super) fn read(org: &OrgId, row: &mut Row) -> Result<Whole, StoreError> {
    let damaged = |what| StoreError::Unusable(format!("the audit log is damaged: {what} cannot be read"));
    let texts = [row.opt_text(5)?, row.opt_text(9)?, row.opt_text(10)?];
    let json = |text: &Option<String>, what| {
        let value = text.as_deref().map(serde_json::from_str).transpose();
        value.map_err(|_| damaged(what))
    };
    let from = texts[0].as_deref().map(str::parse).transpose().map_err(|_| damaged("an address"))?;
    let hash = row.blob(11)?;
    let note = Note {
        org: org.clone(),
        at: row.time(1)?,
        actor: Actor { kind: ActorKind::of(&row.text(2)?)?, id: row.text(3)?, name: row.text(4)? },
        from,
        action: row.text(6)?,
        object: Object { kind: row.text(7)?, id: row.text(8)? },
        before: json(&texts[1], "what was before")?,
        after: json(&texts[2], "what came after")?,
    };
    let fixed = hash.as_slice().try_into().map_err(|_| damaged("a hash"))?;
    Ok((AuditRow { number: row.number(0)?, note, hash: fixed }, hash, texts))
}

impl Store {
    /// The latest first, from below `cursor` (a number).
    pub async fn audit(
        &self,
        org: &OrgId,
        filter: &AuditFilter,
        cursor: Option<u64>,
        limit: usize,
    ) -> Result<Page<AuditRow>, StoreError> {
        let Some(number) = self.org(org) else { return Ok(Page::empty()) };
        let below = cursor.map_or(i64::MAX, |cursor| i64::try_from(cursor).unwrap_or(i64::MAX));
        let mut values = values![number, below, Page::<AuditRow>::ask(limit)];
        let mut wheres = String::new();
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        for (condition, value) in [
            ("actor_id =", text(&filter.actor)),
            ("action =", text(&filter.action)),
            ("object_kind =", text(&filter.object_kind)),
            ("object_id =", text(&filter.object_id)),
            ("at >=", filter.from.map(Value::from)),
            ("at <", filter.to.map(Value::from)),
        ] {
            if let Some(value) = value {
                values.push(value);
                wheres += &format!(" AND {condition} ${}", values.len());
            }
        }
        let sql = format!(
            "SELECT {ROW} FROM audit WHERE org = $1 AND number < $2{wheres} ORDER BY number DESC LIMIT $3"
        );
        let mut rows = self.backend().query(sql, values).await?;
        let rows = rows.iter_mut().map(|row| read(org, row).map(|(row, ..)| row));
        Ok(Page::cut(rows.collect::<Result<_, StoreError>>()?, limit))
    }
}
