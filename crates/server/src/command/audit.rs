//! `callout audit`: the audit log at the terminal, also while a server has the store.

use anyhow::{Context, Result, anyhow, bail};
use callout_flow::id::OrgId;
use callout_store::{AuditFilter, AuditHead, AuditRow, AuditVerdict, Store, StoreError};

use super::token::told;
use crate::Exit;
use crate::api::audit::{AuditView, hex, object_of};
use crate::args::{AuditListArgs, StoreArgs, VerifyArgs};
use crate::report::visible;
use crate::serve::runtime;

pub fn verify(args: &VerifyArgs) -> Result<Exit> {
    let noted = args.noted.as_deref().map(head).transpose().context("--noted")?;
    let store = look(&args.store)?;
    runtime()?.block_on(async {
        let orgs = match &args.org {
            Some(org) => vec![OrgId::new(&**org)],
            None => store.orgs().await?,
        };
        let mut exit = Exit::Completed;
        for org in orgs {
            match store.verify_audit(&org, noted.as_ref()).await {
                Ok(AuditVerdict::Sound { rows, head }) => {
                    anstream::println!("{} {}:{}", org.as_str(), head.number, hex(&head.hash));
                    anstream::eprintln!("{}: {rows} entries, each as it was written", org.as_str());
                }
                Ok(AuditVerdict::Broken(broken)) => {
                    exit = Exit::Failed;
                    anstream::eprintln!("{}: entry {}: {}", org.as_str(), broken.number, broken.why);
                }
                Err(StoreError::Conflict(why)) => bail!("--noted: {why}"),
                Err(error) => return Err(told(error, &org)),
            }
        }
        if exit == Exit::Completed && noted.is_none() {
            anstream::eprintln!(
                "A log that was written anew as a whole would look the same: keep the heads elsewhere, and give one with --noted."
            );
        }
        Ok(exit)
    })
}

pub fn list(args: &AuditListArgs) -> Result<Exit> {
    let (object_kind, object_id) = object_of(args.object.clone());
    let (actor, action) = (args.actor.clone(), args.action.clone());
    let filter = AuditFilter { actor, action, object_kind, object_id, ..AuditFilter::default() };
    let (store, org) = (look(&args.store)?, OrgId::new(&*args.org));
    let rows = runtime()?.block_on(async {
        if !store.orgs().await?.contains(&org) {
            return Err(told(StoreError::NotFound, &org));
        }
        Ok(store.audit(&org, &filter, None, args.limit.into()).await?.items)
    })?;
    for row in rows.into_iter().rev() {
        if args.json {
            anstream::println!("{}", serde_json::to_string(&AuditView::from(row))?);
        } else {
            anstream::println!("{}", line(&row));
        }
    }
    Ok(Exit::Completed)
}

fn look(args: &StoreArgs) -> Result<Store> {
    let folder = args.folder()?;
    Store::look(&folder)
        .with_context(|| format!("cannot read the data folder {} (`store.data`, --data)", folder.display()))
}

/// An entry for people. Names are what someone typed, and do nothing to the terminal.
fn line(row: &AuditRow) -> String {
    let note = &row.note;
    let (actor, object) = (&note.actor, &note.object);
    let slash = if object.id.is_empty() { "" } else { "/" };
    let mut line =
        format!("{:>6}  {}  {:<16} {}{slash}{}", row.number, note.at, note.action, object.kind, object.id);
    line += &format!("  by {} ({}", actor.name, actor.kind.word());
    if !actor.id.is_empty() {
        line += &format!(" {}", actor.id);
    }
    line += ")";
    if let Some(from) = note.from {
        line += &format!(" from {from}");
    }
    visible(&line.replace(['\n', '\t'], " "))
}

/// A head as `verify` prints it.
fn head(text: &str) -> Result<AuditHead> {
    let read = || {
        let (number, hash) = text.split_once(':')?;
        let mut bytes = [0; 32];
        if hash.len() != 2 * bytes.len() || !hash.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).ok()?;
        }
        Some(AuditHead { number: number.parse().ok()?, hash: bytes })
    };
    read().ok_or_else(|| {
        anyhow!("`{}` is no head: give it as `verify` printed it, `12:9f86…`", text.escape_debug())
    })
}
