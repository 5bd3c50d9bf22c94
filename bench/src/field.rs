//! The processes of one scenario: an upstream and fresh servers beside one another.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bare::Mode;
use crate::callout::{self, Callout, Installation};
use crate::load::{Expect, Job};
use crate::process::{Cores, Process};
use crate::rest;

/// How long a process of this crate may take to listen.
const START_TIME: Duration = Duration::from_secs(10);

/// What all scenarios share.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The folder of this program and its siblings.
    pub programs: PathBuf,
    /// None where only the bare servers are measured.
    pub callout: Option<PathBuf>,
    pub cores: Cores,
    /// Where databases live while they are measured.
    pub data: PathBuf,
    pub rounds: usize,
    /// How long each load lasts.
    pub duration: Duration,
}

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Bare(Mode),
    Callout,
}

/// The upstream, and how often it was called.
#[derive(Debug)]
pub struct Upstream {
    _process: Process,
    pub address: SocketAddr,
}

/// One running bare server.
#[derive(Debug)]
pub struct Bare {
    pub mode: Mode,
    pub process: Process,
    pub address: SocketAddr,
}

/// Everything that runs while one scenario is measured; dropped, all of it ends.
#[derive(Debug)]
pub struct Field {
    pub upstream: Upstream,
    pub bare: Vec<Bare>,
    pub callout: Option<Callout>,
    pub folder: TempDir,
}

impl Setup {
    /// A new folder under the data folder.
    pub fn folder(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("callout-bench-").tempdir_in(&self.data)?)
    }

    pub fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// The upstream and these bare servers alone.
    pub fn field_without_callout(&self, modes: &[Mode]) -> Result<Field> {
        Self { callout: None, ..self.clone() }.field(modes, None)
    }

    /// Starts the upstream, the bare servers of these modes, and Callout where there is one to measure.
    pub fn field(&self, modes: &[Mode], retention: Option<&str>) -> Result<Field> {
        let folder = self.folder()?;
        let upstream = Upstream::start(self)?;
        let mut bare = Vec::new();
        for mode in modes {
            bare.push(Bare::start(self, *mode, upstream.address, folder.path())?);
        }
        let callout = match &self.callout {
            Some(binary) => {
                let home = folder.path().join("callout");
                std::fs::create_dir(&home)?;
                let retention = retention.map(str::to_owned);
                Some(Installation { binary: binary.clone(), folder: home, retention }.start(&self.cores)?)
            }
            None => None,
        };
        Ok(Field { upstream, bare, callout, folder })
    }
}

impl Upstream {
    pub fn start(setup: &Setup) -> Result<Self> {
        let address = rest::free_port([127, 0, 0, 2])?;
        let mut command = setup.program("upstream");
        command.args(["--listen", &address.to_string()]);
        let process = Process::start("upstream", command, &setup.cores, &setup.cores.load)?;
        let upstream = Self { _process: process, address };
        upstream.count().context("the upstream did not start")?;
        Ok(upstream)
    }

    /// How many customers and documents it has answered with.
    pub fn count(&self) -> Result<u64> {
        let request = rest::request(self.address, "GET", "/count", None, None);
        let (_, count) = rest::call_when_up(self.address, &request, START_TIME)?;
        Ok(std::str::from_utf8(&count)?.parse()?)
    }
}

impl Bare {
    fn start(setup: &Setup, mode: Mode, upstream: SocketAddr, folder: &Path) -> Result<Self> {
        let address = rest::free_port([127, 0, 0, 1])?;
        let process = Self::spawn(setup, mode, address, upstream, folder)?;
        rest::call_when_up(address, &job(address, "").request, START_TIME)
            .with_context(|| format!("bare {} did not start:\n{}", mode.word(), process.last_lines()))?;
        Ok(Self { mode, process, address })
    }

    /// Starts the server and returns without waiting for anything.
    pub fn spawn(
        setup: &Setup,
        mode: Mode,
        address: SocketAddr,
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Process> {
        let mut command = setup.program("bare");
        command
            .args(["--listen", &address.to_string(), "--upstream", &upstream.to_string()])
            .args(["--mode", mode.word()])
            .arg("--data")
            .arg(folder.join("bare"));
        Process::start(mode.word(), command, &setup.cores, &setup.cores.server)
    }
}

/// The event posted to a bare server; `query` asks for more than the main job.
pub fn job(address: SocketAddr, query: &str) -> Job {
    let body: Value = json!({ "event": callout::event("bench") });
    let request = rest::request(address, "POST", &format!("/{query}"), None, Some(&body));
    Job {
        address,
        request,
        expect: Expect::new(200, &[r#""status":"completed""#, r#""customer_tier":"gold""#]),
    }
}

impl Field {
    pub fn process(&self, who: Who) -> Result<&Process> {
        match who {
            Who::Bare(mode) => Ok(&self.bare(mode)?.process),
            Who::Callout => Ok(&self.callout()?.process),
        }
    }

    pub fn bare(&self, mode: Mode) -> Result<&Bare> {
        let found = self.bare.iter().find(|bare| bare.mode == mode);
        found.with_context(|| format!("bare {} was not started", mode.word()))
    }

    pub fn callout(&self) -> Result<&Callout> {
        self.callout.as_ref().context("callout was not started")
    }
}
