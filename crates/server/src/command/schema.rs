//! `callout schema`: the JSON Schema of a document.

use anyhow::{Result, bail};

use crate::Exit;
use crate::args::Document;

pub fn schema(document: Document) -> Result<Exit> {
    let schema = match document {
        Document::Flow => callout_flow::read::flow_schema(),
        Document::Config => crate::config::schema(),
        Document::Openapi => crate::api::openapi::whole().clone(),
        Document::Integration => callout_flow::read::integration_schema(),
        Document::Connection => callout_flow::read::connection_schema(),
        Document::Test => {
            bail!("this kind of document is not in this version yet")
        }
    };
    anstream::println!("{}", serde_json::to_string_pretty(&schema)?);
    Ok(Exit::Completed)
}
