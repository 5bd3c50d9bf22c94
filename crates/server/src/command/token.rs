//! `callout token`: makes tokens where the server's own API is out of reach.

use anyhow::{Context, Result, bail};
use callout_flow::id::OrgId;
use callout_store::{NewToken, Role, Store, StoreError, StoreOptions};

use crate::Exit;
use crate::api::tokens::{check_name, expiry};
use crate::args::{RoleArg, TokenArgs};
use crate::config::{Config, now};
use crate::serve::runtime;
use crate::token;

pub fn create(args: &TokenArgs) -> Result<Exit> {
    let config = Config::load(args.config.as_deref())?;
    if let Err(why) = check_name(&args.name) {
        bail!("--name: {why}");
    }
    let now = now();
    let expires_at = args.expires.as_deref().map(|text| expiry(text, now)).transpose();
    let expires_at = expires_at.map_err(|why| anyhow::anyhow!("--expires: {why}"))?;
    let folder = args.data.clone().unwrap_or(config.store.data);
    let store = open(&folder)?;
    let text = token::new_token()?;
    let new = NewToken {
        name: args.name.clone(),
        role: args.role.into(),
        hash: token::hash(&text),
        created_at: now,
        expires_at,
    };
    let made = runtime()?.block_on(async {
        let made = store.add_token(&OrgId::default_org(), &new).await;
        store.close().await;
        made
    });
    match made {
        Ok(_) => {}
        Err(StoreError::Conflict(_)) => {
            bail!("there is a token named `{}` already: take another name", args.name)
        }
        Err(error) => return Err(error.into()),
    }
    let until = expires_at.map_or("it does not expire".to_owned(), |end| format!("it expires at {end}"));
    anstream::eprintln!("This token is shown only now; {until}:");
    anstream::println!("{text}");
    Ok(Exit::Completed)
}

/// Opens the store of a folder, as the one process that has it.
pub fn open(folder: &std::path::Path) -> Result<Store> {
    /// Threads that read beside the writer: reads are short, and most of what they read is in memory.
    const READERS: usize = 2;
    let options = StoreOptions { folder: folder.to_owned(), readers: READERS, keys: None };
    Store::open(&options, now())
        .with_context(|| format!("cannot use the data folder {} (`store.data`, --data)", folder.display()))
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Operator => Self::Operator,
            RoleArg::Editor => Self::Editor,
            RoleArg::Admin => Self::Admin,
        }
    }
}
