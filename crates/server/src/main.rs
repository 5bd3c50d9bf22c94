//! The `callout` binary.

mod args;
mod command;
mod config;
mod folder;
mod report;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command, EgressCommand};

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        Command::Run(args) => command::run::run(&args),
        Command::Try(args) => command::run::try_node(&args),
        Command::Preview(args) => command::preview::preview(&args),
        Command::Check(args) => command::check::check(&args),
        Command::Egress { command: EgressCommand::Check(args) } => command::egress::check(&args),
        Command::Schema { document } => command::schema::schema(document),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            anstream::eprintln!("{}: {error:#}", report::paint("error", report::ERROR));
            Exit::WrongInput.into()
        }
    }
}

/// How the process ends (spec 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Completed = 0,
    Failed = 1,
    WrongInput = 2,
    Waiting = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
