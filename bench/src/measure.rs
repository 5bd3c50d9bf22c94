//! Measures one server under one load, and several in turn.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use crate::field::{Field, Who};
use crate::load::{Job, Tally, closed, open};
use crate::stats;

/// Connections of the open loop: so many requests can be in flight before one is sent late.
const OPEN_CONNECTIONS: usize = 64;
/// How long accepted events may take to be run after their load.
const DRAIN_TIME: Duration = Duration::from_secs(120);
/// Between two looks at how many have been run.
const DRAIN_EVERY: Duration = Duration::from_millis(10);

/// How requests are sent.
#[derive(Clone, Copy, Debug)]
pub enum Pattern {
    Closed { connections: usize },
    Open { per_second: u64 },
}

/// One thing to measure.
#[derive(Debug)]
pub struct Entry {
    pub label: String,
    pub who: Who,
    pub job: Job,
    /// Upstream requests of one run: a run is finished when they were made.
    pub calls: u64,
    pub pattern: Pattern,
}

/// What one round of one entry came to.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub runs: u64,
    pub wrong: u64,
    pub runs_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// User and system time of the whole server, until it was idle again.
    pub cpu_us_per_run: f64,
    pub resident_mib: f64,
    pub peak_mib: f64,
}

/// All rounds of one entry.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    pub label: String,
    pub samples: Vec<Sample>,
}

/// One figure of a sample.
pub type Figure = fn(&Sample) -> f64;

impl Series {
    pub fn values(&self, figure: Figure) -> Vec<f64> {
        self.samples.iter().map(figure).collect()
    }

    pub fn median(&self, figure: Figure) -> f64 {
        stats::median(self.values(figure))
    }
}

/// Every entry once per round, every second round in the other order: what drifts meanwhile drifts for all.
pub fn rounds(field: &Field, entries: &[Entry], rounds: usize, duration: Duration) -> Result<Vec<Series>> {
    let mut series: Vec<Series> =
        entries.iter().map(|entry| Series { label: entry.label.clone(), samples: Vec::new() }).collect();
    for entry in entries {
        load(entry, duration / 4)?;
        drained(field, entry)?;
    }
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let sample = once(field, &entries[at], duration)?;
            series[at].samples.push(sample);
        }
    }
    Ok(series)
}

fn once(field: &Field, entry: &Entry, duration: Duration) -> Result<Sample> {
    let process = field.process(entry.who)?;
    process.settle()?;
    let called = field.upstream.count()?;
    let cpu = process.cpu()?;
    let start = Instant::now();
    let (tally, mut elapsed) = load(entry, duration)?;
    if wait_for_calls(field, called + tally.finished * entry.calls)? {
        // Some were run behind their answers: they count when they were run.
        elapsed = start.elapsed();
    }
    process.settle()?;
    let spent = process.cpu()?.saturating_sub(cpu);
    let memory = process.memory()?;
    if let Some(wrong) = &tally.first_wrong {
        eprintln!("{}: {} wrong answers, the first: {wrong}", entry.label, tally.wrong);
    }
    let runs = tally.finished;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Ok(Sample {
        runs,
        wrong: tally.wrong,
        runs_per_second: runs as f64 / elapsed.as_secs_f64(),
        p50_ms: tally.millis_at(0.5),
        p99_ms: tally.millis_at(0.99),
        cpu_us_per_run: spent.as_secs_f64() * 1e6 / runs.max(1) as f64,
        resident_mib: mib(memory.resident),
        peak_mib: mib(memory.peak),
    })
}

fn load(entry: &Entry, duration: Duration) -> Result<(Tally, Duration)> {
    match entry.pattern {
        Pattern::Closed { connections } => closed::run(&entry.job, connections, duration),
        Pattern::Open { per_second } => {
            let tally = Mutex::default();
            let schedule = open::Schedule::lasting(per_second, duration);
            let elapsed = open::run(&entry.job, schedule, OPEN_CONNECTIONS, &tally)?;
            Ok((std::mem::take(&mut open::lock(&tally)), elapsed))
        }
    }
}

/// Waits for the end of what the warm-up has left.
fn drained(field: &Field, entry: &Entry) -> Result<()> {
    let mut before = field.upstream.count()?;
    loop {
        field.process(entry.who)?.settle()?;
        let after = field.upstream.count()?;
        if after == before {
            return Ok(());
        }
        before = after;
    }
}

/// Waits until the upstream has been called this often; whether there was anything to wait for.
fn wait_for_calls(field: &Field, calls: u64) -> Result<bool> {
    let start = Instant::now();
    let mut waited = false;
    loop {
        let made = field.upstream.count()?;
        if made >= calls {
            return Ok(waited);
        }
        if start.elapsed() > DRAIN_TIME {
            bail!("{} calls were never made: runs were accepted and lost, or are stuck", calls - made);
        }
        waited = true;
        std::thread::sleep(DRAIN_EVERY);
    }
}
