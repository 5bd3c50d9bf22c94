//! Whose a token or a session is, remembered for a short while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use callout_flow::id::OrgId;
use callout_store::{Actor, ActorKind, Member, Role, SessionOwner, Store, StoreError, TokenOwner};
use jiff::{SignedDuration, Timestamp};

/// How long an answer of the store is remembered: a change that is made here is known at once, another process learns of it
/// after this.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_secs(10);

/// The most callers that are remembered; beyond them all are forgotten and asked for again.
const REMEMBERED_MAX: usize = 10_000;

/// How long a session lasts, however much it is used.
pub const SESSION_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a session lasts that is not used.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(12);
/// How fine the store knows when a session was used last: a write each time would cost more than the request.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The cookie of a session. Its prefix makes browsers hold it to this host, to https and to the path `/`.
pub const COOKIE: &str = "__Host-callout";

/// Someone who shows what is valid.
#[derive(Debug)]
pub struct Known {
    pub org: OrgId,
    pub role: Role,
    pub who: Who,
    pub expires_at: Option<Timestamp>,
}

/// A program, or a person.
#[derive(Debug)]
pub enum Who {
    Token { id: String, name: String },
    Member { member: Member, session: [u8; 32] },
}

impl Known {
    fn of_token(owner: TokenOwner) -> Self {
        let token = owner.token;
        let who = Who::Token { id: token.id, name: token.name };
        Self { org: owner.org, role: token.role, who, expires_at: token.expires_at }
    }

    fn of_session(owner: SessionOwner, session: [u8; 32]) -> Self {
        let end = |at: Timestamp, length| at.saturating_add(length).unwrap_or(Timestamp::MAX);
        let expires_at = end(owner.created_at, SESSION_MAX).min(end(owner.seen_at, SESSION_IDLE));
        let (org, role) = (owner.org, owner.member.role);
        Self { org, role, who: Who::Member { member: owner.member, session }, expires_at: Some(expires_at) }
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        let allowed = !matches!(&self.who, Who::Member { member, .. } if member.disabled);
        allowed && self.expires_at.is_none_or(|end| now < end)
    }

    pub fn name(&self) -> &str {
        match &self.who {
            Who::Token { name, .. } => name,
            Who::Member { member, .. } => &member.name,
        }
    }

    /// As the audit log names it.
    pub fn actor(&self) -> Actor {
        let (kind, id) = match &self.who {
            Who::Token { id, .. } => (ActorKind::Token, id),
            Who::Member { member, .. } => (ActorKind::Member, &member.id),
        };
        Actor { kind, id: id.clone(), name: self.name().to_owned() }
    }
}

/// What callers showed lately, by its hash.
#[derive(Debug, Default)]
pub struct Shown(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    known: HashMap<[u8; 32], Remembered>,
    /// Counts the times that all was forgotten: what was asked of the store before is not remembered after.
    forgotten: u64,
}

#[derive(Debug)]
struct Remembered {
    known: Arc<Known>,
    until: Timestamp,
}

impl Shown {
    /// Whose the token with this hash is, if it is anyone's and valid.
    pub async fn token(
        &self,
        store: &Store,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Arc<Known>>, StoreError> {
        let forgotten = match self.recall(&hash, now) {
            Ok(known) => return Ok(known),
            Err(forgotten) => forgotten,
        };
        let Some(owner) = store.token_owner(&hash).await? else { return Ok(None) };
        Ok(self.keep(hash, Known::of_token(owner), forgotten, now))
    }

    /// Whose the session with this hash is, if it is anyone's and goes on.
    pub async fn session(
        &self,
        store: &Store,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Arc<Known>>, StoreError> {
        let forgotten = match self.recall(&hash, now) {
            Ok(known) => return Ok(known),
            Err(forgotten) => forgotten,
        };
        let Some(owner) = store.session_owner(&hash).await? else { return Ok(None) };
        let (org, seen_at) = (owner.org.clone(), owner.seen_at);
        let known = self.keep(hash, Known::of_session(owner, hash), forgotten, now);
        if known.is_some() && seen_at.duration_until(now) >= SEEN_EVERY {
            match store.touch_session(&org, &hash, now).await {
                // Reading goes on while nothing can be written.
                Ok(()) | Err(StoreError::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(known)
    }

    /// What is remembered; else how often all was forgotten so far.
    fn recall(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Arc<Known>>, u64> {
        let memory = self.memory();
        match memory.known.get(hash).filter(|one| now < one.until) {
            Some(one) => Ok(Some(one.known.clone()).filter(|known| known.is_valid(now))),
            None => Err(memory.forgotten),
        }
    }

    fn keep(&self, hash: [u8; 32], known: Known, forgotten: u64, now: Timestamp) -> Option<Arc<Known>> {
        let known = Arc::new(known);
        if !known.is_valid(now) {
            return None;
        }
        let mut memory = self.memory();
        if memory.forgotten == forgotten {
            if memory.known.len() >= REMEMBERED_MAX {
                memory.known.clear();
            }
            memory.known.insert(hash, Remembered { known: known.clone(), until: now + REMEMBERED_FOR });
        }
        Some(known)
    }

    /// Forgets all: a token, a member or a session has changed.
    pub fn forget(&self) {
        let mut memory = self.memory();
        memory.known.clear();
        memory.forgotten += 1;
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session that a browser shows. None where it also shows a token: that alone counts then.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    if headers.contains_key(header::AUTHORIZATION) {
        return None;
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}
