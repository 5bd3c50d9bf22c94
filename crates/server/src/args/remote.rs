//! What the commands take that talk to a server.

use std::path::PathBuf;

use clap::Subcommand;

/// Which server, and how it is reached. The token comes from CALLOUT_TOKEN.
#[derive(Debug, clap::Args)]
pub struct RemoteArgs {
    /// The server's address, over CALLOUT_SERVER; where a server of this configuration listens where neither is given.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Send the token over plain http to another machine.
    #[arg(long)]
    pub insecure_http: bool,
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    /// The folder; those below it too.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub remote: RemoteArgs,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do it without asking.
    #[arg(long)]
    pub yes: bool,
    /// Write all secrets anew, also those that are set: what is set cannot be compared.
    #[arg(long)]
    pub secrets: bool,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The folder; it is made where it is not there.
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    #[command(flatten)]
    pub remote: RemoteArgs,
    /// The documents as they were published last, which is what happens without either flag.
    #[arg(long, conflicts_with = "drafts")]
    pub published: bool,
    /// The drafts, published or not.
    #[arg(long)]
    pub drafts: bool,
    /// Write over files that differ.
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Subcommand)]
pub enum IntegrationCommand {
    /// Print what differs between two versions, what breaks first, and which flows send or read it.
    ///
    /// Two files, whose flows are those beside the second; or a slug on a server and two of its versions, by default the last
    /// one and the draft. Exits with 0 where nothing is breaking, 1 where something is, 2 for wrong input.
    Diff(DiffArgs),
}

#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// A file, or the slug of an integration on a server.
    #[arg(value_name = "FILE|SLUG")]
    pub first: String,
    /// The other file; or the version to compare from: a number, or `draft`.
    #[arg(value_name = "FILE|FROM")]
    pub second: Option<String>,
    /// The version to compare with: a number, or `draft`.
    #[arg(value_name = "TO")]
    pub third: Option<String>,
    #[command(flatten)]
    pub remote: RemoteArgs,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}
