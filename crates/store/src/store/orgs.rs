//! Orgs: made, and never removed.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::seal::OrgRef;
use crate::value::{Applied, Statement, values};
use crate::{NewMember, Store, StoreError};

impl Store {
    /// The orgs there are, in the order they were made.
    pub async fn orgs(&self) -> Result<Vec<OrgId>, StoreError> {
        let rows = self.backend().query("SELECT name FROM org ORDER BY id", Vec::new()).await?;
        rows.into_iter().map(|mut row| row.text(0).map(OrgId::new)).collect()
    }

    /// Makes an org; one that is there stays as it is.
    pub async fn add_org(&self, org: &OrgId) -> Result<(), StoreError> {
        match self.create_org(org, None, Timestamp::UNIX_EPOCH).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }

    /// Makes an org, with its first member where there is one. `Conflict` where it is there already.
    pub async fn create_org(
        &self,
        org: &OrgId,
        first: Option<&NewMember>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let add =
            "INSERT INTO org (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id";
        let begin = "INSERT INTO audit_chain (org, number, hash, cut, cut_hash)
            SELECT id, 0, $2, 0, $2 FROM org WHERE name = $1";
        let mut statements = vec![
            Statement::one(add, values![org.as_str(), now]),
            Statement::one(begin, values![org.as_str(), [0_u8; 32].as_slice()]),
        ];
        statements.extend(first.map(|first| first.insert(org)));
        statements.extend(self.first_key(org, now)?);
        match self.apply(statements).await? {
            Applied::Unmet(_) => {
                Err(StoreError::Conflict(format!("there is an org `{}` already", org.as_str())))
            }
            Applied::Done(mut done) => {
                let row = done.first_mut().and_then(|rows| rows.first_mut()).ok_or(StoreError::NotFound)?;
                let number = row.int(0)?;
                // Before anyone can know of the org: a record must find the key open.
                if self.keyring().given().is_some() {
                    self.load_keys(OrgRef { name: org, number }).await?;
                }
                self.keep_org(org, number);
                Ok(())
            }
        }
    }
}
