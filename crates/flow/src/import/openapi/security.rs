//! Security schemes as the auth of an integration, with the fields that a connection fills in.

use serde_json::{Map, Value, json};

use super::names::{literal, shortened};
use super::refs::Document;
use super::servers::Base;
use crate::draft::{RowDraft, Text};
use crate::integration::draft::{ApiKeyPlace, ClientAuth, IntegrationAuthDraft};
use crate::request::is_framing_name;

/// How calls show who they are, and the fields for it.
#[derive(Debug, Default)]
pub(super) struct Security {
    pub auth: Option<IntegrationAuthDraft>,
    pub config: Map<String, Value>,
    pub secrets: Map<String, Value>,
    pub notes: Vec<String>,
    /// The names that the auth itself sends, with their places: parameters of that name are not inputs.
    pub sets: Vec<(String, &'static str)>,
    /// The scheme that the auth is of.
    scheme: Option<String>,
}

/// Takes the scheme that the document names first, else the one that most operations name.
pub(super) fn read(document: Document<'_>, operations: &[&Value], base: &Base) -> Security {
    let schemes = document.root.pointer("/components/securitySchemes").and_then(Value::as_object);
    let mut security = Security::default();
    let Some(schemes) = schemes.filter(|schemes| !schemes.is_empty()) else { return security };
    let wanted = wanted(document.root, operations, schemes);
    let mut tried: Vec<&str> = wanted.iter().map(String::as_str).collect();
    tried.extend(schemes.keys().map(String::as_str).filter(|name| !wanted.iter().any(|known| known == name)));
    for name in &tried {
        let Some(scheme) = schemes.get(*name) else { continue };
        match document.resolve(scheme).and_then(|scheme| security.take(scheme, base)) {
            Ok(()) => {
                security.scheme = Some((*name).to_owned());
                let others: Vec<&str> = tried.iter().copied().filter(|other| other != name).collect();
                if !others.is_empty() {
                    let others = shortened(&others.join(", "), 200);
                    security
                        .notes
                        .push(format!("auth is the scheme `{name}`; the document also has {others}"));
                }
                return security;
            }
            Err(why) => security.notes.push(format!("the security scheme `{name}` is left out: {why}")),
        }
    }
    security
}

/// The schemes that are asked for, in the order in which they should be tried.
fn wanted(root: &Value, operations: &[&Value], schemes: &Map<String, Value>) -> Vec<String> {
    let names = |requirements: &Value| -> Vec<String> {
        let listed = requirements.as_array().into_iter().flatten().filter_map(Value::as_object);
        listed.flat_map(|one| one.keys().cloned()).filter(|name| schemes.contains_key(name)).collect()
    };
    let mut wanted = root.get("security").map(names).unwrap_or_default();
    let mut counted: Vec<(String, usize)> = Vec::new();
    for name in operations.iter().filter_map(|operation| operation.get("security")).flat_map(names) {
        match counted.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counted.push((name, 1)),
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    wanted.extend(counted.into_iter().map(|(name, _)| name));
    let mut seen = Vec::new();
    wanted.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    wanted
}

impl Security {
    /// What is to be told of an operation that asks for another scheme than the integration's.
    pub(super) fn note_of(&self, root: &Value, operation: &Value) -> Option<String> {
        let asked = operation.get("security").or_else(|| root.get("security"))?.as_array()?;
        let ways: Vec<&Map<String, Value>> = asked.iter().filter_map(Value::as_object).collect();
        let own = self.scheme.as_deref();
        // One of the ways is enough; in one way all schemes are needed together.
        let serves = |way: &&Map<String, Value>| way.keys().all(|name| Some(name.as_str()) == own);
        if ways.is_empty() || ways.iter().any(serves) {
            return None;
        }
        let mut names: Vec<String> =
            ways.iter().map(|way| way.keys().cloned().collect::<Vec<_>>().join(" with ")).collect();
        names.dedup();
        Some(format!("it asks for the auth {}", shortened(&names.join(", or "), 200)))
    }

    fn secret(&mut self, name: &str, about: &str) -> Text {
        self.secrets.insert(name.to_owned(), json!({ "type": "string", "description": about }));
        Text(format!("{{{{ secret.{name} }}}}"))
    }

    fn field(&mut self, name: &str, about: &str) -> Text {
        self.config.insert(name.to_owned(), json!({ "type": "string", "description": about }));
        Text(format!("{{{{ conn.{name} }}}}"))
    }

    fn take(&mut self, scheme: &Value, base: &Base) -> Result<(), String> {
        let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
        self.auth = Some(match (text("type"), text("scheme").to_ascii_lowercase().as_str()) {
            ("apiKey", _) => self.api_key(text("in"), text("name"))?,
            ("http", "basic") => {
                self.sets.push(("Authorization".to_owned(), "header"));
                let username = self.field("username", "The user name.");
                IntegrationAuthDraft::Basic { username, password: self.secret("password", "The password.") }
            }
            ("http", "bearer") => self.bearer(),
            ("http", other) => {
                return Err(format!("the HTTP scheme `{}` is not known", shortened(other, 20)));
            }
            ("oauth2", _) => self.oauth2(scheme, base)?,
            ("openIdConnect", _) => {
                self.notes
                    .push("OpenID Connect comes in as a bearer token, which the connection gives".to_owned());
                self.bearer()
            }
            ("mutualTLS", _) => return Err("a client certificate is given as `tls`, by hand".to_owned()),
            (other, _) => return Err(format!("its type `{}` is not known", shortened(other, 20))),
        });
        Ok(())
    }

    fn bearer(&mut self) -> IntegrationAuthDraft {
        self.sets.push(("Authorization".to_owned(), "header"));
        IntegrationAuthDraft::Bearer { token: self.secret("token", "The bearer token.") }
    }

    fn api_key(&mut self, place: &str, name: &str) -> Result<IntegrationAuthDraft, String> {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let is_name = !name.is_empty() && name.bytes().all(is_token) && !is_framing_name(name);
        let name = name.to_owned();
        match place {
            "header" if is_name => {
                self.sets.push((name.clone(), "header"));
                let value = self.secret("apiKey", "The API key.");
                Ok(IntegrationAuthDraft::ApiKey { place: ApiKeyPlace::Header, name, value })
            }
            "query" if !name.is_empty() && !name.contains("{{") => {
                self.sets.push((name.clone(), "query"));
                let value = self.secret("apiKey", "The API key.");
                Ok(IntegrationAuthDraft::ApiKey { place: ApiKeyPlace::Query, name, value })
            }
            "cookie" if is_name => {
                self.sets.push((name.clone(), "cookie"));
                let value = self.secret("apiKey", "The value of the cookie.");
                let value = Text(format!("{name}={}", value.as_str()));
                let row = RowDraft { name: "Cookie".to_owned(), value, enabled: true, optional: false };
                Ok(IntegrationAuthDraft::Headers { headers: vec![row] })
            }
            _ => Err("its key has no place or no name that can be sent".to_owned()),
        }
    }

    fn oauth2(&mut self, scheme: &Value, base: &Base) -> Result<IntegrationAuthDraft, String> {
        let flow = |name: &str| scheme.get("flows").and_then(|flows| flows.get(name));
        let url = |flow: &Value, key: &str| {
            let text = flow.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.and_then(|text| base.absolute(text))
                .map(Text)
                .ok_or_else(|| format!("its `{key}` is not a URL"))
        };
        // By default nothing is asked for: which scopes a connection needs, its admin knows.
        let scope = |this: &mut Self, flow: &Value| {
            let scopes = flow.get("scopes").and_then(Value::as_object).into_iter().flatten();
            let names: Vec<&str> = scopes.map(|(name, _)| name.as_str()).collect();
            let about = format!("Scopes, with spaces between: {}", names.join(" "));
            this.config.insert(
                "scope".to_owned(),
                json!({ "type": "string", "default": "", "description": shortened(&about, 300) }),
            );
            Text("{{ conn.scope | default('') }}".to_owned())
        };
        self.sets.push(("Authorization".to_owned(), "header"));
        if let Some(found) = flow("clientCredentials") {
            let token_url = url(found, "tokenUrl")?;
            return Ok(IntegrationAuthDraft::OAuth2ClientCredentials {
                token_url,
                client_id: self.field("clientId", "The client's id."),
                client_secret: self.secret("clientSecret", "The client's secret."),
                scope: scope(self, found),
                client_auth: ClientAuth::Basic,
                params: Vec::new(),
                expired: None,
            });
        }
        if let Some(found) = flow("authorizationCode") {
            let (authorization_url, token_url) = (url(found, "authorizationUrl")?, url(found, "tokenUrl")?);
            return Ok(IntegrationAuthDraft::OAuth2AuthorizationCode {
                authorization_url,
                token_url,
                client_id: self.field("clientId", "The client's id."),
                client_secret: self.secret("clientSecret", "The client's secret."),
                scope: scope(self, found),
                client_auth: ClientAuth::Basic,
                params: Vec::new(),
                expired: None,
            });
        }
        let names = scheme.get("flows").and_then(Value::as_object).into_iter().flatten();
        let names: Vec<String> = names.map(|(name, _)| literal(name)).collect();
        if names.is_empty() {
            return Err("it has no flows".to_owned());
        }
        let names = shortened(&names.join(", "), 60);
        self.notes
            .push(format!("the OAuth flow {names} comes in as a bearer token, which the connection gives"));
        self.sets.clear();
        Ok(self.bearer())
    }
}
