//! Whether this machine was ours alone while something was measured.

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::unistd::{SysconfVar, sysconf};

/// Others' share of the cores above which figures scatter too much to be believed.
pub const OTHERS_MAX: f64 = 0.05;

/// Seconds of CPU since the machine, and since this process, started.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    busy: f64,
    all: f64,
    own: f64,
}

impl Watch {
    pub fn start() -> Result<Self> {
        let stat = std::fs::read_to_string("/proc/stat")?;
        let ticks = sysconf(SysconfVar::CLK_TCK)?.context("no clock ticks")? as f64;
        let (busy, all) = busy_and_all(&stat).context("/proc/stat has no line for all cores")?;
        Ok(Self { busy: busy / ticks, all: all / ticks, own: own()? })
    }

    /// The share of all cores that others have taken since. Children count once they have ended.
    pub fn others(&self) -> Result<f64> {
        let now = Self::start()?;
        let others = (now.busy - self.busy) - (now.own - self.own);
        Ok((others / (now.all - self.all).max(f64::MIN_POSITIVE)).max(0.0))
    }
}

fn own() -> Result<f64> {
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let mut own = 0.0;
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(who)?;
        own += seconds(usage.user_time()) + seconds(usage.system_time());
    }
    Ok(own)
}

/// Ticks of the line for all cores: user, nice, system, idle, iowait, irq, softirq, steal. Interrupts count as nobody's:
/// whether a process's own time holds those of its loopback traffic depends on how the kernel was built.
fn busy_and_all(stat: &str) -> Option<(f64, f64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<f64> = line.split_whitespace().take(8).filter_map(|tick| tick.parse().ok()).collect();
    let all: f64 = ticks.iter().sum();
    Some((all - ticks.get(3..7)?.iter().sum::<f64>(), all))
}

#[cfg(test)]
mod tests {
    use super::busy_and_all;

    #[test]
    fn waiting_and_interrupts_are_not_being_busy() {
        let stat = "cpu  10 1 20 100 50 1 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(busy_and_all(stat), Some((34.0, 187.0)));
    }
}
