//! What a server costs before its first event: time to start, memory, bytes on disk.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::bare::Mode;
use crate::callout::{self, Installation};
use crate::field::{self, Bare, Setup, Upstream};
use crate::process::Process;
use crate::report::{Table, Verdict};
use crate::rest;
use crate::stats;

/// How long a start may take.
const START_TIME: Duration = Duration::from_secs(30);
/// How long a started server is left alone before its memory is read.
const REST_TIME: Duration = Duration::from_secs(2);
const MIB: f64 = (1 << 20) as f64;

/// First event after a start, idle memory and binary size, of bare c and of Callout.
pub fn table(setup: &Setup) -> Result<Table> {
    let upstream = Upstream::start(setup)?;
    let mut verdicts = bare(setup, &upstream)?;
    if let Some(binary) = &setup.callout {
        verdicts.extend(of_callout(setup, &upstream, binary)?);
    }
    Ok(Table { title: "Standing by".into(), series: Vec::new(), verdicts })
}

fn bare(setup: &Setup, upstream: &Upstream) -> Result<Vec<Verdict>> {
    let folder = setup.folder()?;
    let mut starts = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..setup.rounds {
        let address = rest::free_port([127, 0, 0, 1])?;
        let request = field::job(address, "").request;
        let start = Instant::now();
        let process = Bare::spawn(setup, Mode::C, address, upstream.address, folder.path())?;
        first_answer(&process, address, &request)?;
        starts.push(start.elapsed().as_secs_f64() * 1e3);
        idle.push(idle_mib(&process)?);
    }
    Ok(vec![
        Verdict::new("first event after start: bare c", stats::median(starts), "ms", None),
        Verdict::new("memory after its first event: bare c", stats::median(idle), "MiB", None),
        Verdict::new("binary: bare", size_mib(&setup.programs.join("bare"))?, "MiB", None),
    ])
}

fn of_callout(setup: &Setup, upstream: &Upstream, binary: &Path) -> Result<Vec<Verdict>> {
    let folder = setup.folder()?;
    let installation =
        Installation { binary: binary.to_owned(), folder: folder.path().to_owned(), retention: None };
    // A first start makes keys, tables and the flow: what is measured is every later one.
    let first = installation.start(&setup.cores)?;
    first.publish(&callout::flow("bench", upstream.address, 1, ""))?;
    let job = first.run_job("bench");
    first.process.stop()?;
    let (mut starts, mut untouched, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setup.rounds {
        let quiet = installation.start(&setup.cores)?;
        untouched.push(idle_mib(&quiet.process)?);
        quiet.process.stop()?;
        let address = rest::free_port([127, 0, 0, 1])?;
        let start = Instant::now();
        let process = installation.spawn(address, &setup.cores)?;
        first_answer(&process, address, &job.request)?;
        starts.push(start.elapsed().as_secs_f64() * 1e3);
        idle.push(idle_mib(&process)?);
        process.stop()?;
    }
    Ok(vec![
        Verdict::new("first event after start: callout", stats::median(starts), "ms", Some(150.0)),
        Verdict::new("idle memory: callout", stats::median(untouched), "MiB", Some(30.0)),
        Verdict::new("memory after its first event: callout", stats::median(idle), "MiB", None),
        Verdict::new("binary: callout (50 MB are 47.68 MiB)", size_mib(binary)?, "MiB", Some(47.68)),
    ])
}

/// A server may listen before it is ready: only a 200 is an answer.
fn first_answer(process: &Process, address: std::net::SocketAddr, request: &[u8]) -> Result<()> {
    let start = Instant::now();
    loop {
        let (status, body) = rest::call_when_up(address, request, START_TIME)?;
        if status == 200 {
            return Ok(());
        }
        if status != 503 || start.elapsed() > START_TIME {
            let body = String::from_utf8_lossy(&body);
            bail!("the first event was answered {status}: {body}\n{}", process.last_lines());
        }
    }
}

fn idle_mib(process: &Process) -> Result<f64> {
    std::thread::sleep(REST_TIME);
    process.settle()?;
    Ok(process.memory()?.resident as f64 / MIB)
}

fn size_mib(binary: &Path) -> Result<f64> {
    Ok(std::fs::metadata(binary)?.len() as f64 / MIB)
}
