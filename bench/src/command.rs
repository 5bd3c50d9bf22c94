//! The command line: what is measured, and where the figures go.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::callout::Installation;
use crate::field::Setup;
use crate::machine::{OTHERS_MAX, Watch};
use crate::process::{self, Cores};
use crate::report::{Report, Table};
use crate::soak::{self, Plan};
use crate::{facts, scenario, standing};

/// Rounds and seconds of each load, in full and with `--quick`.
const FULL: (usize, f64) = (5, 4.0);
const QUICK: (usize, f64) = (3, 1.5);

/// Measures Callout beside bare servers that do the same job, on loopback only.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Command {
    #[command(subcommand)]
    soak: Option<Other>,
    #[command(flatten)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Sends an hour's worth of events in minutes and judges memory, files and latency.
    Soak(SoakArgs),
}

#[derive(Debug, Args)]
struct Bench {
    #[command(flatten)]
    common: Common,
    /// A shorter run: figures scatter more.
    #[arg(long)]
    quick: bool,
    /// Rounds of each load.
    #[arg(long)]
    rounds: Option<usize>,
    /// Seconds of each load.
    #[arg(long)]
    seconds: Option<f64>,
    /// Only these scenarios.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Scenario>,
}

#[derive(Debug, Args)]
struct Common {
    /// The callout binary.
    #[arg(long, required_unless_present = "bare_only")]
    callout: Option<PathBuf>,
    /// Measures the bare servers alone, whatever `--callout` says.
    #[arg(long)]
    bare_only: bool,
    /// Where databases live meanwhile: on the kind of disk that is meant. The system's folder for temporary files by
    /// default.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Cores for the server; upstream and load take the last one.
    #[arg(long, default_value_t = 1)]
    server_cores: usize,
    /// Writes all figures of all rounds here, too.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SoakArgs {
    #[command(flatten)]
    common: Common,
    /// Minutes whose events are sent.
    #[arg(long, default_value_t = 60)]
    minutes_of_events: u64,
    /// Events in each second of those minutes.
    #[arg(long, default_value_t = 500)]
    events_per_second: u64,
    /// Seconds in which they are sent.
    #[arg(long, default_value_t = 240)]
    duration: u64,
    /// Seconds for which the server keeps runs.
    #[arg(long, default_value_t = 30)]
    retention: u64,
    /// How often it is looked at.
    #[arg(long, default_value_t = 48)]
    slices: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    Main,
    Rates,
    Chains,
    Bodies,
    InFlight,
    Standing,
}

impl Scenario {
    fn tables(self, setup: &Setup) -> Result<Vec<Table>> {
        match self {
            Self::Main => Ok(vec![scenario::main_job(setup)?]),
            Self::Rates => scenario::rates(setup),
            Self::Chains => Ok(vec![scenario::chains(setup)?]),
            Self::Bodies => scenario::bodies(setup),
            Self::InFlight => Ok(vec![scenario::in_flight(setup)?]),
            Self::Standing => Ok(vec![standing::table(setup)?]),
        }
    }
}

/// Whether everything that must hold did.
pub fn run(command: Command) -> Result<bool> {
    match command.soak {
        Some(Other::Soak(args)) => soak(&args),
        None => bench(&command.bench),
    }
}

fn bench(args: &Bench) -> Result<bool> {
    let (rounds, seconds) = if args.quick { QUICK } else { FULL };
    let seconds = args.seconds.unwrap_or(seconds);
    ensure!(seconds.is_finite() && seconds > 0.0, "--seconds must be above 0");
    let rounds = args.rounds.unwrap_or(rounds).max(1);
    let setup = args.common.setup(rounds, Duration::from_secs_f64(seconds))?;
    let facts = facts::lines(&setup)?;
    for line in &facts {
        println!("{line}");
    }
    let chosen = |scenario: &Scenario| args.only.is_empty() || args.only.contains(scenario);
    let mut tables = Vec::new();
    for scenario in Scenario::value_variants().iter().filter(|scenario| chosen(scenario)) {
        let watch = Watch::start()?;
        let found = scenario.tables(&setup)?;
        found.iter().for_each(Table::print);
        tables.extend(found);
        let others = watch.others()?;
        if others > OTHERS_MAX {
            println!(
                "  Others took {:.0} % of this machine meanwhile: do not rely on these.",
                others * 100.0
            );
        }
    }
    let wrong = tables.iter().map(Table::wrong).sum();
    let report = Report { facts, tables, wrong };
    args.common.write(&report)?;
    println!("\n{wrong} wrong answers");
    Ok(wrong == 0)
}

fn soak(args: &SoakArgs) -> Result<bool> {
    let setup = args.common.setup(1, Duration::from_secs(1))?;
    let plan = Plan {
        events: args.minutes_of_events * 60 * args.events_per_second,
        duration: Duration::from_secs(args.duration),
        retention: Duration::from_secs(args.retention),
        slices: args.slices,
    };
    let soak = soak::run(&setup, plan)?;
    for verdict in &soak.verdicts {
        println!("{}", verdict.line());
    }
    args.common.write(&soak)?;
    println!("{} wrong answers; {}", soak.wrong, if soak.passed() { "passed" } else { "FAILED" });
    Ok(soak.passed())
}

impl Common {
    fn setup(&self, rounds: usize, duration: Duration) -> Result<Setup> {
        let callout = self.callout.clone().filter(|_| !self.bare_only);
        if let Some(binary) = &callout {
            Installation::check(binary)?;
        }
        let cores = Cores::split(self.server_cores)?;
        process::pin(&cores.load)?;
        let program = std::env::current_exe()?;
        let programs = program.parent().map(Path::to_owned).context("this program stands in no folder")?;
        Ok(Setup {
            programs,
            callout,
            cores,
            data: self.data.clone().unwrap_or_else(std::env::temp_dir),
            rounds,
            duration,
        })
    }

    fn write(&self, found: &impl Serialize) -> Result<()> {
        let Some(file) = &self.json else { return Ok(()) };
        std::fs::write(file, serde_json::to_vec_pretty(found)?)
            .with_context(|| format!("cannot write {}", file.display()))
    }
}
