//! The grants of OAuth 2.0: client credentials, and an authorization code with PKCE whose token is refreshed.

use std::sync::Arc;

use callout_flow::id::OrgId;
use callout_flow::integration::TokenRequest;
use callout_flow::integration::draft::ClientAuth;
use callout_flow::request::SecretText;
use callout_outbound::{Owner, Scrubber};
use callout_store::{Fetched, OpenConnection, StoreError};
use jiff::{SignedDuration, Timestamp};
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, TokenResponse,
    TokenUrl,
};

use super::wire::{NoAnswer, Wire};
use super::{Flight, Granted, REFRESH};
use crate::connection::{NoCredential, allowed_hosts};
use crate::engine::Engine;

const STATE: &str = "oauth.state";
const VERIFIER: &str = "oauth.verifier";
const REDIRECT: &str = "oauth.redirect_uri";
const BEGUN_AT: &str = "oauth.begun_at";

/// How long a person has to agree in the browser.
const AUTHORIZE_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// The longest text of a token's server that is told.
const TOLD_CHARS_MAX: usize = 300;

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
type Failed = RequestTokenError<NoAnswer, BasicErrorResponse>;

/// Where a person agrees that a connection acts for them.
#[derive(Debug)]
pub struct Authorization {
    /// To be opened in a browser.
    pub url: String,
    /// Comes back with the code, and is shown again with it.
    pub state: String,
}

/// Why a connection cannot be authorised.
#[derive(Debug)]
pub enum OauthError {
    Store(StoreError),
    /// What it lacks, or why the code is not taken.
    Refused(String),
    /// The token's server could not be asked.
    Unavailable(String),
}

impl From<StoreError> for OauthError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoCredential> for OauthError {
    fn from(error: NoCredential) -> Self {
        match error {
            NoCredential::Unavailable(why) | NoCredential::Late(why) => Self::Unavailable(why),
            NoCredential::Unusable(why) => Self::Refused(why),
            NoCredential::Blocked(refusal) => Self::Refused(refusal.message),
        }
    }
}

impl Engine {
    pub(super) async fn client_credentials(
        &self,
        org: &OrgId,
        open: &OpenConnection,
        request: &TokenRequest,
    ) -> Result<Granted, NoCredential> {
        let wire = self.wire(org, open, request).await?;
        let client = client(open, request)?;
        let mut asked = client.exchange_client_credentials().add_scopes(scopes(request));
        for (name, value) in &request.params {
            asked = asked.add_extra_param(name.clone(), value.expose());
        }
        let answer = asked.request_async(&wire).await;
        // RFC 6749, 4.4.3: no refresh token is wanted here.
        answer
            .map(|token| Granted { refresh: None, ..granted(&token) })
            .map_err(|error| told(open, &wire, error))
    }

    pub(super) async fn refresh(
        &self,
        org: &OrgId,
        open: &OpenConnection,
        request: &TokenRequest,
        refresh: &SecretText,
    ) -> Result<Granted, NoCredential> {
        let mut wire = self.wire(org, open, request).await?;
        wire.secrets.push(refresh.clone());
        let client = client(open, request)?;
        let refresh = RefreshToken::new(refresh.expose().to_owned());
        let answer = client.exchange_refresh_token(&refresh).request_async(&wire).await;
        answer.map(|token| granted(&token)).map_err(|error| match told(open, &wire, error) {
            NoCredential::Unusable(why) => {
                NoCredential::Unusable(format!("{why}. Where that does not mend itself, authorise it anew."))
            }
            other => other,
        })
    }

    /// Begins: the address at which a person agrees. What belongs to it is kept sealed with the connection.
    pub async fn authorize(
        &self,
        org: &OrgId,
        id: &str,
        redirect_uri: &str,
    ) -> Result<Authorization, OauthError> {
        let (open, request) = self.authorizing(org, id).await?;
        let unusable = |what: &str, error: url::ParseError| {
            OauthError::Refused(format!("the {what} of the connection `{id}` is not a URL: {error}"))
        };
        let authorization_url = request.authorization_url.clone().unwrap_or_default();
        let at = AuthUrl::new(authorization_url).map_err(|error| unusable("authorization URL", error))?;
        let back =
            RedirectUrl::new(redirect_uri.to_owned()).map_err(|error| unusable("redirect URI", error))?;
        let client = client(&open, &request)?.set_auth_uri(at).set_redirect_uri(back);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = || CsrfToken::new(format!("{id}.{}", CsrfToken::new_random().secret()));
        let mut asked =
            client.authorize_url(state).add_scopes(scopes(&request)).set_pkce_challenge(challenge);
        for (name, value) in &request.params {
            asked = asked.add_extra_param(name.clone(), value.expose());
        }
        let (url, state) = asked.url();
        let now = self.now();
        let kept = [
            (STATE, state.secret().clone()),
            (VERIFIER, verifier.secret().clone()),
            (REDIRECT, redirect_uri.to_owned()),
            (BEGUN_AT, now.to_string()),
        ];
        let secrets = kept.map(|(field, text)| (field.to_owned(), Some(SecretText::new(text)))).into();
        let fetched = Fetched { secrets, expires_at: open.token_expires_at, now };
        self.inner.store.put_fetched(org, &open, &fetched).await?;
        Ok(Authorization { url: url.into(), state: state.into_secret() })
    }

    /// Ends: the code that came back becomes the connection's token.
    pub async fn authorized(&self, org: &OrgId, id: &str, state: &str, code: &str) -> Result<(), OauthError> {
        // Nothing may be refreshed meanwhile, nor may the code, which is good for one use, be lost with its caller.
        let mut flight = self.inner.tokens.flight(org, id).lock_owned().await;
        let (engine, org, id) = (self.clone(), org.clone(), id.to_owned());
        let (state, code) = (state.to_owned(), SecretText::new(code));
        let task = tokio::spawn(async move { engine.exchange(&org, &id, &state, code, &mut flight).await });
        task.await
            .unwrap_or_else(|_| Err(OauthError::Unavailable("the code's exchange broke off".to_owned())))
    }

    async fn exchange(
        &self,
        org: &OrgId,
        id: &str,
        state: &str,
        code: SecretText,
        flight: &mut Flight,
    ) -> Result<(), OauthError> {
        self.keep(org, flight).await?;
        let (open, request) = self.authorizing(org, id).await?;
        let kept = |field: &str| open.secrets.get(field).map(SecretText::expose);
        let (Some(verifier), Some(redirect_uri)) = (kept(VERIFIER), kept(REDIRECT)) else {
            return Err(refused("nothing is under way for it; begin anew"));
        };
        let begun_at = kept(BEGUN_AT).and_then(|at| at.parse::<Timestamp>().ok());
        let in_time = begun_at.is_some_and(|at| self.now().duration_since(at) < AUTHORIZE_WITHIN);
        if kept(STATE) != Some(state) || !in_time {
            return Err(refused(
                "this answer belongs to no authorization of the last ten minutes; begin anew",
            ));
        }
        let back = RedirectUrl::new(redirect_uri.to_owned()).map_err(|error| refused(&error.to_string()))?;
        let mut wire = self.wire(org, &open, &request).await?;
        wire.secrets.extend([code.clone(), SecretText::new(verifier)]);
        let client = client(&open, &request)?.set_redirect_uri(back);
        let code = AuthorizationCode::new(code.expose().to_owned());
        let asked = client.exchange_code(code).set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        let answer = asked.request_async(&wire).await;
        let token = answer.map_err(|error| told(&open, &wire, error))?;
        let mut fetched = granted(&token).fetched(&request, self.now());
        // What an earlier consent gave is over with this one.
        fetched.secrets.entry(REFRESH.to_owned()).or_default();
        fetched.secrets.extend([STATE, VERIFIER, REDIRECT, BEGUN_AT].map(|field| (field.to_owned(), None)));
        flight.failed = None;
        flight.unsaved = Some((open, fetched));
        match self.keep(org, flight).await? {
            true => Ok(()),
            false => Err(refused("the connection was changed meanwhile; begin anew")),
        }
    }

    /// A connection whose kind of `auth` needs a person's consent.
    async fn authorizing(
        &self,
        org: &OrgId,
        id: &str,
    ) -> Result<(Arc<OpenConnection>, Box<TokenRequest>), OauthError> {
        let open = self.inner.store.open_connection(org, id).await?.ok_or(StoreError::NotFound)?;
        let request = self.token_request(org, &open).await?;
        match request {
            Some(request) if request.authorization_url.is_some() => Ok((open, request)),
            _ => Err(refused("its `auth` is of a kind that nobody agrees to in a browser")),
        }
    }

    async fn wire(
        &self,
        org: &OrgId,
        open: &OpenConnection,
        request: &TokenRequest,
    ) -> Result<Wire, NoCredential> {
        let unusable = |why| NoCredential::Unusable(format!("the connection `{}`: {why}", open.id));
        let own = self.owner(org).await.map_err(|why| NoCredential::Unavailable(why.failure().message))?;
        let mut secrets = vec![request.client_secret.clone()];
        secrets.extend(request.params.iter().map(|(_, value)| value.clone()));
        Ok(Wire {
            engine: self.clone(),
            // Slots of its own, by a name that no connection can have: a fetch that hangs takes none of those of calls.
            owner: Owner { connection: Some(format!("{}/token", open.id)), ..own },
            hosts: allowed_hosts(open).map_err(unusable)?,
            secrets,
        })
    }
}

fn refused(why: &str) -> OauthError {
    OauthError::Refused(why.to_owned())
}

fn client(open: &OpenConnection, request: &TokenRequest) -> Result<Client, NoCredential> {
    let token_url = TokenUrl::new(request.token_url.clone()).map_err(|error| {
        NoCredential::Unusable(format!("the token URL of the connection `{}` is not a URL: {error}", open.id))
    })?;
    let mut client = BasicClient::new(ClientId::new(request.client_id.clone()));
    if !request.client_secret.expose().is_empty() {
        client = client.set_client_secret(ClientSecret::new(request.client_secret.expose().to_owned()));
    }
    let shown = match request.client_auth {
        ClientAuth::Basic => AuthType::BasicAuth,
        ClientAuth::Body => AuthType::RequestBody,
    };
    Ok(client.set_auth_type(shown).set_token_uri(token_url))
}

fn scopes(request: &TokenRequest) -> impl Iterator<Item = Scope> {
    request.scope.split_whitespace().map(|scope| Scope::new(scope.to_owned()))
}

fn granted(token: &BasicTokenResponse) -> Granted {
    Granted {
        access: SecretText::new(token.access_token().secret().clone()),
        refresh: token.refresh_token().map(|refresh| SecretText::new(refresh.secret().clone())),
        expires_in: token.expires_in(),
    }
}

/// In words, without secrets.
fn told(open: &OpenConnection, wire: &Wire, error: Failed) -> NoCredential {
    let of = |why: String| format!("no token for the connection `{}`: {why}", open.id);
    match error {
        RequestTokenError::Request(NoAnswer::Refused(refusal)) => {
            NoCredential::Blocked(callout_flow::outcome::Refusal { message: of(refusal.message), ..refusal })
        }
        RequestTokenError::Request(error @ (NoAnswer::Failed(_) | NoAnswer::Busy(_))) => {
            NoCredential::Unavailable(of(format!("its server cannot be asked: {error}")))
        }
        RequestTokenError::Request(error @ NoAnswer::Odd(_)) => NoCredential::Unusable(of(error.to_string())),
        RequestTokenError::ServerResponse(said) => {
            let mut scrubber = Scrubber::new();
            wire.secrets.iter().for_each(|secret| scrubber.add(secret.expose()));
            // Before it is cut: half a secret is not known for one.
            let said = scrubber.mask(&said.to_string()).chars().take(TOLD_CHARS_MAX).collect::<String>();
            NoCredential::Unusable(of(format!("its server refused: {said}")))
        }
        RequestTokenError::Parse(error, _) => {
            let at = error.path().to_string();
            let at =
                if at == "." { "it lacks a field of RFC 6749, 5.1".to_owned() } else { format!("`{at}`") };
            NoCredential::Unusable(of(format!("its server's answer cannot be read: {at}")))
        }
        RequestTokenError::Other(why) => NoCredential::Unusable(of(why)),
    }
}
