//! The bare server: the same job as Callout's flow, with nothing around it.

pub mod job;
pub mod pool;
pub mod record;
pub mod rows;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::serve;

/// What the bare server does with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Parses it into a tree.
    A,
    /// Reads the picked fields only.
    APick,
    /// As `a`, and one durable row before the caller is answered.
    C,
}

impl Mode {
    /// The word on the command line and in the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::APick => "a-pick",
            Self::C => "c",
        }
    }
}

/// Serves until the process is ended. `data` is the folder of the database, which mode c needs.
pub fn run(listen: SocketAddr, upstream: SocketAddr, mode: Mode, data: Option<PathBuf>) -> Result<()> {
    let rows = match mode {
        Mode::A | Mode::APick => None,
        Mode::C => Some(rows::Rows::open(&data.context("mode c needs --data")?)?),
    };
    let job = Rc::new(job::Job { mode, pool: pool::Pool::new(upstream)?, rows });
    serve::run(listen, move |request| Rc::clone(&job).answer(request))
}
