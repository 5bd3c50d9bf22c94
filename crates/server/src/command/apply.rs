//! `callout apply`: a folder of flows, integrations and connections brought to a server.

use std::io::{IsTerminal, Write};

use anyhow::{Result, bail};

use crate::Exit;
use crate::apply::carry_out::carry_out;
use crate::apply::plan::{Plan, faults, make};
use crate::apply::show;
use crate::apply::there::There;
use crate::args::ApplyArgs;
use crate::folder::Folder;
use crate::remote::Remote;
use crate::report::{self, GOOD, paint, visible};

pub fn apply(args: &ApplyArgs) -> Result<Exit> {
    if !args.dir.is_dir() {
        bail!("{}: there is no such folder", args.dir.display());
    }
    let folder = Folder::read(&args.dir)?;
    if folder.flows.is_empty() && folder.integrations.is_empty() && folder.connections.is_empty() {
        bail!("{} holds no flow, integration or connection", args.dir.display());
    }
    let wrong = faults(&folder);
    if !wrong.is_empty() {
        return Ok(refuse(&wrong));
    }
    let mut remote = Remote::of(&args.remote)?;
    let there = There::ask(&remote, &folder)?;
    let (plan, refused) = make(&folder, &there, args.secrets, &|name| std::env::var(name).ok());
    if !refused.is_empty() {
        return Ok(refuse(&refused));
    }
    if !args.json {
        show::for_people(&plan);
    }
    if plan.is_nothing() || args.dry_run {
        if !args.json && plan.is_nothing() {
            show::nothing(remote.shown());
        }
        return done(args, &plan, &remote, false);
    }
    let unset = unset(&plan);
    if !unset.is_empty() {
        return Ok(refuse(&unset));
    }
    if !args.yes && !wanted(args, &remote)? {
        anstream::eprintln!("nothing was done");
        return Ok(Exit::Failed);
    }
    carry_out(&mut remote, &plan, &mut |text| anstream::eprintln!("{}", visible(&text)))?;
    if !args.json {
        anstream::println!("{}", paint(format!("{} is as the folder now", remote.shown()), GOOD));
    }
    done(args, &plan, &remote, true)
}

fn done(args: &ApplyArgs, plan: &Plan, remote: &Remote, applied: bool) -> Result<Exit> {
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&show::json(plan, remote.shown(), applied))?);
    }
    Ok(Exit::Completed)
}

/// Tells why nothing is done; each reason is ready to be shown.
fn refuse(whys: &[String]) -> Exit {
    for why in whys {
        anstream::eprintln!("{why}");
    }
    anstream::eprintln!("nothing was done");
    Exit::WrongInput
}

fn unset(plan: &Plan) -> Vec<String> {
    let all = plan.connections.iter().flat_map(|step| step.missing().map(move |missing| (step, missing)));
    let whys = all.map(|(step, (name, variable))| {
        let why = "comes from the environment variable";
        report::error(&format!("{}: the secret `{name}` {why} {variable}, which is not set", step.file))
    });
    whys.collect()
}

/// Whether someone at the terminal wants it done.
fn wanted(args: &ApplyArgs, remote: &Remote) -> Result<bool> {
    if args.json || !std::io::stdin().is_terminal() {
        bail!("nobody is there to be asked, so nothing was done: --yes does it, --dry-run shows it alone");
    }
    let mut out = std::io::stdout().lock();
    write!(out, "Do this to {}? [y/N] ", remote.shown())?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
