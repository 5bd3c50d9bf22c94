//! A child process held on its cores, and what it has used.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a process may take to end by itself once it is asked to.
const STOP_TIME: Duration = Duration::from_secs(10);
/// The window in which an idle process uses next to nothing.
const IDLE_WINDOW: Duration = Duration::from_millis(100);
/// What "next to nothing" is: 1 % of a core, which timers may take.
const IDLE_CPU: Duration = Duration::from_millis(1);
/// How long a process may work on after its load has ended.
const SETTLE_TIME: Duration = Duration::from_secs(30);
/// Lines of output that are kept, for tokens and for telling why a process ended.
const LINES_MAX: usize = 1000;

/// Where the server runs, and where upstream and load do.
#[derive(Clone, Debug)]
pub struct Cores {
    pub server: Vec<usize>,
    pub load: Vec<usize>,
}

impl Cores {
    /// The first cores that this process may use for the server, the last one for the rest. With a single core both
    /// share it.
    pub fn split(for_server: usize) -> Result<Self> {
        let allowed = sched_getaffinity(Pid::from_raw(0))?;
        let mut cores = (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false));
        let all: Vec<usize> = cores.by_ref().collect();
        let last = all.last().copied().context("no core to run on")?;
        Ok(Self { server: all.into_iter().take(for_server.max(1)).collect(), load: vec![last] })
    }
}

/// Holds this thread, and what it starts from now on, on these cores.
pub fn pin(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core)?;
    }
    sched_setaffinity(Pid::from_raw(0), &set).context("cannot choose the cores")
}

/// A child that is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    lines: Arc<Mutex<Vec<String>>>,
}

/// Resident bytes, now and at most.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    pub resident: u64,
    pub peak: u64,
}

impl Process {
    /// Starts `command` on `cores`: a child inherits them from the thread that starts it, and so do all its threads.
    pub fn start(name: &str, mut command: Command, cores: &Cores, on: &[usize]) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        pin(on)?;
        let spawned = command.spawn();
        pin(&cores.load)?;
        let mut child = spawned.with_context(|| format!("cannot start {name}"))?;
        let lines = Arc::default();
        if let Some(output) = child.stdout.take() {
            collect(output, Arc::clone(&lines))?;
        }
        if let Some(output) = child.stderr.take() {
            collect(output, Arc::clone(&lines))?;
        }
        Ok(Self { child, name: name.to_owned(), lines })
    }

    /// What `find` makes of the first line, of either stream, in which it finds something.
    pub fn find_line<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().find_map(|line| find(line))
    }

    /// The last lines of its output, for an error.
    pub fn last_lines(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// An error if it has ended.
    pub fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} has ended ({status}):\n{}", self.name, self.last_lines());
        }
        Ok(())
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// User and system time of all its threads, ended ones too, to the nanosecond: `/proc/PID/stat` counts in 10 ms.
    pub fn cpu(&self) -> Result<Duration> {
        let clock = nix::time::clock_getcpuclockid(self.pid()).with_context(|| {
            format!("{} has no CPU clock: has it ended?\n{}", self.name, self.last_lines())
        })?;
        Ok(Duration::from(clock.now()?))
    }

    pub fn memory(&self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib << 10)
        };
        let resident = bytes("VmRSS:").with_context(|| format!("{} has ended", self.name))?;
        Ok(Memory { resident, peak: bytes("VmHWM:").unwrap_or(resident) })
    }

    /// Waits until it is idle: what it does behind its answers is part of what they cost.
    pub fn settle(&self) -> Result<()> {
        let start = Instant::now();
        let mut before = self.cpu()?;
        while start.elapsed() < SETTLE_TIME {
            std::thread::sleep(IDLE_WINDOW);
            let after = self.cpu()?;
            if after.saturating_sub(before) < IDLE_CPU {
                return Ok(());
            }
            before = after;
        }
        bail!("{} was still busy {} s after its load", self.name, SETTLE_TIME.as_secs())
    }

    /// Asks it to end, as an operator would, and waits for it.
    pub fn stop(mut self) -> Result<()> {
        kill(self.pid(), Signal::SIGTERM)?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > STOP_TIME {
                bail!("{} did not end within {} s of SIGTERM", self.name, STOP_TIME.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(output: impl Read + Send + 'static, lines: Arc<Mutex<Vec<String>>>) -> Result<()> {
    std::thread::Builder::new().spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            // A token stands near the start, a reason near the end: what lies between may go.
            if lines.len() >= LINES_MAX {
                lines.remove(LINES_MAX / 2);
            }
            lines.push(line);
        }
    })?;
    Ok(())
}
