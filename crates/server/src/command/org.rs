//! `callout org`: makes orgs where the server's own API is out of reach.

use anyhow::{Result, anyhow, bail};
use callout_flow::id::OrgId;
use callout_store::{Role, StoreError};
use serde_json::json;

use super::member::{new, print_one_time};
use super::token::{note, written};
use crate::Exit;
use crate::api::members::told;
use crate::api::orgs::check_name;
use crate::args::OrgArgs;
use crate::config::now;

pub fn create(args: &OrgArgs) -> Result<Exit> {
    check_name(&args.name).map_err(|why| anyhow!("{why}"))?;
    let first = args.member.as_deref().map(|email| new(email, None, Role::Admin)).transpose();
    let (text, first) = first.map_err(|error| error.context("--member"))?.unzip();
    let (store, org) = (args.store.open()?, OrgId::new(&*args.name));
    let after = json!({ "name": args.name, "member": first.as_ref().map(told) });
    // In the log of whoever runs the server, as the API has it.
    let noting = store.noting(note(&OrgId::default_org(), "org.create", "org", &args.name).becomes(after));
    match written(&store, noting.create_org(&org, first.as_ref(), now()))? {
        Ok(()) => {}
        Err(StoreError::Conflict(why)) => bail!("{why}: take another name"),
        Err(error) => return Err(error.into()),
    }
    anstream::eprintln!("The org `{}` is made.", args.name);
    if let (Some(text), Some(first)) = (text, first) {
        print_one_time(&first, &text);
    }
    Ok(Exit::Completed)
}
