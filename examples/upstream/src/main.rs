//! Starts the example API on 127.0.0.2:7070, or on the address that is given.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::net::TcpListener;

/// A loopback address of its own, so that opening it in an allow-list opens nothing else.
const ADDRESS: &str = "127.0.0.2:7070";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| ADDRESS.to_owned());
    let address: SocketAddr =
        address.parse().with_context(|| format!("{address} is not an address and port"))?;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tell(&format!("example upstream on http://{}", listener.local_addr()?));
    Ok(example_upstream::serve(listener).await?)
}

#[allow(clippy::print_stdout)]
fn tell(line: &str) {
    println!("{line}");
}
