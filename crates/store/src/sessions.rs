//! Sessions: a member who has logged in, known by the hash of what the browser shows.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::members::{MEMBER, MEMBER_COLUMNS, Member};
use crate::value::{Applied, Row, Statement, values};
use crate::{NewPassword, Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSession<'a> {
    /// The member's id.
    pub member: &'a str,
    /// SHA-256 of what the browser shows.
    pub hash: &'a [u8; 32],
    pub now: Timestamp,
}

/// Whose a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOwner {
    pub org: OrgId,
    pub member: Member,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
}

const OPEN: &str = "INSERT INTO session (org, member, hash, created_at, seen_at)
    SELECT org, ord, $3, $4, $4 FROM member WHERE org = $1 AND id = $2 AND disabled = 0";

impl Store {
    /// Opens a session, and notes the login. `NotFound` where there is no such member, or none who may.
    pub async fn open_session(&self, org: &OrgId, new: &NewSession<'_>) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let seen = "UPDATE member SET login_at = $3 WHERE org = $1 AND id = $2";
        let statements = vec![
            Statement::one(OPEN, values![org, new.member, new.hash.as_slice(), new.now]),
            Statement::one(seen, values![org, new.member, new.now]),
        ];
        done(self.apply(statements).await?)
    }

    /// Sets a member's own password: all sessions end, and a new one begins.
    pub async fn set_password(
        &self,
        org: &OrgId,
        password: &NewPassword,
        new: &NewSession<'_>,
    ) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let set = "UPDATE member SET password = $3, password_until = $4 WHERE org = $1 AND id = $2 AND disabled = 0";
        let end = "DELETE FROM session
            WHERE org = $1 AND member = (SELECT ord FROM member WHERE org = $1 AND id = $2)";
        let statements = vec![
            Statement::one(set, values![org, new.member, password.hash.as_str(), password.until]),
            Statement::any(end, values![org, new.member]),
            Statement::one(OPEN, values![org, new.member, new.hash.as_slice(), new.now]),
        ];
        done(self.apply(statements).await?)
    }

    /// Ends a session.
    pub async fn close_session(&self, org: &OrgId, hash: &[u8; 32]) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let sql = "DELETE FROM session WHERE org = $1 AND hash = $2";
        self.apply_one(sql, values![org, hash.as_slice()]).await?.map(drop).ok_or(StoreError::NotFound)
    }

    /// Whose session has this hash; the caller looks at its age and at whether the member may. The other question that no org
    /// is asked with.
    pub async fn session_owner(&self, hash: &[u8; 32]) -> Result<Option<SessionOwner>, StoreError> {
        let sql = format!(
            "SELECT {MEMBER}, o.name, s.created_at, s.seen_at
            FROM session s JOIN member ON member.ord = s.member AND member.org = s.org JOIN org o ON o.id = s.org WHERE s.hash = $1"
        );
        let mut rows = self.backend().query(sql, values![hash.as_slice()]).await?;
        let owner = |row: &mut Row| {
            Ok(SessionOwner {
                member: Member::read(row)?,
                org: OrgId::new(row.text(MEMBER_COLUMNS)?),
                created_at: row.time(MEMBER_COLUMNS + 1)?,
                seen_at: row.time(MEMBER_COLUMNS + 2)?,
            })
        };
        rows.first_mut().map(owner).transpose()
    }

    /// Notes that a session was used.
    pub async fn touch_session(
        &self,
        org: &OrgId,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let sql = "UPDATE session SET seen_at = $3 WHERE org = $1 AND hash = $2 AND seen_at < $3";
        let touch = Statement::any(sql, values![org, hash.as_slice(), now]);
        self.backend().apply(vec![touch]).await.map(drop)
    }

    /// Removes an org's sessions that began, or were used last, before these times.
    pub async fn prune_sessions(
        &self,
        org: &OrgId,
        created: Timestamp,
        seen: Timestamp,
    ) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let sql = "DELETE FROM session WHERE org = $1 AND (created_at < $2 OR seen_at < $3)";
        self.backend().apply(vec![Statement::any(sql, values![org, created, seen])]).await.map(drop)
    }
}

fn done(applied: Applied) -> Result<(), StoreError> {
    match applied {
        Applied::Done(_) => Ok(()),
        Applied::Unmet(_) => Err(StoreError::NotFound),
    }
}
