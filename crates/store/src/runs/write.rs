//! Runs are accepted, recorded, claimed, told something, and given back.

use callout_flow::id::{OrgId, RunId};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Accepted, Begin, Claimed, Key, NewInbox, Receipt, Record};
use crate::backend::{ToAccept, ToClaim, ToRecord, Which};
use crate::border::{IdBytes, NEVER, run_bytes};
use crate::tally::tallies_text;
use crate::value::{Applied, Statement, values};
use crate::{Store, StoreError};

impl Store {
    /// Begins runs, all or none, durable when it returns. With a key that was used before none is begun. `leased` of them are taken on
    /// by this process at once (the first ones); the others are due. `Conflict` where one of them was begun before.
    pub async fn accept(
        &self,
        org: &OrgId,
        runs: Vec<(RunId, Begin)>,
        leased: usize,
        key: Option<Key>,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let org = self.known_org(org)?;
        let runs =
            runs.into_iter().map(|(run, begin)| Ok((known_id(&run)?, begin))).collect::<Result<_, _>>()?;
        self.backend().accept(ToAccept { org, runs, leased, key, now: now.as_microsecond() }).await
    }

    /// Queues a record; first in, first out, so a later one carries the earlier ones with it.
    ///
    /// While nothing can be written, records of runs that are in the database wait in the queue and are written when it can; a record
    /// with `begin` is refused with `Unavailable`, since nothing was promised of that run.
    ///
    /// The run's state is sealed on its way into the database.
    pub fn record(&self, org: &OrgId, record: Record) -> Receipt {
        let _queueing = self.keyring().queueing();
        match self.to_record(org, record) {
            Ok(record) => self.backend().record(record),
            Err(error) => {
                let (answer, receipt) = oneshot::channel();
                // The receiver is in hand.
                let _ = answer.send(Err(error));
                Receipt(receipt)
            }
        }
    }

    fn to_record(&self, org: &OrgId, mut record: Record) -> Result<ToRecord, StoreError> {
        let org = self.org_ref(org)?;
        let id = known_id(&record.run)?;
        self.seal_stand(org, &record.run, &mut record.stand)?;
        let tallies = tallies_text(&record.part.tallies);
        Ok(ToRecord { org: org.number, id, record, tallies })
    }

    /// Takes on up to `limit` runs that are due, longest due first, each under a new lease, durable when it returns.
    pub async fn claim(&self, org: &OrgId, now: Timestamp, limit: usize) -> Result<Vec<Claimed>, StoreError> {
        let number = self.known_org(org)?;
        let which = Which::Due { now: now.as_microsecond(), limit };
        let claimed = self.backend().claim(ToClaim { org: number, name: org.clone(), which }).await?;
        self.open_claimed(org, number, claimed).await
    }

    /// Takes on one run if nobody has it, due or not.
    ///
    /// Where one process has the file, `now` decides nothing: its leases have no end.
    pub async fn claim_run(
        &self,
        org: &OrgId,
        run: &RunId,
        now: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        let _ = now;
        let (Some(number), Some(id)) = (self.org(org), run_bytes(run)) else { return Ok(None) };
        let ask = ToClaim { org: number, name: org.clone(), which: Which::One(id) };
        let claimed = self.backend().claim(ask).await?;
        Ok(self.open_claimed(org, number, claimed).await?.pop())
    }

    /// Tells a run something, durable when it returns; a run that nobody has becomes due at once. `NotFound` where there is no such run,
    /// `Conflict` where it is over.
    pub async fn tell(&self, org: &OrgId, run: &RunId, entry: &NewInbox) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let id = run_bytes(run).ok_or(StoreError::NotFound)?;
        let put = "INSERT INTO inbox (org, run, kind, body, at)
            SELECT org, ord, $3, $4, $5 FROM run WHERE org = $1 AND id = $2 AND due IS NOT NULL";
        let wake = "UPDATE run SET due = $3 WHERE org = $1 AND id = $2 AND due > $3 AND due < $4";
        let statements = vec![
            Statement::one(
                put,
                values![org, id.as_slice(), entry.kind.as_str(), entry.body.as_slice(), entry.at],
            ),
            Statement::any(wake, values![org, id.as_slice(), entry.at, NEVER]),
        ];
        if let Applied::Done(_) = self.backend().apply(statements).await? {
            return Ok(());
        }
        let there = "SELECT 1 FROM run WHERE org = $1 AND id = $2";
        let rows = self.backend().query(there, values![org, id.as_slice()]).await?;
        if rows.is_empty() {
            Err(StoreError::NotFound)
        } else {
            Err(StoreError::Conflict("the run is over".to_owned()))
        }
    }

    /// Drops a lease without a record: the run is due at `due` again, as its last commit left it. Nothing is done where another
    /// has it by now.
    pub async fn give_back(
        &self,
        org: &OrgId,
        run: &RunId,
        epoch: i64,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let id = run_bytes(run).ok_or(StoreError::NotFound)?;
        let sql = "UPDATE run SET due = $4 WHERE org = $1 AND id = $2 AND epoch = $3 AND due = $5";
        let values = values![org, id.as_slice(), epoch, due, NEVER];
        self.backend().apply(vec![Statement::any(sql, values)]).await.map(drop)
    }
}

/// The bytes of an id that is to be written.
fn known_id(run: &RunId) -> Result<IdBytes, StoreError> {
    run_bytes(run).ok_or_else(|| StoreError::Conflict(format!("`{run}` is not a run's id")))
}
