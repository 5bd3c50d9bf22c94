//! An hour's worth of events in minutes: whether memory, files and latency stay as they are.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::bare::Mode;
use crate::callout;
use crate::field::{self, Field, Setup, Who};
use crate::load::open::{self, Schedule};
use crate::load::{Job, Tally};
use crate::report::Verdict;
use crate::stats;

/// Requests in flight before one is sent late: a stall of some milliseconds at thousands per second.
const CONNECTIONS: usize = 128;
/// Retention times that pass in one quarter: when the second begins, as much is removed as is added.
const RETENTIONS_PER_QUARTER: u32 = 2;
/// How long accepted events may take to be run after the last.
const DRAIN_TIME: Duration = Duration::from_secs(120);
const MIB: f64 = (1 << 20) as f64;

/// How much is sent, how fast, and how it is looked at.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Plan {
    pub events: u64,
    pub duration: Duration,
    pub retention: Duration,
    pub slices: u32,
}

/// What was seen at the end of one slice; counts and latencies are of that slice.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Slice {
    pub second: f64,
    pub accepted: u64,
    pub wrong: u64,
    /// Accepted since the start and not yet run.
    pub behind: u64,
    pub resident_mib: f64,
    pub database_mib: f64,
    pub log_mib: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// A finished soak.
#[derive(Debug, Serialize)]
pub struct Soak {
    pub plan: Plan,
    pub slices: Vec<Slice>,
    pub verdicts: Vec<Verdict>,
    pub wrong: u64,
}

impl Plan {
    /// An error where the second quarter would begin before retention has reached its steady state.
    pub fn check(&self) -> Result<()> {
        let least = self.retention * RETENTIONS_PER_QUARTER * 4;
        ensure!(
            self.duration >= least,
            "a retention of {} s needs a duration of at least {} s",
            self.retention.as_secs(),
            least.as_secs()
        );
        ensure!(self.slices >= 8, "at least 8 slices: two in each quarter");
        Ok(())
    }

    fn per_second(&self) -> u64 {
        (self.events as f64 / self.duration.as_secs_f64()).round().max(1.0) as u64
    }
}

impl Soak {
    pub fn passed(&self) -> bool {
        self.wrong == 0 && self.verdicts.iter().all(|verdict| verdict.met != Some(false))
    }
}

/// Soaks Callout, or bare c where there is none: it keeps every row, so only its memory and latency are judged.
pub fn run(setup: &Setup, plan: Plan) -> Result<Soak> {
    plan.check()?;
    let retention = format!("{}s", plan.retention.as_secs());
    let bare: &[Mode] = if setup.callout.is_some() { &[] } else { &[Mode::C] };
    let field = setup.field(bare, Some(&retention))?;
    let (who, job) = match &field.callout {
        Some(server) => {
            server.publish(&callout::flow("bench", field.upstream.address, 1, ""))?;
            (Who::Callout, server.event_job("bench"))
        }
        None => (Who::Bare(Mode::C), field::job(field.bare(Mode::C)?.address, "")),
    };
    println!(
        "{} events at {} per second, retention {retention}, {} slices",
        plan.events,
        plan.per_second(),
        plan.slices
    );
    let slices = soak(&field, who, &job, plan)?;
    let wrong = slices.iter().map(|slice| slice.wrong).sum();
    let verdicts = judge(&slices, plan.retention, who == Who::Callout);
    Ok(Soak { plan, slices, verdicts, wrong })
}

fn soak(field: &Field, who: Who, job: &Job, plan: Plan) -> Result<Vec<Slice>> {
    let schedule = Schedule { per_second: plan.per_second(), count: plan.events };
    let tally = Mutex::default();
    let called = field.upstream.count()?;
    let mut slices: Vec<Slice> = Vec::new();
    let start = Instant::now();
    print_head();
    let accepted = std::thread::scope(|scope| {
        let load = scope.spawn(|| open::run(job, schedule, CONNECTIONS, &tally));
        let mut accepted = 0;
        for ordinal in 1..=plan.slices {
            let end = plan.duration * ordinal / plan.slices;
            std::thread::sleep(end.saturating_sub(start.elapsed()));
            if ordinal == plan.slices {
                // The last slice holds what is answered after its end too.
                while !load.is_finished() {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            let taken = std::mem::take(&mut *open::lock(&tally));
            accepted += taken.finished;
            let slice = look(field, who, &taken, start.elapsed(), called + accepted)?;
            print_slice(&slice, &taken);
            slices.push(slice);
        }
        load.join().ok().context("the load panicked")??;
        Ok::<u64, anyhow::Error>(accepted)
    })?;
    wait_until_run(field, called + accepted)?;
    Ok(slices)
}

fn look(field: &Field, who: Who, taken: &Tally, at: Duration, due: u64) -> Result<Slice> {
    let memory = field.process(who)?.memory()?;
    let (database, log) = file_sizes(field.folder.path())?;
    Ok(Slice {
        second: at.as_secs_f64(),
        accepted: taken.finished,
        wrong: taken.wrong,
        behind: due.saturating_sub(field.upstream.count()?),
        resident_mib: memory.resident as f64 / MIB,
        database_mib: database as f64 / MIB,
        log_mib: log as f64 / MIB,
        p50_ms: taken.millis_at(0.5),
        p99_ms: taken.millis_at(0.99),
    })
}

/// Bytes of all files below the folder, and those of write-ahead logs apart; shared-memory indexes count as neither.
fn file_sizes(folder: &Path) -> Result<(u64, u64)> {
    let (mut database, mut log) = (0, 0);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A file may go while it is looked at.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            let (inner, inner_log) = file_sizes(&entry.path())?;
            database += inner;
            log += inner_log;
        } else if name.ends_with("-wal") {
            log += metadata.len();
        } else if !name.ends_with("-shm") {
            database += metadata.len();
        }
    }
    Ok((database, log))
}

fn wait_until_run(field: &Field, due: u64) -> Result<()> {
    let start = Instant::now();
    loop {
        let made = field.upstream.count()?;
        if made >= due {
            return Ok(());
        }
        if start.elapsed() > DRAIN_TIME {
            bail!("{} accepted events were never run", due - made);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Holds the last quarter against the second; the first is start and growth.
fn judge(slices: &[Slice], retention: Duration, files: bool) -> Vec<Verdict> {
    let quarter = slices.len() / 4;
    let second = &slices[quarter..2 * quarter];
    let last = &slices[slices.len() - quarter..];
    let held = |what: &str, unit, figure: fn(&Slice) -> f64, factor: f64, room: f64| {
        let of = |slices: &[Slice]| stats::median(slices.iter().map(figure));
        let aim = (factor * of(second) + room) * 100.0;
        Verdict::new(format!("{what}, last quarter"), of(last), unit, Some(aim.round() / 100.0))
    };
    let mut verdicts = vec![
        held("memory", "MiB", |slice| slice.resident_mib, 1.2, 8.0),
        held("p99", "ms", |slice| slice.p99_ms, 1.5, 2.0),
    ];
    if let Some(bytes) = bytes_per_run(slices, retention) {
        verdicts.push(Verdict::new("bytes of files per run, before any is removed", bytes, "B", None));
    }
    if files {
        verdicts.push(held("database", "MiB", |slice| slice.database_mib, 1.1, 16.0));
        verdicts.push(held("write-ahead log", "MiB", |slice| slice.log_mib, 1.1, 16.0));
    }
    verdicts
}

/// What a run adds to the database while nothing is old enough to be removed.
fn bytes_per_run(slices: &[Slice], retention: Duration) -> Option<f64> {
    let growing = slices.iter().take_while(|slice| slice.second <= retention.as_secs_f64() * 1.01);
    let growing: Vec<&Slice> = growing.collect();
    let (first, last) = (growing.first()?, growing.last()?);
    let runs: u64 = growing[1..].iter().map(|slice| slice.accepted).sum();
    (runs > 0).then(|| (last.database_mib - first.database_mib) * MIB / runs as f64)
}

fn print_head() {
    println!(
        "  {:>7} {:>9} {:>7} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8}",
        "second", "accepted", "wrong", "behind", "RSS MiB", "database", "log", "p50 ms", "p99 ms"
    );
}

fn print_slice(slice: &Slice, taken: &Tally) {
    println!(
        "  {:>7.0} {:>9} {:>7} {:>8} {:>8.1} {:>9.1} {:>8.1} {:>8.2} {:>8.2}",
        slice.second,
        slice.accepted,
        slice.wrong,
        slice.behind,
        slice.resident_mib,
        slice.database_mib,
        slice.log_mib,
        slice.p50_ms,
        slice.p99_ms
    );
    if let Some(wrong) = &taken.first_wrong {
        eprintln!("  the first wrong answer: {wrong}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MIB, Slice, judge};

    /// Sixteen slices of one second whose memory and database follow the given lines.
    fn slices(resident: fn(f64) -> f64, database: fn(f64) -> f64) -> Vec<Slice> {
        (1..=16)
            .map(|second| {
                let second = f64::from(second);
                let (resident_mib, database_mib) = (resident(second), database(second));
                Slice { second, accepted: 1000, resident_mib, database_mib, p99_ms: 1.0, ..Slice::default() }
            })
            .collect()
    }

    fn missed(slices: &[Slice]) -> Vec<String> {
        let verdicts = judge(slices, Duration::from_secs(2), true);
        verdicts
            .into_iter()
            .filter(|verdict| verdict.met == Some(false))
            .map(|verdict| verdict.what)
            .collect()
    }

    #[test]
    fn growth_that_goes_on_is_told_from_growth_that_ends() {
        assert_eq!(missed(&slices(|_| 20.0, |second| second.min(4.0) * 50.0)), [""; 0]);
        let leaking = slices(|second| 20.0 + second * 2.0, |second| second * 50.0);
        assert_eq!(missed(&leaking), ["memory, last quarter", "database, last quarter"]);
    }

    #[test]
    fn a_run_adds_what_the_database_grows_by_before_anything_is_old() {
        let verdicts =
            judge(&slices(|_| 20.0, |second| second * 2000.0 / MIB * 1000.0), Duration::from_secs(2), true);
        let told = verdicts.iter().find(|verdict| verdict.unit == "B").map(|verdict| verdict.value.round());
        assert_eq!(told, Some(2000.0));
    }
}
