//! What the audit log tells of connections that a call could not use, or whose token was not to be had.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use callout_flow::id::OrgId;
use callout_store::{Actor, ActorKind, Note, Object};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::engine::Engine;

/// The same is told once in this time, however many calls meet it.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// What was told lately; beyond this all is forgotten, and told again.
const TOLD_MAX: usize = 4096;

/// What was told lately, by org, connection and action.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<(OrgId, String, &'static str), Timestamp>>);

impl Refusals {
    fn is_news(&self, org: &OrgId, connection: &str, action: &'static str, now: Timestamp) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= TOLD_MAX {
            told.clear();
        }
        let key = (org.clone(), connection.to_owned(), action);
        let fresh = |at: &Timestamp| now.duration_since(*at).abs() < AGAIN_AFTER;
        if told.get(&key).is_some_and(fresh) {
            return false;
        }
        told.insert(key, now);
        true
    }
}

impl Engine {
    /// A call could not use its connection. `who` is the flow that made it.
    pub(crate) fn tell_refused_use(&self, org: &OrgId, connection: &str, who: &str, why: &str) {
        self.tell(org, connection, "connection.use", who, why);
    }

    /// A connection's token could not be fetched.
    pub(crate) fn tell_failed_refresh(&self, org: &OrgId, connection: &str, why: &str) {
        self.tell(org, connection, "connection.refresh", "", why);
    }

    /// Returns at once: a call does not wait for it.
    fn tell(&self, org: &OrgId, connection: &str, action: &'static str, who: &str, why: &str) {
        let now = self.now();
        if !self.inner.refusals.is_news(org, connection, action, now) {
            return;
        }
        let note = Note {
            org: org.clone(),
            at: now,
            actor: Actor { kind: ActorKind::Server, id: String::new(), name: who.to_owned() },
            from: None,
            action: action.to_owned(),
            object: Object { kind: "connection".to_owned(), id: connection.to_owned() },
            before: None,
            after: Some(json!({ "refused": true, "why": why })),
        };
        let store = self.inner.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.note(&note).await {
                tracing::error!(%error, action, "the audit log misses an entry");
            }
        });
    }
}
