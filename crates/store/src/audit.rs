//! The audit log: who did what, each row bound to the one before it.

mod chain;
mod list;

use std::net::IpAddr;

use callout_flow::id::OrgId;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use self::chain::chained;
pub use self::chain::{AuditBroken, AuditHead, AuditVerdict};
pub use self::list::{AuditFilter, AuditRow};

use crate::value::{Statement, values};
use crate::{Store, StoreError};

/// What is written down of one deed. No secret may stand in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Whose log it goes to.
    pub org: OrgId,
    pub at: Timestamp,
    pub actor: Actor,
    /// The address that the request came from; none at the terminal.
    pub from: Option<IpAddr>,
    /// As `flow.publish`.
    pub action: String,
    pub object: Object,
    /// How it stood before and after, as far as that tells something.
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Who did it, named as at that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: String,
    pub name: String,
}

/// Which kind of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    Token,
    Member,
    /// Callout itself, for a call of a flow.
    Server,
    /// The operator, at the terminal.
    Terminal,
    /// Someone whose login was refused.
    Nobody,
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// As `flow`.
    pub kind: String,
    pub id: String,
}

impl ActorKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Member => "member",
            Self::Server => "server",
            Self::Terminal => "terminal",
            Self::Nobody => "nobody",
        }
    }

    fn of(word: &str) -> Result<Self, StoreError> {
        let all = [Self::Token, Self::Member, Self::Server, Self::Terminal, Self::Nobody];
        let odd = || StoreError::Unusable(format!("the database is damaged: `{word}` is no kind of actor"));
        all.into_iter().find(|kind| kind.word() == word).ok_or_else(odd)
    }
}

impl Store {
    /// A handle whose writes of flows, integrations, connections, tokens, members, sessions, orgs and settings carry this entry: it is written in the
    /// same transaction as the change, and not where nothing changes. For one write.
    #[must_use]
    pub fn noting(&self, note: Note) -> Self {
        self.with_note(note)
    }

    /// Writes an entry by itself: of a deed that is not this store's to do.
    pub async fn note(&self, note: &Note) -> Result<(), StoreError> {
        let statements = self.statements_of(note)?;
        self.backend().apply(statements).await.map(drop)
    }

    /// What writes an entry, in the transaction of what it tells of.
    pub(crate) fn statements_of(&self, note: &Note) -> Result<Vec<Statement>, StoreError> {
        let org = self.known_org(&note.org)?;
        let add = "INSERT INTO audit (org, number, at, actor_kind, actor_id, actor_name, address, action, object_kind,
                object_id, before, after, hash)
            SELECT c.org, c.number + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, chained(c.hash, c.number + 1, $12)
            FROM audit_chain c WHERE c.org = $1";
        let point = "UPDATE audit_chain SET number = number + 1, hash =
                (SELECT a.hash FROM audit a WHERE a.org = $1 AND a.number = audit_chain.number + 1)
            WHERE org = $1";
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
        let (before, after) = (text(&note.before), text(&note.after));
        let from = note.from.map(|from| from.to_string());
        let bytes = chain::row_bytes(note, from.as_deref(), before.as_deref(), after.as_deref());
        let values = values![
            org,
            note.at,
            note.actor.kind.word(),
            note.actor.id.as_str(),
            note.actor.name.as_str(),
            from,
            note.action.as_str(),
            note.object.kind.as_str(),
            note.object.id.as_str(),
            before,
            after,
            bytes,
        ];
        Ok(vec![Statement::one(add, values), Statement::one(point, values![org])])
    }
}

impl Note {
    /// With how it stood before.
    #[must_use]
    pub fn was(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    /// With how it stands after.
    #[must_use]
    pub fn becomes(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }
}
