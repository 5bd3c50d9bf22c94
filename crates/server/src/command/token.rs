//! `callout token`: makes tokens where the server's own API is out of reach.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use callout_flow::id::OrgId;
use callout_store::{Actor, ActorKind, Keys, NewToken, Note, Object, Role, Store, StoreError, StoreOptions};
use serde_json::json;

use crate::Exit;
use crate::api::caller::role_word;
use crate::api::tokens::{check_name, expiry};
use crate::args::{RoleArg, StoreArgs, TokenArgs};
use crate::config::{Config, now};
use crate::serve::runtime;
use crate::token;

pub fn create(args: &TokenArgs) -> Result<Exit> {
    if let Err(why) = check_name(&args.name) {
        bail!("--name: {why}");
    }
    let now = now();
    let expires_at = args.expires.as_deref().map(|text| expiry(text, now)).transpose();
    let expires_at = expires_at.map_err(|why| anyhow!("--expires: {why}"))?;
    let (store, org) = (args.store.open()?, OrgId::new(&*args.org));
    let text = token::new_token()?;
    let new = NewToken {
        name: args.name.clone(),
        role: args.role.into(),
        hash: token::hash(&text),
        created_at: now,
        expires_at,
    };
    let after = json!({ "name": new.name, "role": role_word(new.role), "expiresAt": expires_at });
    let noting = store.noting(note(&org, "token.create", "token", &new.id()).becomes(after));
    let made = written(&store, noting.add_token(&org, &new))?;
    match made {
        Ok(_) => {}
        Err(StoreError::Conflict(_)) => {
            bail!("there is a token named `{}` already: take another name", args.name)
        }
        Err(error) => return Err(told(error, &org)),
    }
    let until = expires_at.map_or("it does not expire".to_owned(), |end| format!("it expires at {end}"));
    anstream::eprintln!("This token is shown only now; {until}:");
    anstream::println!("{text}");
    Ok(Exit::Completed)
}

/// The entry of the audit log that tells of what the operator does at the terminal.
pub fn note(org: &OrgId, action: &str, kind: &str, id: &str) -> Note {
    Note {
        org: org.clone(),
        at: now(),
        actor: Actor { kind: ActorKind::Terminal, id: String::new(), name: "terminal".to_owned() },
        from: None,
        action: action.to_owned(),
        object: Object { kind: kind.to_owned(), id: id.to_owned() },
        before: None,
        after: None,
    }
}

/// Does one write, and closes the store.
pub fn written<T>(
    store: &Store,
    write: impl Future<Output = Result<T, StoreError>>,
) -> Result<Result<T, StoreError>> {
    Ok(runtime()?.block_on(async {
        let done = write.await;
        store.close().await;
        done
    }))
}

/// Why the store did not do it, where an org was named.
pub fn told(error: StoreError, org: &OrgId) -> anyhow::Error {
    match error {
        StoreError::NotFound => {
            let name = org.as_str();
            anyhow!("there is no org `{name}`; `callout org create {name}` makes it")
        }
        other => other.into(),
    }
}

impl StoreArgs {
    /// The folder that is meant.
    pub fn folder(&self) -> Result<PathBuf> {
        let config = Config::load(self.config.as_deref())?;
        Ok(self.data.clone().unwrap_or(config.store.data))
    }

    /// Opens the store, as the one process that has it.
    pub fn open(&self) -> Result<Store> {
        // Nothing that these commands write is sealed: no key is needed.
        open(&self.folder()?, None)
    }
}

/// Opens the store of a folder, as the one process that has it.
pub fn open(folder: &std::path::Path, keys: Option<Keys>) -> Result<Store> {
    /// Threads that read beside the writer: reads are short, and most of what they read is in memory.
    const READERS: usize = 2;
    let options = StoreOptions { folder: folder.to_owned(), readers: READERS, keys };
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
