//! API tokens: kept by their hash, shown once.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::value::{Row, values};
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

/// What makes a `Token`, in its order.
const TOKEN: &str = "id, name, role, created_at, expires_at";

impl Role {
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Viewer => 0,
            Self::Operator => 1,
            Self::Editor => 2,
            Self::Admin => 3,
        }
    }

    pub(crate) fn of(number: i64) -> Result<Self, StoreError> {
        Ok(match number {
            0 => Self::Viewer,
            1 => Self::Operator,
            2 => Self::Editor,
            3 => Self::Admin,
            _ => {
                return Err(StoreError::Unusable(format!("the database is damaged: {number} is not a role")));
            }
        })
    }
}

impl NewToken {
    /// The id that it will have.
    pub fn id(&self) -> String {
        token_id(&self.hash)
    }
}

impl Token {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            role: Role::of(row.int(2)?)?,
            created_at: row.time(3)?,
            expires_at: row.opt_time(4)?,
        })
    }
}

/// From the hash, which is as good as random and need not be secret in part: whoever has it has no token.
fn token_id(hash: &[u8; 32]) -> String {
    hash.iter().take(8).fold("tok_".to_owned(), |id, byte| format!("{id}{byte:02x}"))
}

impl Store {
    /// Adds a token. `Conflict` where its name is taken, or it is there already.
    pub async fn add_token(&self, org: &OrgId, new: &NewToken) -> Result<Token, StoreError> {
        let org = self.known_org(org)?;
        let sql = format!(
            "INSERT INTO token (org, id, name, role, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING RETURNING {TOKEN}"
        );
        let values = values![
            org,
            token_id(&new.hash),
            new.name.as_str(),
            new.role.number(),
            new.hash.as_slice(),
            new.created_at,
            new.expires_at,
        ];
        let mut rows = self.apply_one(sql, values).await?.unwrap_or_default();
        let taken = || StoreError::Conflict(format!("there is a token `{}` already", new.name));
        Token::read(rows.first_mut().ok_or_else(taken)?)
    }

    /// Those that are not revoked, oldest first.
    pub async fn tokens(&self, org: &OrgId) -> Result<Vec<Token>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Vec::new()) };
        let sql = format!("SELECT {TOKEN} FROM token WHERE org = $1 ORDER BY created_at, ord");
        let mut rows = self.backend().query(sql, values![org]).await?;
        rows.iter_mut().map(Token::read).collect()
    }

    /// Takes a token away; its name is free.
    pub async fn revoke_token(&self, org: &OrgId, id: &str) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let sql = "DELETE FROM token WHERE org = $1 AND id = $2";
        self.apply_one(sql, values![org, id]).await?.map(drop).ok_or(StoreError::NotFound)
    }

    /// Who shows a token with this hash; the caller looks at the expiry. The one question that no org is asked with.
    pub async fn token_owner(&self, hash: &[u8; 32]) -> Result<Option<TokenOwner>, StoreError> {
        let sql = "SELECT t.id, t.name, t.role, t.created_at, t.expires_at, o.name
            FROM token t JOIN org o ON o.id = t.org WHERE t.hash = $1";
        let mut rows = self.backend().query(sql, values![hash.as_slice()]).await?;
        let owner =
            |row: &mut Row| Ok(TokenOwner { org: OrgId::new(row.text(5)?), token: Token::read(row)? });
        rows.first_mut().map(owner).transpose()
    }
}
