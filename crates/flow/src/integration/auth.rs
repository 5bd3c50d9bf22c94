//! How a connection shows who it is: templates over `conn` and `secret`, rendered at the last moment.

mod reader;

use serde_json::Value;

use super::draft::{ApiKeyPlace, ClientAuth, ExpiredDraft, IntegrationAuthDraft, TlsDraft};
use crate::draft::Text;
use crate::expression::Expression;
use crate::outcome_key::{OutcomeKey, OutcomeMatch};
use crate::problem::{FieldPath, Problem};
use crate::request::{RenderedAuth, SecretText};
use crate::scope::{Roots, Scope};
use crate::step::MASK;
use crate::template::Template;
use reader::Reader;

/// `auth` and `tls` of an integration or a connection, compiled.
#[derive(Debug)]
pub struct IntegrationAuth {
    kind: Kind,
    tls: [Option<Field>; 3],
    expired: Expired,
}

#[derive(Debug)]
enum Kind {
    None,
    ApiKey { place: ApiKeyPlace, name: String, value: Field },
    Basic { username: Field, password: Field },
    Bearer(Field),
    Headers(Vec<(String, Field)>),
    Token(Box<TokenFields>),
    AwsSigV4(Box<[Field; 5]>),
    StandardWebhooks(Field),
}

#[derive(Debug)]
struct TokenFields {
    /// Only where a person agrees in a browser.
    authorization_url: Option<Field>,
    token_url: Field,
    client_id: Field,
    client_secret: Field,
    scope: Field,
    client_auth: ClientAuth,
    params: Vec<(String, Field)>,
}

/// One text of `auth`.
#[derive(Debug)]
struct Field {
    template: Template,
    at: FieldPath,
}

/// What `auth` comes to for one connection.
#[derive(Debug)]
pub enum WayIn {
    /// Ready for use.
    Ready(RenderedAuth),
    /// A token must be had first: it then goes as a bearer.
    Token(Box<TokenRequest>),
}

/// What a token is asked for with (RFC 6749).
#[derive(Debug)]
pub struct TokenRequest {
    /// Where a person agrees to it in a browser; none with client credentials.
    pub authorization_url: Option<String>,
    pub token_url: String,
    pub client_id: String,
    pub client_secret: SecretText,
    /// With spaces between; empty for what the server gives by itself.
    pub scope: String,
    pub client_auth: ClientAuth,
    pub params: Vec<(String, SecretText)>,
}

/// Certificates in PEM.
#[derive(Clone, Debug, Default)]
pub struct TlsTexts {
    pub ca: Option<SecretText>,
    pub client_certificate: Option<SecretText>,
    pub client_key: Option<SecretText>,
}

impl TlsTexts {
    pub fn is_empty(&self) -> bool {
        self.ca.is_none() && self.client_certificate.is_none() && self.client_key.is_none()
    }
}

/// By what an answer tells that a token is not valid any more.
#[derive(Debug)]
pub struct Expired {
    statuses: Vec<OutcomeMatch>,
    when: Option<Expression>,
}

impl Default for Expired {
    fn default() -> Self {
        Self { statuses: vec![OutcomeMatch::One(OutcomeKey::Status(401))], when: None }
    }
}

impl Expired {
    fn compile(draft: Option<&ExpiredDraft>, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let Some(draft) = draft else { return Some(Self::default()) };
        let before = problems.len();
        let mut statuses = Vec::new();
        for text in &draft.status.0 {
            match OutcomeMatch::parse(text) {
                Ok(status) => statuses.push(status),
                Err(_) => problems.push(Problem::error(
                    "outcome-key",
                    at.key("status"),
                    format!("`{text}` is not a status"),
                    "Write a number, as 401, or a class, as 4xx.",
                )),
            }
        }
        let when = match &draft.when {
            None => None,
            Some(source) => match Expression::compile(source, Roots::EXPIRED) {
                Ok(when) => Some(when),
                Err(error) => {
                    problems.push(error.into_problem(source, at.key("when")));
                    None
                }
            },
        };
        (problems.len() == before).then_some(Self { statuses, when })
    }

    /// Whether an answer says so. `response` is `{status, headers, body}`.
    pub fn says(&self, status: u16, response: &Value) -> bool {
        let outcome = OutcomeKey::Status(status);
        let scope = Scope { response: Some(response), ..Scope::default() };
        self.statuses.iter().any(|known| known.matches(outcome))
            || self.when.as_ref().is_some_and(|when| when.holds(&scope).unwrap_or(false))
    }

    /// Whether the body must be read to know.
    pub fn reads_body(&self) -> bool {
        self.when.is_some()
    }
}

impl IntegrationAuth {
    /// Reads `auth` and `tls`; what is wrong with them goes to `problems`.
    pub fn compile(
        auth: Option<&IntegrationAuthDraft>,
        tls: Option<&TlsDraft>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let before = problems.len();
        let (auth_at, tls_at) = (at.key("auth"), at.key("tls"));
        let mut reader = Reader { problems, at: auth_at.clone() };
        let kind = reader.kind(auth);
        reader.at = tls_at;
        let tls = tls.map(|tls| {
            let mut field = |key, text: &Option<String>| {
                text.as_ref().and_then(|text| reader.field(key, &Text(text.clone())))
            };
            [
                field("ca", &tls.ca),
                field("clientCertificate", &tls.client_certificate),
                field("clientKey", &tls.client_key),
            ]
        });
        let rule = match auth {
            Some(
                IntegrationAuthDraft::OAuth2ClientCredentials { expired, .. }
                | IntegrationAuthDraft::OAuth2AuthorizationCode { expired, .. },
            ) => expired.as_ref(),
            _ => None,
        };
        let expired = Expired::compile(rule, &auth_at.key("expired"), problems);
        let (kind, expired) = (kind?, expired?);
        (problems.len() == before).then(|| Self { kind, tls: tls.unwrap_or_default(), expired })
    }

    /// Whether it shows nothing.
    pub fn is_none(&self) -> bool {
        matches!(self.kind, Kind::None) && self.tls.iter().all(Option::is_none)
    }

    /// The rule by which a token counts as expired, where there are tokens.
    pub fn expired(&self) -> Option<&Expired> {
        matches!(self.kind, Kind::Token(_)).then_some(&self.expired)
    }

    /// Where a password, token or key is written out, for everyone who reads the document.
    pub(super) fn literals(&self) -> Vec<&FieldPath> {
        let secrets: Vec<&Field> = match &self.kind {
            Kind::None | Kind::Headers(_) => Vec::new(),
            Kind::ApiKey { value, .. } | Kind::Bearer(value) | Kind::StandardWebhooks(value) => vec![value],
            Kind::Basic { password, .. } => vec![password],
            Kind::Token(token) => vec![&token.client_secret],
            Kind::AwsSigV4(fields) => vec![&fields[1], &fields[2]],
        };
        let written = |field: &&Field| field.template.literal().is_some_and(|text| !text.is_empty());
        secrets.into_iter().filter(written).map(|field| &field.at).collect()
    }

    /// The names of the secrets that it reads.
    pub fn secrets(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.fields().into_iter().flat_map(Field::secrets).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Where its tokens come from, where it has any.
    pub(super) fn token_url(&self, conn: &Value) -> Option<Result<String, String>> {
        let Kind::Token(token) = &self.kind else { return None };
        Some(token.token_url.fill(&Scope { conn: Some(conn), ..Scope::default() }))
    }

    fn fields(&self) -> Vec<&Field> {
        let mut fields: Vec<&Field> = match &self.kind {
            Kind::None => Vec::new(),
            Kind::ApiKey { value, .. } | Kind::Bearer(value) | Kind::StandardWebhooks(value) => vec![value],
            Kind::Basic { username, password } => vec![username, password],
            Kind::Headers(rows) => rows.iter().map(|(_, field)| field).collect(),
            Kind::Token(token) => token.fields(),
            Kind::AwsSigV4(fields) => fields.iter().collect(),
        };
        fields.extend(self.tls.iter().flatten());
        fields
    }

    /// What a record shows of it: which headers and parameters it sets, and none of their values.
    pub fn shown(&self) -> RenderedAuth {
        let masked = || SecretText::new(MASK);
        match &self.kind {
            Kind::None => RenderedAuth::None,
            Kind::ApiKey { place: ApiKeyPlace::Header, name, .. } => {
                RenderedAuth::Header { name: name.clone(), value: masked() }
            }
            Kind::ApiKey { place: ApiKeyPlace::Query, name, .. } => {
                RenderedAuth::Query { name: name.clone(), value: masked() }
            }
            Kind::Basic { .. } => RenderedAuth::Basic { username: masked(), password: masked() },
            Kind::Bearer(_) | Kind::Token(_) => RenderedAuth::Bearer { token: masked() },
            Kind::Headers(rows) => {
                RenderedAuth::Headers(rows.iter().map(|(name, _)| (name.clone(), masked())).collect())
            }
            Kind::AwsSigV4(_) => RenderedAuth::AwsSigV4 {
                access_key_id: masked(),
                secret_access_key: masked(),
                session_token: None,
                region: String::new(),
                service: String::new(),
            },
            Kind::StandardWebhooks(_) => {
                RenderedAuth::StandardWebhooks { id: String::new(), secret: masked() }
            }
        }
    }

    /// What a call shows. `conn` and `secrets` are objects; `message_id` stays the same over a call's attempts.
    ///
    /// # Errors
    /// What is missing or cannot be sent, in words that show no secret.
    pub fn render(&self, conn: &Value, secrets: &Value, message_id: &str) -> Result<WayIn, String> {
        let scope = Scope { conn: Some(conn), secret: Some(secrets), ..Scope::default() };
        let text = |field: &Field| field.fill(&scope);
        let secret = |field: &Field| field.fill(&scope).map(SecretText::new);
        Ok(WayIn::Ready(match &self.kind {
            Kind::None => RenderedAuth::None,
            Kind::ApiKey { place: ApiKeyPlace::Header, name, value } => {
                RenderedAuth::Header { name: name.clone(), value: value.in_header(&scope)? }
            }
            Kind::ApiKey { place: ApiKeyPlace::Query, name, value } => {
                RenderedAuth::Query { name: name.clone(), value: secret(value)? }
            }
            Kind::Basic { username, password } => {
                let name = text(username)?;
                if name.contains(':') {
                    return Err(format!("{}: a user name with `:` cannot be sent", username.at));
                }
                RenderedAuth::Basic { username: SecretText::new(name), password: secret(password)? }
            }
            Kind::Bearer(token) => RenderedAuth::Bearer { token: token.in_header(&scope)? },
            Kind::Headers(rows) => {
                let row = |(name, field): &(String, Field)| Ok((name.clone(), field.in_header(&scope)?));
                RenderedAuth::Headers(rows.iter().map(row).collect::<Result<_, String>>()?)
            }
            Kind::Token(token) => return token.render(&scope).map(|token| WayIn::Token(Box::new(token))),
            Kind::AwsSigV4(fields) => {
                let [id, key, session, region, service] = &**fields;
                let session = text(session)?;
                RenderedAuth::AwsSigV4 {
                    access_key_id: id.in_header(&scope)?,
                    secret_access_key: secret(key)?,
                    session_token: (!session.is_empty()).then(|| SecretText::new(session)),
                    region: text(region)?,
                    service: text(service)?,
                }
            }
            Kind::StandardWebhooks(key) => {
                RenderedAuth::StandardWebhooks { id: message_id.to_owned(), secret: secret(key)? }
            }
        }))
    }

    /// The certificates of a call.
    pub fn render_tls(&self, conn: &Value, secrets: &Value) -> Result<TlsTexts, String> {
        let scope = Scope { conn: Some(conn), secret: Some(secrets), ..Scope::default() };
        let text = |field: &Option<Field>| {
            let text = field.as_ref().map(|field| field.fill(&scope)).transpose()?;
            Ok::<_, String>(text.filter(|text| !text.trim().is_empty()).map(SecretText::new))
        };
        let [ca, client_certificate, client_key] = &self.tls;
        Ok(TlsTexts {
            ca: text(ca)?,
            client_certificate: text(client_certificate)?,
            client_key: text(client_key)?,
        })
    }
}

impl TokenFields {
    fn fields(&self) -> Vec<&Field> {
        let Self { authorization_url, token_url, client_id, client_secret, scope, params, .. } = self;
        let own = [token_url, client_id, client_secret, scope].into_iter();
        own.chain(authorization_url).chain(params.iter().map(|(_, field)| field)).collect()
    }

    fn render(&self, scope: &Scope<'_>) -> Result<TokenRequest, String> {
        let params =
            self.params.iter().map(|(name, field)| Ok((name.clone(), SecretText::new(field.fill(scope)?))));
        Ok(TokenRequest {
            authorization_url: self.authorization_url.as_ref().map(|url| url.fill(scope)).transpose()?,
            token_url: self.token_url.fill(scope)?,
            client_id: self.client_id.fill(scope)?,
            client_secret: SecretText::new(self.client_secret.fill(scope)?),
            scope: self.scope.fill(scope)?,
            client_auth: self.client_auth,
            params: params.collect::<Result<_, String>>()?,
        })
    }
}

impl Field {
    fn secrets(&self) -> Vec<&str> {
        let reads = self.template.holes().flat_map(Expression::reads);
        reads.filter(|read| read.root == crate::scope::SECRET).filter_map(|read| read.first_key()).collect()
    }

    /// The text. What it reads must be there.
    fn fill(&self, scope: &Scope<'_>) -> Result<String, String> {
        for hole in self.template.holes().filter(|hole| !hole.is_guarded()) {
            let there = hole.eval(scope).map_err(|error| format!("{}: {}", self.at, error.message))?;
            if there.is_none_or(|value| value.is_null()) {
                return Err(format!("{}: `{}` is not set", self.at, hole.source()));
            }
        }
        self.template.render_plain(scope).map_err(|error| format!("{}: {}", self.at, error.message))
    }

    /// The text as it can stand in a header.
    fn in_header(&self, scope: &Scope<'_>) -> Result<SecretText, String> {
        let text = self.fill(scope)?;
        if text.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return Err(format!("{}: it holds a line break or control character", self.at));
        }
        if text.trim() != text || text.is_empty() {
            return Err(format!("{}: it is empty, or begins or ends with white space", self.at));
        }
        Ok(SecretText::new(text))
    }
}
