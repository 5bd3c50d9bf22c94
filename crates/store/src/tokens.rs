//! API tokens: kept by their hash, shown once.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::{Store, StoreError};

/// What a caller may do; each may what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Viewer,
    Operator,
    Editor,
    Admin,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// For people; unique in the org among tokens that are not revoked.
    pub name: String,
    pub role: Role,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// `tok_` and hex.
    pub id: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// Whose a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenOwner {
    pub org: OrgId,
    pub token: Token,
}

impl Store {
    pub async fn add_token(&self, org: &OrgId, new: &NewToken) -> Result<Token, StoreError> {
        let _ = (org, new);
        unimplemented!()
    }

    /// Those that are not revoked, oldest first.
    pub async fn tokens(&self, org: &OrgId) -> Result<Vec<Token>, StoreError> {
        let _ = org;
        unimplemented!()
    }

    pub async fn revoke_token(&self, org: &OrgId, id: &str) -> Result<(), StoreError> {
        let _ = (org, id);
        unimplemented!()
    }

    /// Who shows a token with this hash; the caller looks at the expiry. The one question that no org is asked with.
    pub async fn token_owner(&self, hash: &[u8; 32]) -> Result<Option<TokenOwner>, StoreError> {
        let _ = hash;
        unimplemented!()
    }
}
