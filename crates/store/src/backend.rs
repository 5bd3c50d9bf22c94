//! What a database must be able to do: three primitives on owned values, and the hot paths with bodies of their own.

use std::borrow::Cow;

use callout_flow::id::OrgId;

use crate::border::IdBytes;
use crate::connections::Forget;
use crate::runs::{Accepted, Begin, Claimed, Key, Receipt, Record, Stand};
use crate::sqlite::Sqlite;
use crate::value::{Applied, Row, Statement, Value};
use crate::{Health, StoreError};

/// A statement that changes nothing.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

/// Statements for one transaction.
#[derive(Debug)]
pub(crate) struct ToApply {
    pub(crate) statements: Vec<Statement>,
    /// What must not be taken from memory any more when they are done.
    forget: Option<Forget>,
}

/// A record with what its columns need.
#[derive(Debug)]
pub(crate) struct ToRecord {
    pub(crate) org: i64,
    pub(crate) id: IdBytes,
    pub(crate) record: Record,
    /// None where the part has none.
    pub(crate) tallies: Option<String>,
}

#[derive(Debug)]
pub(crate) struct ToAccept {
    pub(crate) org: i64,
    pub(crate) runs: Vec<(IdBytes, Begin)>,
    pub(crate) leased: usize,
    pub(crate) key: Option<Key>,
    pub(crate) now: i64,
}

#[derive(Debug)]
pub(crate) struct ToClaim {
    pub(crate) org: i64,
    pub(crate) name: OrgId,
    pub(crate) which: Which,
}

#[derive(Debug)]
pub(crate) enum Which {
    /// Those due by then, so many at most.
    Due { now: i64, limit: usize },
    /// This one, if nobody has it.
    One(IdBytes),
}

#[derive(Debug)]
pub(crate) enum Backend {
    Sqlite(Sqlite),
}

impl Backend {
    /// Answers from one moment of the database: what belongs together is asked in one statement.
    pub(crate) async fn query(
        &self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let Self::Sqlite(sqlite) = self;
        sqlite.query(Question { sql: sql.into(), values }).await
    }

    /// All statements in one transaction, durable when it returns, or none.
    pub(crate) async fn apply(&self, statements: Vec<Statement>) -> Result<Applied, StoreError> {
        let Self::Sqlite(sqlite) = self;
        sqlite.apply(statements.into()).await
    }

    /// The same for what changes a connection: what is in memory of it is forgotten when they are done, whether or not somebody
    /// still waits for the answer.
    pub(crate) async fn apply_and_forget(
        &self,
        statements: Vec<Statement>,
        forget: Forget,
    ) -> Result<Applied, StoreError> {
        let Self::Sqlite(sqlite) = self;
        sqlite.apply(ToApply { statements, forget: Some(forget) }).await
    }

    /// Done with the next commit; nobody is told, nor whether it could be done.
    pub(crate) fn apply_unheard(&self, statement: Statement) {
        let Self::Sqlite(sqlite) = self;
        sqlite.apply_unheard(vec![statement].into());
    }

    /// One statement that must change or return one row, and that row; none where it did not.
    pub(crate) async fn apply_one(
        &self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Option<Vec<Row>>, StoreError> {
        match self.apply(vec![Statement::one(sql, values)]).await? {
            Applied::Done(mut rows) => Ok(Some(rows.pop().unwrap_or_default())),
            Applied::Unmet(_) => Ok(None),
        }
    }

    pub(crate) fn record(&self, record: ToRecord) -> Receipt {
        let Self::Sqlite(sqlite) = self;
        sqlite.record(record)
    }

    pub(crate) async fn accept(&self, accept: ToAccept) -> Result<Accepted, StoreError> {
        let Self::Sqlite(sqlite) = self;
        sqlite.accept(accept).await
    }

    pub(crate) async fn claim(&self, claim: ToClaim) -> Result<Vec<Claimed>, StoreError> {
        let Self::Sqlite(sqlite) = self;
        sqlite.claim(claim).await
    }

    pub(crate) fn boot_epoch(&self) -> i64 {
        let Self::Sqlite(sqlite) = self;
        sqlite.boot_epoch()
    }

    pub(crate) fn health(&self) -> Health {
        let Self::Sqlite(sqlite) = self;
        sqlite.health()
    }

    pub(crate) async fn close(&self) {
        let Self::Sqlite(sqlite) = self;
        sqlite.close().await;
    }
}

impl From<Vec<Statement>> for ToApply {
    fn from(statements: Vec<Statement>) -> Self {
        Self { statements, forget: None }
    }
}

impl ToApply {
    pub(crate) fn forget(&self) {
        if let Some(forget) = &self.forget {
            forget.now();
        }
    }
}

impl ToRecord {
    /// About how many bytes it writes.
    pub(crate) fn bytes(&self) -> usize {
        let head = self.record.begin.as_ref().map_or(0, |begin| begin.head.len());
        let stand = match &self.record.stand {
            Stand::Going { state } | Stand::Parked { state, .. } => state.len(),
            Stand::Over { tail, head, .. } => tail.len() + head.as_ref().map_or(0, Vec::len),
        };
        head + stand + self.record.part.steps.len() + self.record.part.effects.len()
    }
}
