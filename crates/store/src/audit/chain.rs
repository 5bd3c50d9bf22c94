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

/// Where a log stands: kept elsewhere, it shows later whether the log up to there was written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The last row; 0 where there never was one.
    pub number: u64,
    pub hash: [u8; 32],
}

/// Whether an org's log is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row fits the one before it, and the last is the last that was written.
    Sound {
        rows: u64,
        head: AuditHead,
    },
    Broken(AuditBroken),
}

/// The first row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBroken {
    pub number: u64,
    pub why: &'static str,
}

impl AuditBroken {
    fn at(number: i64, why: &'static str) -> Self {
        Self { number: u64::try_from(number).unwrap_or_default(), why }
    }
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
#[derive(Clone, PartialEq, Eq)]
struct Ends {
    last: i64,
    last_hash: Vec<u8>,
    cut: i64,
    cut_hash: Vec<u8>,
}

/// How far a log was read.
struct Reached {
    number: i64,
    hash: Vec<u8>,
}

impl Store {
    async fn ends(&self, org: i64) -> Result<Ends, StoreError> {
        let sql = "SELECT number, hash, cut, cut_hash FROM audit_chain WHERE org = $1";
        let mut rows = self.backend().query(sql, values![org]).await?;
        let row = rows.first_mut().ok_or(StoreError::NotFound)?;
        Ok(Ends { last: row.int(0)?, last_hash: row.blob(1)?, cut: row.int(2)?, cut_hash: row.blob(3)? })
    }

    /// Reads an org's log from its beginning and computes every hash anew; rows may be added and cut meanwhile. With `noted`, which
    /// was the head at some time, the log must still have that row.
    ///
    /// # Errors
    /// `Conflict` where retention has removed the row that was noted.
    pub async fn verify_audit(
        &self,
        org: &OrgId,
        noted: Option<&AuditHead>,
    ) -> Result<AuditVerdict, StoreError> {
        let number = self.known_org(org)?;
        let mut ends = self.ends(number).await?;
        loop {
            let found = self.verify_from(org, number, &ends, noted).await?;
            // Retention may have cut what was to be read next.
            let now = self.ends(number).await?;
            if matches!(found, AuditVerdict::Broken(_)) && now.cut != ends.cut {
                ends = now;
                continue;
            }
            return Ok(found);
        }
    }

    async fn verify_from(
        &self,
        org: &OrgId,
        number: i64,
        ends: &Ends,
        noted: Option<&AuditHead>,
    ) -> Result<AuditVerdict, StoreError> {
        let broken = |number, why| Ok(AuditVerdict::Broken(AuditBroken::at(number, why)));
        let noted = noted.map(|head| (i64::try_from(head.number).unwrap_or(i64::MAX), &head.hash[..]));
        if noted.is_some_and(|(row, _)| row < ends.cut) {
            let why = format!("retention has removed the rows up to {}, the noted one among them", ends.cut);
            return Err(StoreError::Conflict(why));
        }
        let mut at = Reached { number: ends.cut, hash: ends.cut_hash.clone() };
        loop {
            let sql =
                format!("SELECT {ROW} FROM audit WHERE org = $1 AND number > $2 ORDER BY number LIMIT $3");
            let rows = self.backend().query(sql, values![number, at.number, LOOK as i64]).await?;
            let full = rows.len() == LOOK;
            for mut row in rows {
                if differs(noted, &at) {
                    return broken(at.number, NOTED_DIFFERS);
                }
                match at.step(org, &mut row) {
                    Ok(next) => at = next,
                    Err(why) => return Ok(AuditVerdict::Broken(why)),
                }
            }
            if full {
                continue;
            }
            if differs(noted, &at) {
                return broken(at.number, NOTED_DIFFERS);
            }
            let last = self.ends(number).await?;
            if at.number > last.last {
                return broken(at.number, "the row is beyond the end that was written down");
            }
            if at.number == last.last {
                if at.hash != last.last_hash {
                    return broken(at.number, "the row is not the last one that was written");
                }
                if let Some((noted, _)) = noted.filter(|(noted, _)| *noted > at.number) {
                    return broken(noted, "the row that was noted is missing: the log was longer than this");
                }
                let rows = u64::try_from(at.number - ends.cut).unwrap_or_default();
                return Ok(AuditVerdict::Sound { rows, head: at.head()? });
            }
            let next = "SELECT 1 FROM audit WHERE org = $1 AND number > $2 LIMIT 1";
            if self.backend().query(next, values![number, at.number]).await?.is_empty() {
                return broken(at.number + 1, "the row is missing");
            }
        }
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

const NOTED_DIFFERS: &str = "the row has another hash than was noted: the log was written anew";

fn differs(noted: Option<(i64, &[u8])>, at: &Reached) -> bool {
    noted.is_some_and(|(number, hash)| number == at.number && hash != at.hash)
}

impl Reached {
    /// The next row, where it fits.
    fn step(&self, org: &OrgId, row: &mut Row) -> Result<Self, AuditBroken> {
        let next = self.number + 1;
        let Ok((number, hash, bytes)) = bytes_of(org, row) else {
            return Err(AuditBroken::at(next, "the row holds what no row can"));
        };
        if number != next {
            return Err(AuditBroken::at(next, "the row is missing"));
        }
        if chained(&self.hash, number, &bytes)[..] != hash {
            return Err(AuditBroken::at(number, "the row, or one before it, is not as it was written"));
        }
        Ok(Self { number, hash })
    }

    fn head(self) -> Result<AuditHead, StoreError> {
        let odd = |_| StoreError::Unusable("the audit log is damaged: a hash cannot be read".to_owned());
        let number = u64::try_from(self.number).unwrap_or_default();
        Ok(AuditHead { number, hash: self.hash.try_into().map_err(odd)? })
    }
}

/// A row's number and hash as it has them, and the bytes that the hash must be of.
fn bytes_of(org: &OrgId, row: &mut Row) -> Result<(i64, Vec<u8>, Vec<u8>), StoreError> {
    let (row, hash, texts) = read(org, row)?;
    let [from, before, after] = &texts;
    let bytes = row_bytes(&row.note, from.as_deref(), before.as_deref(), after.as_deref());
    Ok((i64::try_from(row.number).unwrap_or(i64::MAX), hash, bytes))
}
