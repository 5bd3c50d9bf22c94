//! Tokens of OAuth 2.0: one fetch per connection however many calls wait, renewed before they end.

mod grant;
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use callout_flow::id::OrgId;
use callout_flow::integration::TokenRequest;
use callout_flow::request::SecretText;
use callout_store::{Fetched, OpenConnection, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::connection::NoCredential;
use crate::engine::Engine;
pub use grant::{Authorization, OauthError};

const ACCESS: &str = "oauth.access_token";
const REFRESH: &str = "oauth.refresh_token";
/// From when on the access token is fetched anew, as RFC 3339.
const RENEW_AT: &str = "oauth.renew_at";

/// How long before its end a token is renewed, seconds; a fifth of its life where that is less.
const RENEW_BEFORE_SECONDS: u64 = 60;

/// The fetches under way or just over, by org and connection.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<HashMap<(OrgId, String), Arc<tokio::sync::Mutex<Flight>>>>);

/// What those who wait for one fetch share.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    failed: Option<(Timestamp, NoCredential)>,
    /// What was fetched and could not be kept: a refresh token may be good for one use only.
    unsaved: Option<(Arc<OpenConnection>, Fetched)>,
}

/// More connections than this in one process: those that nobody waits for are forgotten.
const FLIGHTS_MAX: usize = 1024;

impl Tokens {
    fn flight(&self, org: &OrgId, id: &str) -> Arc<tokio::sync::Mutex<Flight>> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.len() >= FLIGHTS_MAX {
            flights.retain(|_, flight| {
                Arc::strong_count(flight) > 1
                    || flight.try_lock().is_ok_and(|flight| flight.unsaved.is_some())
            });
        }
        Arc::clone(flights.entry((org.clone(), id.to_owned())).or_default())
    }
}

impl Engine {
    /// A token that is valid, fetched if need be. `rejected` is one that the API would not take any more.
    pub(crate) async fn token(
        &self,
        org: &OrgId,
        open: &Arc<OpenConnection>,
        request: Box<TokenRequest>,
        rejected: Option<&SecretText>,
    ) -> Result<SecretText, NoCredential> {
        let now = self.now();
        if let Some(token) = fresh(open, now, rejected) {
            return Ok(token);
        }
        let flight = self.inner.tokens.flight(org, &open.id).lock_owned().await;
        // On a task of its own: a caller that gives up must not lose a refresh token that is good for one use.
        let (engine, org, id) = (self.clone(), org.clone(), open.id.clone());
        let rejected = rejected.cloned();
        let task = tokio::spawn(async move {
            let mut flight = flight;
            let flown = engine.fly(&org, &id, &request, rejected.as_ref(), now, &mut flight).await;
            if let Err(why) = &flown {
                flight.failed = Some((engine.now(), why.clone()));
            }
            flown
        });
        task.await
            .unwrap_or_else(|_| Err(NoCredential::Unavailable("the token's fetch broke off".to_owned())))
    }

    /// Fetches the token unless another did while this one waited.
    async fn fly(
        &self,
        org: &OrgId,
        id: &str,
        request: &TokenRequest,
        rejected: Option<&SecretText>,
        asked_at: Timestamp,
        flight: &mut Flight,
    ) -> Result<SecretText, NoCredential> {
        self.save_unsaved(org, flight).await?;
        let open = self.inner.store.open_connection(org, id).await?;
        let open =
            open.ok_or_else(|| NoCredential::Unusable(format!("the connection `{id}` was removed")))?;
        if let Some(token) = fresh(&open, self.now(), rejected) {
            return Ok(token);
        }
        // Those who waited while it failed are told so, rather than asking one after the other.
        if let Some((at, why)) = flight.failed.take()
            && at >= asked_at
        {
            flight.failed = Some((at, why.clone()));
            return Err(why);
        }
        match self.fetch(org, &open, request, flight).await {
            Ok(token) => Ok(token),
            Err(why) => {
                tracing::warn!(org = %org, connection = id, "no token: {why}");
                // It was asked for a little early: what there is may still do.
                let still_valid = open.token_expires_at.is_none_or(|at| at > self.now());
                let token = open.secrets.get(ACCESS).filter(|token| Some(*token) != rejected);
                token.filter(|_| still_valid).cloned().ok_or(why)
            }
        }
    }

    async fn fetch(
        &self,
        org: &OrgId,
        open: &Arc<OpenConnection>,
        request: &TokenRequest,
        flight: &mut Flight,
    ) -> Result<SecretText, NoCredential> {
        let granted = match (&request.authorization_url, open.secrets.get(REFRESH)) {
            (None, _) => self.client_credentials(org, open, request).await?,
            (Some(_), Some(refresh)) => self.refresh(org, open, request, refresh).await?,
            (Some(_), None) => {
                let why = match open.secrets.contains_key(ACCESS) {
                    true => "its access has ended and the server gave no refresh token",
                    false => "nobody has agreed to it in a browser yet",
                };
                let message = format!("the connection `{}` must be authorised: {why}", open.id);
                return Err(NoCredential::Unusable(message));
            }
        };
        let token = granted.access.clone();
        flight.unsaved = Some((Arc::clone(open), granted.fetched(self.now())));
        self.save_unsaved(org, flight).await?;
        Ok(token)
    }

    /// Keeps what an earlier fetch brought; a connection that was changed since does not take it.
    async fn save_unsaved(&self, org: &OrgId, flight: &mut Flight) -> Result<(), NoCredential> {
        let Some((open, fetched)) = &flight.unsaved else { return Ok(()) };
        let kept = match self.inner.store.put_fetched(org, open, fetched).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(why)) => Err(NoCredential::Unavailable(why)),
            Err(StoreError::NotFound) => {
                Err(NoCredential::Unusable(format!("the connection `{}` was removed", open.id)))
            }
            // It may be kept another time.
            Err(error) => return Err(error.into()),
        };
        flight.unsaved = None;
        kept
    }
}

/// The token at hand, if it need not be fetched.
fn fresh(open: &OpenConnection, now: Timestamp, rejected: Option<&SecretText>) -> Option<SecretText> {
    let token = open.secrets.get(ACCESS)?;
    if Some(token) == rejected {
        return None;
    }
    let renew_at = open.secrets.get(RENEW_AT).and_then(|at| at.expose().parse::<Timestamp>().ok());
    renew_at.is_none_or(|at| at > now).then(|| token.clone())
}

/// What a token's server gave.
#[derive(Debug)]
pub(crate) struct Granted {
    access: SecretText,
    /// Another one than before, where the server gives a new one.
    refresh: Option<SecretText>,
    expires_in: Option<std::time::Duration>,
}

impl Granted {
    pub(crate) fn fetched(self, now: Timestamp) -> Fetched {
        let seconds = self.expires_in.map(|life| life.as_secs());
        let after = |seconds: u64| {
            let life = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
            now.checked_add(life).unwrap_or(Timestamp::MAX)
        };
        let renew_at = seconds.map(|life| after(life.saturating_sub(RENEW_BEFORE_SECONDS.min(life / 5))));
        let mut secrets = BTreeMap::new();
        secrets.insert(ACCESS.to_owned(), Some(self.access));
        secrets.insert(RENEW_AT.to_owned(), renew_at.map(|at| SecretText::new(at.to_string())));
        if let Some(refresh) = self.refresh {
            secrets.insert(REFRESH.to_owned(), Some(refresh));
        }
        Fetched { secrets, expires_at: seconds.map(after), now }
    }
}
