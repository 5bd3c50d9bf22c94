//! What `callout import` takes.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Make an integration of an OpenAPI 3.0 or 3.1 document, JSON or YAML.
    ///
    /// Prints the integration, and on standard error what came in and what did not. Exits with 2 where nothing comes in.
    Openapi(ImportOpenapiArgs),
    /// Make an `apiCall` node of a cURL command, as it is pasted from a terminal or a browser.
    Curl {
        /// The command's file; `-` reads standard input.
        #[arg(value_name = "FILE", default_value = "-")]
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct ImportOpenapiArgs {
    /// The document; `-` reads standard input.
    pub file: PathBuf,
    /// The integration's slug; made from the document's title where it is not given.
    #[arg(long)]
    pub slug: Option<String>,
    /// The server to call, one of the document's or another; the one that most operations name where it is not given.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Write the integration to this new file; a file that is there is left as it is.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
