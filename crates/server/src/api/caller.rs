//! Who calls, and whether they may: bearer tokens and their roles.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use callout_flow::id::OrgId;
use callout_store::{Role, Store, StoreError, TokenOwner};
use jiff::{SignedDuration, Timestamp};

use super::Shared;
use super::problem::{ApiProblem, Code};
use crate::token;

/// How long a token's owner is remembered: revoking it here forgets it at once, another process learns of it after this.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_secs(10);

/// The most tokens that are remembered; beyond them all are forgotten and asked for again.
const REMEMBERED_MAX: usize = 10_000;

/// The tokens that were shown lately, by their hash.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    owners: HashMap<[u8; 32], Remembered>,
    /// Counts the times that all was forgotten: what was asked of the store before is not remembered after.
    forgotten: u64,
}

#[derive(Debug)]
struct Remembered {
    owner: Arc<TokenOwner>,
    until: Timestamp,
}

impl Tokens {
    /// Whose a token is, if it is anyone's and has not expired.
    async fn owner(
        &self,
        store: &Store,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<TokenOwner>>, StoreError> {
        let Some(hash) = token::hash_of_shown(text) else { return Ok(None) };
        let valid = |owner: &TokenOwner| owner.token.expires_at.is_none_or(|end| now < end);
        let forgotten = {
            let memory = self.memory();
            if let Some(one) = memory.owners.get(&hash).filter(|one| now < one.until) {
                return Ok(Some(one.owner.clone()).filter(|owner| valid(owner)));
            }
            memory.forgotten
        };
        let Some(owner) = store.token_owner(&hash).await? else { return Ok(None) };
        let owner = Arc::new(owner);
        if !valid(&owner) {
            return Ok(None);
        }
        let mut memory = self.memory();
        if memory.forgotten == forgotten {
            if memory.owners.len() >= REMEMBERED_MAX {
                memory.owners.clear();
            }
            memory.owners.insert(hash, Remembered { owner: owner.clone(), until: now + REMEMBERED_FOR });
        }
        Ok(Some(owner))
    }

    /// Forgets all: a token was revoked.
    pub fn forget(&self) {
        let mut memory = self.memory();
        memory.owners.clear();
        memory.forgotten += 1;
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A role as a type: an endpoint names in its signature who may call it.
pub trait Rank: Send {
    const ROLE: Role;
}

macro_rules! ranks {
    ($($rank:ident)*) => {
        $(
            #[derive(Debug)]
            pub enum $rank {}

            impl Rank for $rank {
                const ROLE: Role = Role::$rank;
            }
        )*
    };
}

ranks! { Viewer Operator Editor Admin }

/// A caller whose token's role is at least `R`.
#[derive(Debug)]
pub struct Caller<R> {
    owner: Arc<TokenOwner>,
    rank: PhantomData<R>,
}

impl<R> Caller<R> {
    pub fn org(&self) -> &OrgId {
        &self.owner.org
    }

    /// The token's id.
    pub fn token(&self) -> &str {
        &self.owner.token.id
    }

    /// Whether the token's role sees the bodies of calls.
    pub fn sees_bodies(&self) -> bool {
        self.owner.token.role > Role::Viewer
    }

    /// The token's name.
    pub fn name(&self) -> &str {
        &self.owner.token.name
    }
}

impl<R: Rank> FromRequestParts<Shared> for Caller<R> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiProblem> {
        let shown = bearer(&parts.headers)?;
        let owner = api.tokens.owner(&api.store, shown, api.now()).await?.ok_or_else(invalid)?;
        if owner.token.role < R::ROLE {
            return Err(role_too_low(owner.token.role, R::ROLE));
        }
        Ok(Self { owner, rank: PhantomData })
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, ApiProblem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        let detail = "the request shows no token";
        return Err(ApiProblem::new(Code::TOKEN_MISSING, detail)
            .fix("Send `Authorization: Bearer cot_…`; `callout token create` makes a token.")
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"callout\"")));
    };
    let text = value.to_str().map_err(|_| invalid())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(invalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid());
    }
    Ok(token.trim())
}

/// One answer for a token that never was, has expired or was revoked: no caller learns which.
fn invalid() -> ApiProblem {
    ApiProblem::new(
        Code::TOKEN_INVALID,
        "the token in `Authorization` is not known, has expired or was revoked",
    )
    .fix("Send `Authorization: Bearer cot_…` with a token that is valid.")
    .header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"callout\", error=\"invalid_token\""),
    )
}

fn role_too_low(has: Role, needs: Role) -> ApiProblem {
    let (has, needs) = (role_word(has), role_word(needs));
    ApiProblem::new(
        Code::ROLE_TOO_LOW,
        format!("this takes the role {needs}, and the token has the role {has}"),
    )
    .fix(format!("Ask an admin for a token with the role {needs}."))
}

/// A role as the API, the command line and the database name it.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Editor => "editor",
        Role::Admin => "admin",
    }
}
