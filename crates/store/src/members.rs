//! Members: the people of an org, who log in with a password.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::tokens::Role;
use crate::value::{Applied, Row, Statement, Value, values};
use crate::{Store, StoreError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// `mem_` and hex.
    pub id: String,
    /// In lower case; unique in the org.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub password: NewPassword,
    pub created_at: Timestamp,
}

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword {
    /// As the hash function writes it.
    pub hash: String,
    /// None: the member's own. Else it only serves to set one, until then.
    pub until: Option<Timestamp>,
}

/// Never printed: a hash can be guessed against.
impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").field("until", &self.until).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    /// Whether the password only serves to set one of the member's own.
    pub password_due: bool,
    pub created_at: Timestamp,
    pub login_at: Option<Timestamp>,
}

/// What a login is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub member: Member,
    pub password: NewPassword,
}

/// What of a member changes; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
    pub password: Option<NewPassword>,
}

/// What makes a `Member`, in its order; the columns of `login` come behind.
pub(crate) const MEMBER: &str = "member.id, member.email, member.name, member.role, member.disabled, member.password_until IS NOT NULL, member.created_at, member.login_at";
pub(crate) const MEMBER_COLUMNS: usize = 8;

impl Member {
    pub(crate) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            email: row.text(1)?,
            name: row.text(2)?,
            role: Role::of(row.int(3)?)?,
            disabled: row.flag(4)?,
            password_due: row.flag(5)?,
            created_at: row.time(6)?,
            login_at: row.opt_time(7)?,
        })
    }
}

impl NewMember {
    /// Puts it into the org, which may have been made in the same transaction.
    pub(crate) fn insert(&self, org: &OrgId) -> Statement {
        let sql =
            "INSERT INTO member (org, id, email, name, role, password, password_until, disabled, created_at)
            SELECT id, $2, $3, $4, $5, $6, $7, $8, $9 FROM org WHERE name = $1 ON CONFLICT DO NOTHING";
        let values = values![
            org.as_str(),
            self.id.as_str(),
            self.email.as_str(),
            self.name.as_str(),
            self.role.number(),
            self.password.hash.as_str(),
            self.password.until,
            false,
            self.created_at,
        ];
        Statement::one(sql, values)
    }

    /// What it is once it is there.
    pub fn made(&self) -> Member {
        Member {
            id: self.id.clone(),
            email: self.email.clone(),
            name: self.name.clone(),
            role: self.role,
            disabled: false,
            password_due: self.password.until.is_some(),
            created_at: self.created_at,
            login_at: None,
        }
    }
}

impl MemberChange {
    /// Whether it takes away what makes an admin.
    fn unseats(&self) -> bool {
        self.disabled == Some(true) || self.role.is_some_and(|role| role < Role::Admin)
    }

    /// Whether the member's sessions end with it: a session never outlives what it was given for.
    fn ends_sessions(&self) -> bool {
        self.role.is_some() || self.disabled.is_some() || self.password.is_some()
    }
}

/// Whether the member with the id $2 is none of the org's admins, or not the last one who may log in.
const AN_ADMIN_IS_LEFT: &str = "(member.role <> 3 OR member.disabled <> 0 OR EXISTS
    (SELECT 1 FROM member o WHERE o.org = $1 AND o.id <> $2 AND o.role = 3 AND o.disabled = 0))";

/// Ends the sessions of the member with the id $2.
const END_SESSIONS: &str =
    "DELETE FROM session WHERE org = $1 AND member = (SELECT ord FROM member WHERE org = $1 AND id = $2)";

impl Store {
    /// Adds a member. `Conflict` where the e-mail address is another's.
    pub async fn add_member(&self, org: &OrgId, new: &NewMember) -> Result<Member, StoreError> {
        self.known_org(org)?;
        match self.apply(vec![new.insert(org)]).await? {
            Applied::Done(_) => Ok(new.made()),
            Applied::Unmet(_) => {
                Err(StoreError::Conflict(format!("there is a member `{}` already", new.email)))
            }
        }
    }

    /// The oldest first.
    pub async fn members(&self, org: &OrgId) -> Result<Vec<Member>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Vec::new()) };
        let sql = format!("SELECT {MEMBER} FROM member WHERE member.org = $1 ORDER BY member.ord");
        let mut rows = self.backend().query(sql, values![org]).await?;
        rows.iter_mut().map(Member::read).collect()
    }

    /// Whether the org has any member.
    pub async fn has_members(&self, org: &OrgId) -> Result<bool, StoreError> {
        let Some(org) = self.org(org) else { return Ok(false) };
        let sql = "SELECT 1 FROM member WHERE org = $1 LIMIT 1";
        Ok(!self.backend().query(sql, values![org]).await?.is_empty())
    }

    pub async fn member(&self, org: &OrgId, id: &str) -> Result<Option<Member>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let sql = format!("SELECT {MEMBER} FROM member WHERE member.org = $1 AND member.id = $2");
        let mut rows = self.backend().query(sql, values![org, id]).await?;
        rows.first_mut().map(Member::read).transpose()
    }

    /// What a login with this e-mail address is held against. It reads as much for an org that is not there.
    pub async fn login(&self, org: &OrgId, email: &str) -> Result<Option<Login>, StoreError> {
        let sql = format!(
            "SELECT {MEMBER}, member.password, member.password_until FROM member
            WHERE member.org = (SELECT id FROM org WHERE name = $1) AND member.email = $2"
        );
        let mut rows = self.backend().query(sql, values![org.as_str(), email]).await?;
        let login = |row: &mut Row| {
            let hash = row.text(MEMBER_COLUMNS)?;
            let password = NewPassword { hash, until: row.opt_time(MEMBER_COLUMNS + 1)? };
            Ok(Login { member: Member::read(row)?, password })
        };
        rows.first_mut().map(login).transpose()
    }

    /// Changes a member. A change of role, password or being disabled ends the member's sessions in the same transaction.
    /// `Conflict` where it would leave an org that has an admin among its members without one.
    pub async fn change_member(
        &self,
        org: &OrgId,
        id: &str,
        change: &MemberChange,
    ) -> Result<Member, StoreError> {
        let number = self.known_org(org)?;
        let mut values = values![number, id];
        let mut sets = Vec::new();
        let mut set = |column: &str, value: Value| {
            values.push(value);
            sets.push(format!("{column} = ${}", values.len()));
        };
        if let Some(name) = &change.name {
            set("name", name.as_str().into());
        }
        if let Some(role) = change.role {
            set("role", role.number().into());
        }
        if let Some(disabled) = change.disabled {
            set("disabled", disabled.into());
        }
        if let Some(password) = &change.password {
            set("password", password.hash.as_str().into());
            set("password_until", password.until.into());
        }
        if sets.is_empty() {
            return self.member(org, id).await?.ok_or(StoreError::NotFound);
        }
        let condition = if change.unseats() { AN_ADMIN_IS_LEFT } else { "true" };
        let sql = format!(
            "UPDATE member SET {} WHERE member.org = $1 AND member.id = $2 AND {condition} RETURNING {MEMBER}",
            sets.join(", ")
        );
        let mut statements = vec![Statement::one(sql, values)];
        if change.ends_sessions() {
            statements.push(Statement::any(END_SESSIONS, values![number, id]));
        }
        match self.apply(statements).await? {
            Applied::Unmet(_) => Err(self.last_admin(org, id).await?),
            Applied::Done(mut done) => {
                let row = done.first_mut().and_then(|rows| rows.first_mut());
                Member::read(row.ok_or(StoreError::NotFound)?)
            }
        }
    }

    /// Takes a member away, with all sessions; the e-mail address is free. `Conflict` for the last admin among the members.
    pub async fn remove_member(&self, org: &OrgId, id: &str) -> Result<(), StoreError> {
        let number = self.known_org(org)?;
        let remove =
            format!("DELETE FROM member WHERE member.org = $1 AND member.id = $2 AND {AN_ADMIN_IS_LEFT}");
        let statements = vec![
            Statement::any(END_SESSIONS, values![number, id]),
            Statement::one(remove, values![number, id]),
        ];
        match self.apply(statements).await? {
            Applied::Done(_) => Ok(()),
            Applied::Unmet(_) => Err(self.last_admin(org, id).await?),
        }
    }

    /// Why a member stays as they are.
    async fn last_admin(&self, org: &OrgId, id: &str) -> Result<StoreError, StoreError> {
        let why = |member: Member| StoreError::Conflict(format!("`{}` is the last admin", member.email));
        Ok(self.member(org, id).await?.map_or(StoreError::NotFound, why))
    }
}
