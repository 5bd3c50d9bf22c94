//! What `auth` renders to: kept apart from the request, and a secret from then on.

use super::slot::{Filled, IN_AUTH, Slot};
use super::{Compiler, Renderer, headers};
use crate::node::api_call::draft::AuthDraft;
use crate::problem::FieldPath;
use crate::request::{RenderedAuth, SecretText};

/// The longest credential, in bytes: a bound on memory, far beyond what servers take.
pub(super) const CREDENTIAL_BYTES_MAX: usize = 256 * 1024;

#[derive(Debug)]
pub(super) enum AuthTemplate {
    None,
    Basic { username: Slot, password: Slot },
    Bearer { token: Slot },
    Header { name: String, value: Slot },
}

impl AuthTemplate {
    pub(super) fn compile(
        draft: Option<&AuthDraft>,
        at: &FieldPath,
        compiler: &mut Compiler<'_>,
    ) -> Option<Self> {
        Some(match draft {
            None | Some(AuthDraft::None {}) => Self::None,
            Some(AuthDraft::Basic { username, password }) => {
                let username = slot(username.as_str(), false, &at.key("username"), compiler);
                let password = slot(password.as_str(), true, &at.key("password"), compiler);
                Self::Basic { username: username?, password: password? }
            }
            Some(AuthDraft::Bearer { token }) => {
                Self::Bearer { token: slot(token.as_str(), true, &at.key("token"), compiler)? }
            }
            Some(AuthDraft::Header { name, value }) => {
                let named = headers::check_name(name, &at.key("name"), compiler);
                let value = slot(value.as_str(), true, &at.key("value"), compiler);
                if !named {
                    return None;
                }
                Self::Header { name: name.clone(), value: value? }
            }
        })
    }

    pub(super) fn render(&self, renderer: &mut Renderer<'_>) -> Option<RenderedAuth> {
        Some(match self {
            Self::None => RenderedAuth::None,
            Self::Basic { username, password } => {
                let name = credential(username, false, renderer);
                let password = credential(password, false, renderer);
                let name = name?;
                if name.contains(':') {
                    let message = "a user name with `:` cannot be sent: the password would begin there";
                    renderer.invalid(&username.at, "credential-invalid", message);
                    return None;
                }
                RenderedAuth::Basic { username: SecretText::new(name), password: SecretText::new(password?) }
            }
            Self::Bearer { token } => {
                RenderedAuth::Bearer { token: SecretText::new(credential(token, true, renderer)?) }
            }
            Self::Header { name, value } => RenderedAuth::Header {
                name: name.clone(),
                value: SecretText::new(credential(value, true, renderer)?),
            },
        })
    }
}

/// A field of `auth`; where it is a secret written out, that is told.
fn slot(text: &str, secret: bool, at: &FieldPath, compiler: &mut Compiler<'_>) -> Option<Slot> {
    let slot = Slot::compile(text, false, at, compiler)?;
    if secret && slot.template.literal().is_some_and(|text| !text.is_empty()) {
        compiler.warning(
            "literal-credential",
            at,
            "a credential is written into the flow, where everyone who reads it sees it",
            "Keep it in a connection, or pass it in with the event.",
        );
    }
    Some(slot)
}

/// A credential that can stand in a header; with `in_header` as it is, else within base64.
fn credential(slot: &Slot, in_header: bool, renderer: &mut Renderer<'_>) -> Option<String> {
    let Filled::Value(text) = slot.fill_plain(&IN_AUTH, renderer) else { return None };
    let control = text.chars().find(|c| c.is_ascii_control() && !(in_header && *c == '\t'));
    let why = if let Some(c) = control {
        format!("a credential cannot hold U+{:04X}", u32::from(c))
    } else if in_header && (text.starts_with([' ', '\t']) || text.ends_with([' ', '\t'])) {
        "a credential cannot begin or end with white space: it would be cut off".to_owned()
    } else {
        return Some(text);
    };
    // The message shows nothing of the value.
    renderer.invalid(&slot.at, "credential-invalid", why);
    None
}
