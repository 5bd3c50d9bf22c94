//! The bench: `callout-bench --callout PATH`, and `callout-bench soak --callout PATH`.

use std::process::ExitCode;

use callout_bench::command::{self, Command};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match command::run(Command::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // The chain of reasons; a backtrace of the bench would tell nobody more.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
