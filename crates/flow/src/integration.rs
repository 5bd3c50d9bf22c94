//! A saved API: its document, its operations, and how a call of one is made.

pub mod auth;
pub mod check;
pub mod draft;
pub mod inputs;
pub mod known;

use std::sync::Arc;

pub use auth::{IntegrationAuth, TlsTexts, TokenRequest, WayIn};
pub use draft::{ConnectionDraft, IntegrationDraft, OperationDraft};
pub use known::{Connected, Known};

use crate::problem::{FieldPath, Problem};

/// A version of an integration, ready for flows that pin it.
#[derive(Debug)]
pub struct Integration {
    pub draft: IntegrationDraft,
    /// The published version; 0 for a draft or a file without one.
    pub version: u32,
    pub auth: IntegrationAuth,
}

impl Integration {
    /// An integration whose `auth` can be read. Its operations are read by the flows that call them.
    pub fn compile(draft: IntegrationDraft, version: u32, problems: &mut Vec<Problem>) -> Option<Arc<Self>> {
        let auth =
            IntegrationAuth::compile(draft.auth.as_ref(), draft.tls.as_ref(), &FieldPath::root(), problems)?;
        Some(Arc::new(Self { draft, version, auth }))
    }
}
