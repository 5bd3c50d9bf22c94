//! Tokens of OAuth 2.0: one fetch per connection however many calls wait, renewed before they end.

mod grant;
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callout_flow::id::OrgId;
use callout_flow::integration::TokenRequest;
use callout_flow::request::SecretText;
use callout_store::{Fetched, OpenConnection, StoreError};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::connection::NoCredential;
use crate::engine::Engine;
pub use grant::{Authorization, OauthError};

const ACCESS: &str = "oauth.access_token";
const REFRESH: &str = "oauth.refresh_token";
/// From when on the access token is fetched anew, as RFC 3339.
const RENEW_AT: &str = "oauth.renew_at";
/// A digest of what the access token was asked for with: one that another client or scope got is not this call's.
const ASKED_WITH: &str = "oauth.asked_with";

/// How long before its end a token is renewed, seconds; a fifth of its life where that is less.
const RENEW_BEFORE_SECONDS: u64 = 60;
/// After a failure, a token that is still good is not renewed again for so long.
const RENEW_PAUSE: Duration = Duration::from_secs(5);

/// The fetches under way or just over, by org and connection.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<HashMap<(OrgId, String), SharedFlight>>);

type SharedFlight = Arc<tokio::sync::Mutex<Flight>>;

/// What those who wait for one fetch share.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    /// How the last one ended, where it failed.
    failed: Option<(Instant, NoCredential)>,
    /// What was fetched and could not be kept: a refresh token may be good for one use only.
    unsaved: Option<(Arc<OpenConnection>, Fetched)>,
}

/// More connections than this in one process: those that nobody waits for are forgotten.
const FLIGHTS_MAX: usize = 1024;

impl Tokens {
    fn flight(&self, org: &OrgId, id: &str) -> SharedFlight {
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

/// When the token of an opened connection is to be renewed.
pub(crate) fn renew_at(open: &OpenConnection) -> Option<Timestamp> {
    open.secrets.get(RENEW_AT)?.expose().parse().ok()
}

/// Whether it is the token that was opened with the connection.
pub(crate) fn is_of(token: &SecretText, open: &OpenConnection) -> bool {
    open.secrets.get(ACCESS) == Some(token)
}

/// A token that a call waits for.
struct Wanted {
    org: OrgId,
    /// The connection as it was when `request` was made of it.
    open: Arc<OpenConnection>,
    request: Box<TokenRequest>,
    /// One that the API would not take any more.
    rejected: Option<SecretText>,
    asked_at: Instant,
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
        let at_hand = AtHand::of(open, &request, rejected, self.now());
        if let Some(AtHand { token, ageing: false }) = at_hand {
            return Ok(token);
        }
        let flight = self.inner.tokens.flight(org, &open.id);
        let wanted = Wanted {
            org: org.clone(),
            open: Arc::clone(open),
            request,
            rejected: rejected.cloned(),
            asked_at: Instant::now(),
        };
        if let Some(AtHand { token, .. }) = at_hand {
            // It is good for a while yet: nobody waits for the next one.
            if let Ok(flight) = flight.try_lock_owned()
                && flight.failed.as_ref().is_none_or(|(at, _)| at.elapsed() >= RENEW_PAUSE)
            {
                drop(self.take_off(wanted, flight));
            }
            return Ok(token);
        }
        let flown = self.take_off(wanted, flight.lock_owned().await).await;
        flown.unwrap_or_else(|_| Err(NoCredential::Unavailable("the token's fetch broke off".to_owned())))
    }

    /// Fetches on a task of its own: a caller that gives up must not lose a refresh token that is good for one use.
    fn take_off(
        &self,
        wanted: Wanted,
        mut flight: OwnedMutexGuard<Flight>,
    ) -> JoinHandle<Result<SecretText, NoCredential>> {
        let engine = self.clone();
        tokio::spawn(async move {
            // Those who waited while it failed are told so, rather than asking one after the other.
            if let Some((at, why)) = &flight.failed
                && *at >= wanted.asked_at
            {
                return Err(why.clone());
            }
            let flown = engine.fly(&wanted, &mut flight).await;
            flight.failed = flown.as_ref().err().map(|why| (Instant::now(), why.clone()));
            if let Err(why) = &flown {
                tracing::warn!(org = %wanted.org, connection = wanted.open.id, "no token: {why}");
                engine.tell_failed_refresh(&wanted.org, &wanted.open.id, &why.to_string());
            }
            flown
        })
    }

    /// Fetches the token unless another did while this one waited.
    async fn fly(&self, wanted: &Wanted, flight: &mut Flight) -> Result<SecretText, NoCredential> {
        let Wanted { org, open, request, rejected, .. } = wanted;
        self.keep(org, flight).await?;
        let now_open = self.inner.store.open_connection(org, &open.id).await?;
        let Some(now_open) = now_open.filter(|now| is_unchanged(now, open)) else {
            return Err(changed(open));
        };
        let open = &now_open;
        if let Some(AtHand { token, ageing: false }) =
            AtHand::of(open, request, rejected.as_ref(), self.now())
        {
            return Ok(token);
        }
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
        flight.unsaved = Some((Arc::clone(open), granted.fetched(request, self.now())));
        if self.keep(org, flight).await? { Ok(token) } else { Err(changed(open)) }
    }

    /// Keeps what a fetch brought. False where its connection was changed or removed since, and does not take it.
    async fn keep(&self, org: &OrgId, flight: &mut Flight) -> Result<bool, NoCredential> {
        let Some((open, fetched)) = &flight.unsaved else { return Ok(true) };
        let taken = match self.inner.store.put_fetched(org, open, fetched).await {
            Ok(()) => true,
            Err(StoreError::Conflict(_) | StoreError::NotFound) => false,
            // It may be kept another time.
            Err(error) => return Err(error.into()),
        };
        flight.unsaved = None;
        Ok(taken)
    }
}

/// Whether what was made of a connection is still of it.
fn is_unchanged(now: &OpenConnection, then: &OpenConnection) -> bool {
    (now.revision, now.created_at) == (then.revision, then.created_at)
}

fn changed(open: &OpenConnection) -> NoCredential {
    NoCredential::Unavailable(format!("the connection `{}` was changed while its token was fetched", open.id))
}

/// A token that is valid.
struct AtHand {
    token: SecretText,
    /// It is time to fetch the next one.
    ageing: bool,
}

impl AtHand {
    fn of(
        open: &OpenConnection,
        request: &TokenRequest,
        rejected: Option<&SecretText>,
        now: Timestamp,
    ) -> Option<Self> {
        let kept = |field| open.secrets.get(field).map(SecretText::expose);
        let token = open.secrets.get(ACCESS).filter(|token| Some(*token) != rejected)?;
        let over = open.token_expires_at.is_some_and(|at| at <= now);
        if over || kept(ASKED_WITH) != Some(&*asked_with(request)) {
            return None;
        }
        let renew_at = kept(RENEW_AT).and_then(|at| at.parse::<Timestamp>().ok());
        Some(Self { token: token.clone(), ageing: renew_at.is_some_and(|at| at <= now) })
    }
}

/// Tells requests for a token apart. What a person agreed to stays theirs whatever scope is written down now.
fn asked_with(request: &TokenRequest) -> String {
    let TokenRequest { token_url, client_id, client_secret, .. } = request;
    let mut parts = vec![token_url.as_str(), client_id.as_str(), client_secret.expose()];
    if request.authorization_url.is_none() {
        parts.push(&request.scope);
        parts.extend(request.params.iter().flat_map(|(name, value)| [name.as_str(), value.expose()]));
    }
    let digest = Sha256::digest(serde_json::Value::from(parts).to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a token's server gave.
#[derive(Debug)]
pub(crate) struct Granted {
    access: SecretText,
    /// Another one than before, where the server gives a new one.
    refresh: Option<SecretText>,
    expires_in: Option<Duration>,
}

impl Granted {
    pub(crate) fn fetched(self, request: &TokenRequest, now: Timestamp) -> Fetched {
        let seconds = self.expires_in.map(|life| life.as_secs());
        let after = |seconds: u64| {
            let life = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
            now.checked_add(life).unwrap_or(Timestamp::MAX)
        };
        let renew_at = seconds.map(|life| after(life.saturating_sub(RENEW_BEFORE_SECONDS.min(life / 5))));
        let mut secrets = BTreeMap::new();
        secrets.insert(ACCESS.to_owned(), Some(self.access));
        secrets.insert(ASKED_WITH.to_owned(), Some(SecretText::new(asked_with(request))));
        secrets.insert(RENEW_AT.to_owned(), renew_at.map(|at| SecretText::new(at.to_string())));
        if let Some(refresh) = self.refresh {
            secrets.insert(REFRESH.to_owned(), Some(refresh));
        }
        Fetched { secrets, expires_at: seconds.map(after), now }
    }
}
