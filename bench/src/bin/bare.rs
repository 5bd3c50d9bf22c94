//! The bare server of the bench: `bare --listen 127.0.0.1:0 --upstream 127.0.0.2:7071 --mode c --data DIR`.

use std::net::SocketAddr;
use std::path::PathBuf;

use callout_bench::bare::{self, Mode};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Answers `POST /?calls=N&bytes=N&delay=MS` with `{"event": {"customerId": …}}`.
#[derive(Parser)]
struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long)]
    listen: SocketAddr,
    /// The upstream that is called.
    #[arg(long)]
    upstream: SocketAddr,
    /// What is done with its answer.
    #[arg(long, value_enum)]
    mode: Mode,
    /// The folder of the database: mode c only.
    #[arg(long)]
    data: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    bare::run(args.listen, args.upstream, args.mode, args.data)
}
