//! How `auth` is read from what an author wrote.

use super::{Field, Kind, TokenFields};
use crate::draft::{RowDraft, Text};
use crate::integration::draft::{ApiKeyPlace, IntegrationAuthDraft};
use crate::problem::{FieldPath, Problem};
use crate::scope::Roots;
use crate::template::Template;

/// Reads the fields of `auth`.
pub(super) struct Reader<'p> {
    pub(super) problems: &'p mut Vec<Problem>,
    pub(super) at: FieldPath,
}

impl Reader<'_> {
    pub(super) fn field(&mut self, key: &str, text: &Text) -> Option<Field> {
        let at = self.at.key(key);
        let template = Template::compile(text.as_str(), Roots::AUTH, &at, self.problems)?;
        Some(Field { template, at })
    }

    fn rows(&mut self, key: &str, rows: &[RowDraft]) -> Option<Vec<(String, Field)>> {
        let mut fields = Vec::new();
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.enabled) {
            let at = self.at.key(key).index(index).key("value");
            let template = Template::compile(row.value.as_str(), Roots::AUTH, &at, self.problems)?;
            fields.push((row.name.clone(), Field { template, at }));
        }
        Some(fields)
    }

    pub(super) fn kind(&mut self, auth: Option<&IntegrationAuthDraft>) -> Option<Kind> {
        Some(match auth {
            None | Some(IntegrationAuthDraft::None {}) => Kind::None,
            Some(IntegrationAuthDraft::ApiKey { place, name, value }) => {
                if *place == ApiKeyPlace::Header {
                    self.name(name)?;
                }
                Kind::ApiKey { place: *place, name: name.clone(), value: self.field("value", value)? }
            }
            Some(IntegrationAuthDraft::Basic { username, password }) => Kind::Basic {
                username: self.field("username", username)?,
                password: self.field("password", password)?,
            },
            Some(IntegrationAuthDraft::Bearer { token }) => Kind::Bearer(self.field("token", token)?),
            Some(IntegrationAuthDraft::Headers { headers }) => {
                for row in headers {
                    self.name(&row.name)?;
                }
                Kind::Headers(self.rows("headers", headers)?)
            }
            Some(
                token @ (IntegrationAuthDraft::OAuth2ClientCredentials { .. }
                | IntegrationAuthDraft::OAuth2AuthorizationCode { .. }),
            ) => Kind::Token(Box::new(self.token(token)?)),
            Some(IntegrationAuthDraft::AwsSigV4 {
                access_key_id,
                secret_access_key,
                session_token,
                region,
                service,
            }) => Kind::AwsSigV4(Box::new([
                self.field("accessKeyId", access_key_id)?,
                self.field("secretAccessKey", secret_access_key)?,
                self.field("sessionToken", session_token)?,
                self.field("region", region)?,
                self.field("service", service)?,
            ])),
            Some(IntegrationAuthDraft::StandardWebhooks { secret }) => {
                Kind::StandardWebhooks(self.field("secret", secret)?)
            }
        })
    }

    /// What the two kinds of OAuth have alike, and where a person agrees in the one of them.
    fn token(&mut self, auth: &IntegrationAuthDraft) -> Option<TokenFields> {
        use IntegrationAuthDraft::{OAuth2AuthorizationCode, OAuth2ClientCredentials};
        let authorization_url = match auth {
            OAuth2AuthorizationCode { authorization_url, .. } => {
                Some(self.field("authorizationUrl", authorization_url)?)
            }
            _ => None,
        };
        let (OAuth2ClientCredentials {
            token_url, client_id, client_secret, scope, client_auth, params, ..
        }
        | OAuth2AuthorizationCode {
            token_url, client_id, client_secret, scope, client_auth, params, ..
        }) = auth
        else {
            return None;
        };
        Some(TokenFields {
            authorization_url,
            token_url: self.field("tokenUrl", token_url)?,
            client_id: self.field("clientId", client_id)?,
            client_secret: self.field("clientSecret", client_secret)?,
            scope: self.field("scope", scope)?,
            client_auth: *client_auth,
            params: self.rows("params", params)?,
        })
    }

    /// Whether a header may have this name.
    fn name(&mut self, name: &str) -> Option<()> {
        crate::render::check_header_name(name, &self.at.key("name"), self.problems).then_some(())
    }
}
