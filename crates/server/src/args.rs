//! What the command line takes.

mod import;
mod remote;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use import::{ImportCommand, ImportOpenapiArgs};
pub use remote::{ApplyArgs, DiffArgs, ExportArgs, IntegrationCommand, RemoteArgs};

/// Calls APIs from flows, safely, and branches on what came back.
#[derive(Debug, Parser)]
#[command(name = "callout", version, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a flow in the terminal and show each step as it happens.
    ///
    /// Exits with 0 when the run completed, 1 when it failed, 2 for wrong input, 3 when it waits.
    Run(RunArgs),
    /// Run one node of a flow, for real.
    Try(NodeArgs),
    /// Show what one node would send, and send nothing.
    Preview(NodeArgs),
    /// Check flow files and folders; exits with 1 where a problem is an error.
    Check(CheckArgs),
    /// Bring documents of others in.
    Import {
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Write a server's flows, integrations and connections to a folder; or show a node in the words of others.
    ///
    /// The files are those that `callout apply` takes. Secrets are not among what a server gives: a connection's file names the
    /// environment variable that holds each.
    #[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
    Export {
        #[command(subcommand)]
        command: Option<ExportCommand>,
        #[command(flatten)]
        folder: ExportArgs,
    },
    /// Bring a folder of flows, integrations and connections to a server.
    ///
    /// Shows what it would do, asks, and does it: integrations first, then connections, then flows. What is the same already is
    /// left alone, and nothing is removed. The token comes from CALLOUT_TOKEN. Exits with 0 when the server is as the folder,
    /// 1 where it could not be done or was not wanted, 2 for wrong input; where it stops halfway, the same command goes on.
    Apply(ApplyArgs),
    /// Compare versions of an integration.
    Integration {
        #[command(subcommand)]
        command: IntegrationCommand,
    },
    /// Look into the guard of outbound calls.
    Egress {
        #[command(subcommand)]
        command: EgressCommand,
    },
    /// Print the JSON Schema of a document.
    Schema { document: Document },
    /// Serve the REST API, and run flows for posted events.
    ///
    /// A first start prints a token for an admin, once. Ctrl-C or SIGTERM lets what is under way come to its end; a second
    /// one ends at once. Exits with 0 after a stop, 2 where it cannot start.
    Serve(ServeArgs),
    /// Make a master key, see which keys seal what, and change them.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Make tokens for the REST API.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Make orgs: tenants that see nothing of each other.
    Org {
        #[command(subcommand)]
        command: OrgCommand,
    },
    /// Add members: people who log in with a password.
    Member {
        #[command(subcommand)]
        command: MemberCommand,
    },
    /// Read the audit log, and hold it against its hashes.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
}

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Print a node's request as a cURL command for bash, its secrets as variables of the shell. Nothing is sent.
    Curl(NodeArgs),
}

#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the embedded store, over `store.data`.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The address to listen on, over `server.listen`; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// A PostgreSQL database instead of the embedded store: of a later version.
    #[arg(long, value_name = "URL", hide = true)]
    pub database: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a master key and print it, or write it to a file.
    Generate(KeyGenerateArgs),
    /// Seal everything with the configured master key, and no more with those before it.
    ///
    /// Configure the new key first, and the one before it as a former one. A server may have the store open: it goes on, and
    /// does it. Where it is cut off, the same command does the rest. Exits with 0 when nothing is sealed with a former key any
    /// more, 1 where something does not open and is left, 2 where it cannot be done.
    Rotate(KeyRotateArgs),
    /// Show which keys there are, and how much each seals.
    Status(KeyArgs),
}

#[derive(Debug, clap::Args)]
pub struct KeyGenerateArgs {
    /// Write it to this new file, for its owner only; a file that is there is left as it is.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct KeyRotateArgs {
    /// Also make a new data key for every org, and seal its secrets and the states of its runs with that one.
    #[arg(long)]
    pub data_keys: bool,
    #[command(flatten)]
    pub store: KeyArgs,
}

#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the embedded store, over `store.data`.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, once.
    ///
    /// It writes to the store itself, so no server may have it open; with one running, `POST /v1/tokens` makes tokens.
    Create(TokenArgs),
}

#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// For people; unique among the tokens there are.
    #[arg(long)]
    pub name: String,
    #[arg(long)]
    pub role: RoleArg,
    /// How long it is valid, as `90d`; for ever where it is not given.
    #[arg(long, value_name = "LENGTH")]
    pub expires: Option<String>,
    /// Whose it is.
    #[arg(long, default_value = "default")]
    pub org: String,
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Which store.
#[derive(Debug, clap::Args)]
pub struct StoreArgs {
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the embedded store, over `store.data`.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// Make an org.
    ///
    /// It writes to the store itself, so no server may have it open; with one running, `POST /v1/orgs` makes orgs.
    Create(OrgArgs),
}

#[derive(Debug, clap::Args)]
pub struct OrgArgs {
    /// It never changes: lower-case letters, digits and dashes.
    pub name: String,
    /// The e-mail address of its first member, an admin, whose one-time password is printed.
    #[arg(long, value_name = "EMAIL")]
    pub member: Option<String>,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// Add a member and print a one-time password, once.
    ///
    /// It writes to the store itself, so no server may have it open; with one running, `POST /v1/members` adds members.
    Add(MemberArgs),
}

#[derive(Debug, clap::Args)]
pub struct MemberArgs {
    /// What the member logs in with.
    pub email: String,
    #[arg(long)]
    pub role: RoleArg,
    /// For people; the part of the address before the `@` where it is not given.
    #[arg(long)]
    pub name: Option<String>,
    /// Whose member it is.
    #[arg(long, default_value = "default")]
    pub org: String,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Compute the hashes of the log anew; exits with 1 where an entry is missing or not as it was written.
    ///
    /// Also while a server has the store. It prints each org's head, as `default 12:9f86…`. Whoever can write to the whole file could
    /// write the whole log anew, with hashes that fit: note a head elsewhere, and give it with --noted the next time.
    Verify(VerifyArgs),
    /// Print the latest entries, the latest last.
    List(AuditListArgs),
}

#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Only this org's log; all orgs' where it is not given.
    #[arg(long)]
    pub org: Option<String>,
    /// The head as it was printed before, `12:9f86…`: the log must still have that entry.
    #[arg(long, value_name = "HEAD", requires = "org")]
    pub noted: Option<String>,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub struct AuditListArgs {
    /// Whose log it is.
    #[arg(long, default_value = "default")]
    pub org: String,
    /// By the actor with this id: `tok_…` or `mem_…`.
    #[arg(long)]
    pub actor: Option<String>,
    /// Of this action: `flow.publish`.
    #[arg(long)]
    pub action: Option<String>,
    /// On this object: `flow` or `flow/caller-lookup`.
    #[arg(long)]
    pub object: Option<String>,
    /// The most entries.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub limit: u16,
    /// Print each entry as one line of JSON, as the API shows it.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub store: StoreArgs,
}

/// What a caller may do; each role may what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Reads.
    Viewer,
    /// Also runs, cancels, re-runs.
    Operator,
    /// Also drafts, publishes, tests.
    Editor,
    /// Also members, tokens, settings and the audit log.
    Admin,
}

#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The flow's file.
    pub flow: PathBuf,
    #[command(flatten)]
    pub input: InputArgs,
}

#[derive(Debug, clap::Args)]
pub struct NodeArgs {
    /// The flow's file.
    pub flow: PathBuf,
    /// The node's id.
    pub node: String,
    #[command(flatten)]
    pub input: InputArgs,
}

#[derive(Debug, clap::Args)]
pub struct InputArgs {
    /// The event's file, a JSON object; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub event: Option<PathBuf>,
    /// A variable that the run starts with, as `name=JSON`. May repeat.
    #[arg(long, value_name = "NAME=JSON")]
    pub var: Vec<String>,
    /// The contact's file, a JSON object.
    #[arg(long, value_name = "FILE")]
    pub contact: Option<PathBuf>,
    /// An answer to the next question of the flow. May repeat.
    #[arg(long, value_name = "TEXT")]
    pub reply: Vec<String>,
    /// Go on at a wait as if its time had come.
    #[arg(long)]
    pub skip_waits: bool,
    /// Where the other flows are; the flow's own folder where it is not given.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The configuration; `callout.toml` in the current folder where it is not given and there.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the whole record as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Files, or folders that are searched for flows.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the problems as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum EgressCommand {
    /// Judge URLs without touching the network.
    ///
    /// Reads JSON lines `{"url": "…", "answers": ["…"]}` and prints `{"url", "verdict", "reason", "host"}` for each;
    /// `answers` stand for the look-up of the name.
    Check(EgressCheckArgs),
}

#[derive(Debug, clap::Args)]
pub struct EgressCheckArgs {
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    Flow,
    Integration,
    Connection,
    Test,
    Config,
    /// The REST API, as OpenAPI 3.1.
    Openapi,
}
