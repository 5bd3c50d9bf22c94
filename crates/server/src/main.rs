//! The `callout` binary.

mod api;
mod apply;
mod args;
mod command;
mod config;
mod connection;
mod diff;
mod document;
mod folder;
mod keys;
mod log;
mod one_node;
mod page;
mod password;
mod remote;
mod report;
mod serve;
mod token;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{
    Args, AuditCommand, Command, EgressCommand, ExportCommand, ImportCommand, IntegrationCommand, KeyCommand,
    MemberCommand, OrgCommand, TokenCommand,
};

/// Many small allocations from many requests: a sketch of the path took 8 % less CPU than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        Command::Run(args) => command::run::run(&args),
        Command::Try(args) => command::run::try_node(&args),
        Command::Preview(args) => command::preview::preview(&args),
        Command::Check(args) => command::check::check(&args),
        Command::Import { command: ImportCommand::Openapi(args) } => command::import::openapi(&args),
        Command::Import { command: ImportCommand::Curl { file } } => command::import::curl(&file),
        Command::Export { command: Some(ExportCommand::Curl(args)), .. } => command::export::curl(&args),
        Command::Export { command: None, folder } => remote::ended(command::export_folder::export(&folder)),
        Command::Apply(args) => remote::ended(command::apply::apply(&args)),
        Command::Integration { command: IntegrationCommand::Diff(args) } => {
            remote::ended(command::integration::diff(&args))
        }
        Command::Egress { command: EgressCommand::Check(args) } => command::egress::check(&args),
        Command::Schema { document } => command::schema::schema(document),
        Command::Serve(args) => command::serve::serve(&args),
        Command::Key { command: KeyCommand::Generate(args) } => command::key::generate(&args),
        Command::Key { command: KeyCommand::Rotate(args) } => command::key::rotate(&args),
        Command::Key { command: KeyCommand::Status(args) } => command::key::status(&args),
        Command::Token { command: TokenCommand::Create(args) } => command::token::create(&args),
        Command::Org { command: OrgCommand::Create(args) } => command::org::create(&args),
        Command::Member { command: MemberCommand::Add(args) } => command::member::add(&args),
        Command::Audit { command: AuditCommand::Verify(args) } => command::audit::verify(&args),
        Command::Audit { command: AuditCommand::List(args) } => command::audit::list(&args),
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
