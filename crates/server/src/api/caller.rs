//! Who calls, and whether they may: bearer tokens and sessions, and their roles.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use callout_flow::id::OrgId;
use callout_store::{Member, Note, Object, Role};

use super::identity::{Known, Who, session_cookie};
use super::problem::{ApiProblem, Code};
use super::{Api, Shared};
use crate::serve::Peer;
use crate::token;

/// A role as a type: an endpoint names in its signature who may call it.
pub trait Rank: Send {
    const ROLE: Role;
    /// Whether a member may call who must set a password first.
    const MAY_OWE_PASSWORD: bool = false;
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

/// Everyone, also a member who has not set a password of their own yet.
#[derive(Debug)]
pub enum Newcomer {}

impl Rank for Newcomer {
    const ROLE: Role = Role::Viewer;
    const MAY_OWE_PASSWORD: bool = true;
}

/// A caller whose role is at least `R`.
#[derive(Debug)]
pub struct Caller<R> {
    known: Arc<Known>,
    from: Option<IpAddr>,
    rank: PhantomData<R>,
}

impl<R> Caller<R> {
    pub fn org(&self) -> &OrgId {
        &self.known.org
    }

    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The address that the request came from, as the socket has it.
    pub fn from(&self) -> Option<IpAddr> {
        self.from
    }

    /// The token's id; none for a session.
    pub fn token(&self) -> Option<&str> {
        match &self.known.who {
            Who::Token { id, .. } => Some(id),
            Who::Member { .. } => None,
        }
    }

    /// The member whose session it is; none for a token.
    pub fn member(&self) -> Option<&Member> {
        match &self.known.who {
            Who::Member { member, .. } => Some(member),
            Who::Token { .. } => None,
        }
    }

    /// The session's hash; none for a token.
    pub fn session(&self) -> Option<&[u8; 32]> {
        match &self.known.who {
            Who::Member { session, .. } => Some(session),
            Who::Token { .. } => None,
        }
    }

    /// Whether the role sees the bodies of calls.
    pub fn sees_bodies(&self) -> bool {
        self.known.role > Role::Viewer
    }

    /// The token's or member's name.
    pub fn name(&self) -> &str {
        self.known.name()
    }

    /// The entry of the audit log that tells of what this caller does now: `note(api, "flow.publish", "flow", slug)`. A write
    /// carries it (`api.store.noting(note).publish(…)`), or `Api::told` writes it by itself.
    pub fn note(&self, api: &Api, action: &str, kind: &str, id: impl Into<String>) -> Note {
        Note {
            org: self.org().clone(),
            at: api.now(),
            actor: self.known.actor(),
            from: self.from,
            action: action.to_owned(),
            object: Object { kind: kind.to_owned(), id: id.into() },
            before: None,
            after: None,
        }
    }
}

impl<R: Rank> FromRequestParts<Shared> for Caller<R> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiProblem> {
        let now = api.now();
        let known = match session_cookie(&parts.headers) {
            Some(shown) => match token::hash_of_session(shown) {
                Some(hash) => api.callers.shown.session(&api.store, hash, now).await?,
                None => None,
            }
            .ok_or_else(session_invalid)?,
            None => match token::hash_of_shown(bearer(&parts.headers)?) {
                Some(hash) => api.callers.shown.token(&api.store, hash, now).await?,
                None => None,
            }
            .ok_or_else(invalid)?,
        };
        if matches!(&known.who, Who::Member { member, .. } if member.password_due) && !R::MAY_OWE_PASSWORD {
            return Err(password_due());
        }
        if known.role < R::ROLE {
            return Err(role_too_low(known.role, R::ROLE));
        }
        Ok(Self { known, from: from(parts), rank: PhantomData })
    }
}

/// The address that a request came from. What proxies say of it counts for nothing: anyone can say it.
pub fn from(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Peer>().map(|peer| peer.0)
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

/// One answer for a session that never was, is over or was ended.
fn session_invalid() -> ApiProblem {
    ApiProblem::new(Code::SESSION_INVALID, "the session is not known, or is over")
        .fix("Log in again: `POST /v1/session`.")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"callout\""))
}

fn password_due() -> ApiProblem {
    ApiProblem::new(Code::PASSWORD_DUE, "the one-time password only serves to set a password of your own")
        .fix("Set one: `POST /v1/session/password`.")
}

fn role_too_low(has: Role, needs: Role) -> ApiProblem {
    let (has, needs) = (role_word(has), role_word(needs));
    ApiProblem::new(
        Code::ROLE_TOO_LOW,
        format!("this takes the role {needs}, and the caller has the role {has}"),
    )
    .fix(format!("Ask an admin for the role {needs}."))
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
