//! How rows of the audit log are bound together, and whether they still are.

use callout_flow::id::OrgId;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Note;
use super::list::{ROW, read};
use crate::value::{Applied, Row, Statement, values};
use crate::{Pruned, Store, StoreError};

/// Rows that are read at a time where all are.
const LOOK: usize = 1000;

/// Whether an org's log is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row fits the one before it, and the last is the last that was written.
    Sound {
        rows: u64,
    },
    Broken(AuditBroken),
}

/// The first row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBroken {
    pub number: u64,
    pub why: &'static str,
}

/// The hash of a row: SHA-256 over the hash before it, its number and its bytes.
pub(crate) fn chained(before: &[u8], number: i64, row: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(number.to_be_bytes()).chain_update(row).finalize().into()
}

/// All that a row says, in one form: a JSON list.
pub(super) fn row_bytes(
    note: &Note,
    from: Option<&str>,
    before: Option<&str>,
    after: Option<&str>,
) -> Vec<u8> {
    let at = note.at.as_microsecond();
    let (actor, object) = (&note.actor, &note.object);
    let who = (actor.kind.word(), &actor.id, &actor.name, from);
    let what = (&note.action, &object.kind, &object.id, before, after);
    serde_json::to_vec(&(note.org.as_str(), at, who, what)).unwrap_or_default()
}

/// Where a log begins and ends.
struct Ends {
    last: i64,
    last_hash: Vec<u8>,
    cut: i64,
    cut_hash: Vec<u8>,
}

impl Store {
    async fn ends(&self, org: i64) -> Result<Ends, StoreError> {
        let sql = "SELECT number, hash, cut, cut_hash FROM audit_chain WHERE org = $1";
        let mut rows = self.backend().query(sql, values![org]).await?;
        let row = rows.first_mut().ok_or(StoreError::NotFound)?;
        Ok(Ends { last: row.int(0)?, last_hash: row.blob(1)?, cut: row.int(2)?, cut_hash: row.blob(3)? })
    }

    /// Reads an org's log from its beginning and computes every hash anew.
    pub async fn verify_audit(&self, org: &OrgId) -> Result<AuditVerdict, StoreError> {
        let number = self.known_org(org)?;
        let ends = self.ends(number).await?;
        let (mut at, mut hash) = (ends.cut, ends.cut_hash);
        let broken = |number: i64, why| {
            Ok(AuditVerdict::Broken(AuditBroken { number: u64::try_from(number).unwrap_or_default(), why }))
        };
        let sql = format!("SELECT {ROW} FROM audit WHERE org = $1 AND number > $2 ORDER BY number LIMIT $3");
        loop {
            let rows = self.backend().query(sql.clone(), values![number, at, LOOK as i64]).await?;
            let last = rows.len() < LOOK;
            for mut row in rows {
                let Ok((found, row_hash, bytes)) = bytes_of(org, &mut row) else {
                    return broken(at + 1, "the row holds what no row can");
                };
                if found != at + 1 {
                    return broken(at + 1, "the row is missing");
                }
                if chained(&hash, found, &bytes)[..] != row_hash {
                    return broken(found, "the row is not as it was written");
                }
                (at, hash) = (found, row_hash);
            }
            if last {
                break;
            }
        }
        if at < ends.last {
            return broken(at + 1, "the row is missing");
        }
        if at > ends.last || hash != ends.last_hash {
            return broken(at, "the row was not written as the last one");
        }
        Ok(AuditVerdict::Sound { rows: u64::try_from(at - ends.cut).unwrap_or_default() })
    }

    /// Removes entries from before `before`, from the beginning of the log, at most `limit`; the hash of the last of them
    /// stays, so that the rest can still be verified.
    pub async fn prune_audit(
        &self,
        org: &OrgId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        let number = self.known_org(org)?;
        let limit = limit.min(LOOK);
        let sql = "SELECT number, at FROM audit WHERE org = $1 ORDER BY number LIMIT $2";
        let (mut old, mut last) = (0, None);
        for mut row in self.backend().query(sql, values![number, limit as i64]).await? {
            if row.int(1)? >= before.as_microsecond() {
                break;
            }
            last = Some(row.int(0)?);
            old += 1;
        }
        let Some(last) = last else { return Ok(Pruned::default()) };
        let cut = "UPDATE audit_chain SET cut = $2, cut_hash =
                (SELECT hash FROM audit WHERE org = $1 AND number = $2)
            WHERE org = $1 AND cut < $2 AND number >= $2";
        let remove = "DELETE FROM audit WHERE org = $1 AND number <= $2";
        let statements =
            vec![Statement::one(cut, values![number, last]), Statement::any(remove, values![number, last])];
        Ok(match self.backend().apply(statements).await? {
            Applied::Done(_) => Pruned { runs: old, more: old == limit as u64 },
            // Another round was there before.
            Applied::Unmet(_) => Pruned::default(),
        })
    }
}

/// A row's number and hash as it has them, and the bytes that the hash must be of.
fn bytes_of(org: &OrgId, row: &mut Row) -> Result<(i64, Vec<u8>, Vec<u8>), StoreError> {
    let (row, hash, texts) = read(org, row)?;
    let [from, before, after] = &texts;
    let bytes = row_bytes(&row.note, from.as_deref(), before.as_deref(), after.as_deref());
    Ok((i64::try_from(row.number).unwrap_or(i64::MAX), hash, bytes))
}
