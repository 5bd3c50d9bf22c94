//! `callout member`: adds members where the server's own API is out of reach.

use anyhow::{Result, anyhow, bail};
use callout_flow::id::OrgId;
use callout_store::{NewMember, Role, StoreError};

use super::token::{note, told, written};
use crate::api::members::{self, name_of, to_be_replaced};
use crate::api::tokens::check_name;
use crate::args::MemberArgs;
use crate::config::now;
use crate::{Exit, password, token};

pub fn add(args: &MemberArgs) -> Result<Exit> {
    let (text, new) = new(&args.email, args.name.as_deref(), args.role.into())?;
    let (store, org) = (args.store.open()?, OrgId::new(&*args.org));
    let noting = store.noting(note(&org, "member.create", "member", &new.id).becomes(members::told(&new)));
    match written(&store, noting.add_member(&org, &new))? {
        Ok(_) => {}
        Err(StoreError::Conflict(why)) => bail!("{why}: take another address"),
        Err(error) => return Err(told(error, &org)),
    }
    print_one_time(&new, &text);
    Ok(Exit::Completed)
}

/// A new member with the one-time password to begin with.
pub fn new(email: &str, name: Option<&str>, role: Role) -> Result<(String, NewMember)> {
    let email = members::email(email).map_err(|why| anyhow!("`{}`: {why}", email.escape_debug()))?;
    let name = name.map_or_else(|| name_of(&email), str::to_owned);
    check_name(&name).map_err(|why| anyhow!("--name: {why}"))?;
    let text = password::one_time()?;
    let password = to_be_replaced(password::hash(&text)?, now());
    let id = token::new_id("mem_")?;
    Ok((text, NewMember { id, email, name, role, password, created_at: now() }))
}

pub fn print_one_time(new: &NewMember, text: &str) {
    let until = new.password.until.map_or_else(String::new, |until| format!(" until {until}"));
    anstream::eprintln!(
        "{} logs in with this one-time password{until}, and sets another. It is shown only now:",
        new.email
    );
    anstream::println!("{text}");
}
