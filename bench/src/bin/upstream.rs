//! The upstream of the bench: `upstream --listen 127.0.0.2:0`.

use std::net::SocketAddr;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Answers `/customers/{id}` and `/bodies/{bytes}`.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long)]
    listen: SocketAddr,
}

fn main() -> anyhow::Result<()> {
    callout_bench::upstream::run(Args::parse().listen)
}
