//! The loads that are measured, and the aims they are held against.

use anyhow::Result;

use crate::bare::Mode;
use crate::callout;
use crate::field::{self, Field, Setup, Who};
use crate::load::Job;
use crate::measure::{self, Entry, Figure, Pattern, Sample, Series};
use crate::report::{Table, Verdict};
use crate::stats;

/// Connections at saturation.
const CONNECTIONS: usize = 64;
/// Runs per second below saturation.
const RATES: [u64; 2] = [200, 500];
/// Calls of the chained runs, few and many: their difference is what a further call costs.
const CHAINS: [usize; 2] = [5, 20];
/// Bytes of a body, connections that ask for it, and how often an aim speaks of it.
const BODIES: [Body; 3] = [
    Body { name: "1 KB", bytes: 1_000, connections: 64, aim: None },
    Body { name: "100 KB", bytes: 100_000, connections: 16, aim: Some(2.0) },
    Body { name: "5 MB", bytes: 5_000_000, connections: 4, aim: Some(2.0) },
];
/// The largest body that a run's variables hold; above it only `/v1/calls` is measured.
const RUN_BODY_MAX: usize = 1 << 20;
const IN_FLIGHT: usize = 512;
const DELAY_MS: f64 = 200.0;

const WAIT: &str = "callout run, waited for";
const EVENT: &str = "callout event, 202, run after";
const CALL: &str = "callout /v1/calls";

struct Body {
    name: &'static str,
    bytes: usize,
    connections: usize,
    aim: Option<f64>,
}

/// The entries of one scenario, gathered in the order of the table.
struct Entries<'a> {
    field: &'a Field,
    all: Vec<Entry>,
}

impl<'a> Entries<'a> {
    fn of(field: &'a Field) -> Self {
        Self { field, all: Vec::new() }
    }

    fn bare(&mut self, mode: Mode, suffix: &str, query: &str, calls: usize, pattern: Pattern) -> Result<()> {
        let job = field::job(self.field.bare(mode)?.address, query);
        self.push(format!("bare {}{suffix}", mode.word()), Who::Bare(mode), job, calls, pattern);
        Ok(())
    }

    fn callout(&mut self, label: &str, suffix: &str, job: Job, calls: usize, pattern: Pattern) {
        self.push(format!("{label}{suffix}"), Who::Callout, job, calls, pattern);
    }

    fn push(&mut self, label: String, who: Who, job: Job, calls: usize, pattern: Pattern) {
        self.all.push(Entry { label, who, job, calls: calls as u64, pattern });
    }

    fn measure(&self, setup: &Setup) -> Result<Vec<Series>> {
        measure::rounds(self.field, &self.all, setup.rounds, setup.duration)
    }
}

/// A figure of one series over that of another, round by round; nothing where one of them was not measured.
fn over(
    series: &[Series],
    (label, baseline): (&str, &str),
    (name, figure): (&str, Figure),
    aim: Option<f64>,
) -> Option<Verdict> {
    let find = |label: &str| series.iter().find(|series| series.label == label);
    let ratio = stats::ratio(&find(label)?.values(figure), &find(baseline)?.values(figure));
    Some(Verdict::new(format!("{name}: {label} / {baseline}"), ratio, "×", aim))
}

const CPU: (&str, Figure) = ("CPU", |sample: &Sample| sample.cpu_us_per_run);
const P50: (&str, Figure) = ("p50", |sample: &Sample| sample.p50_ms);

/// The main job as fast as it goes.
pub fn main_job(setup: &Setup) -> Result<Table> {
    let field = setup.field(&[Mode::A, Mode::APick, Mode::C], None)?;
    let pattern = Pattern::Closed { connections: CONNECTIONS };
    let mut entries = Entries::of(&field);
    for mode in [Mode::A, Mode::APick, Mode::C] {
        entries.bare(mode, "", "", 1, pattern)?;
    }
    if let Some(server) = &field.callout {
        server.publish(&callout::flow("bench", field.upstream.address, 1, ""))?;
        entries.callout(WAIT, "", server.run_job("bench"), 1, pattern);
        entries.callout(EVENT, "", server.event_job("bench"), 1, pattern);
        let node = callout::customer_node(field.upstream.address);
        entries.callout(CALL, "", server.call_job(&node), 1, pattern);
    }
    let series = entries.measure(setup)?;
    let verdicts = [
        over(&series, ("bare c", "bare a"), CPU, None),
        over(&series, ("bare a-pick", "bare a"), CPU, None),
        over(&series, (WAIT, "bare c"), CPU, Some(1.5)),
        over(&series, (EVENT, "bare c"), CPU, Some(2.0)),
        over(&series, (CALL, "bare a"), CPU, Some(2.0)),
    ];
    let title = format!("Main job at saturation, {CONNECTIONS} connections");
    Ok(Table { title, series, verdicts: verdicts.into_iter().flatten().collect() })
}

/// The main job at a rate that leaves the server mostly idle.
pub fn rates(setup: &Setup) -> Result<Vec<Table>> {
    let field = setup.field(&[Mode::A, Mode::C], None)?;
    if let Some(server) = &field.callout {
        server.publish(&callout::flow("bench", field.upstream.address, 1, ""))?;
    }
    RATES.iter().map(|per_second| at_rate(setup, &field, *per_second)).collect()
}

fn at_rate(setup: &Setup, field: &Field, per_second: u64) -> Result<Table> {
    let pattern = Pattern::Open { per_second };
    let mut entries = Entries::of(field);
    entries.bare(Mode::A, "", "", 1, pattern)?;
    entries.bare(Mode::C, "", "", 1, pattern)?;
    if let Some(server) = &field.callout {
        entries.callout(WAIT, "", server.run_job("bench"), 1, pattern);
    }
    let series = entries.measure(setup)?;
    let mut verdicts: Vec<Verdict> = [
        over(&series, ("bare c", "bare a"), P50, None),
        over(&series, (WAIT, "bare c"), CPU, None),
        over(&series, (WAIT, "bare c"), P50, Some(1.7)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [_, c, wait] = &series[..] {
        let p99 = |series: &Series| series.median(|sample| sample.p99_ms);
        verdicts.push(Verdict::new("p99: callout run - bare c", p99(wait) - p99(c), "ms", Some(2.0)));
    }
    let title = format!("Main job at {per_second} runs/s, latency from the moment a request was due");
    Ok(Table { title, series, verdicts })
}

/// Calls that follow one another: what each further one costs.
pub fn chains(setup: &Setup) -> Result<Table> {
    let field = setup.field(&[Mode::A, Mode::C], None)?;
    let pattern = Pattern::Closed { connections: CONNECTIONS };
    let mut entries = Entries::of(&field);
    for calls in CHAINS {
        let (suffix, query) = (format!(", {calls} calls"), format!("?calls={calls}"));
        entries.bare(Mode::A, &suffix, &query, calls, pattern)?;
        entries.bare(Mode::C, &suffix, &query, calls, pattern)?;
        if let Some(server) = &field.callout {
            let slug = format!("chain{calls}");
            server.publish(&callout::flow(&slug, field.upstream.address, calls, ""))?;
            entries.callout(WAIT, &suffix, server.run_job(&slug), calls, pattern);
        }
    }
    let series = entries.measure(setup)?;
    let (few, many) = series.split_at(series.len() / 2);
    let slopes: Vec<Vec<f64>> = few
        .iter()
        .zip(many)
        .map(|(few, many)| {
            stats::slopes(&few.values(CPU.1), &many.values(CPU.1), (CHAINS[1] - CHAINS[0]) as f64)
        })
        .collect();
    let mut verdicts: Vec<Verdict> = ["bare a", "bare c", WAIT]
        .iter()
        .zip(&slopes)
        .map(|(label, slope)| {
            Verdict::new(format!("each further call: {label}"), stats::median(slope.clone()), "µs", None)
        })
        .collect();
    if let [_, c, wait] = &slopes[..] {
        let what = "each further call: callout run / bare c";
        verdicts.push(Verdict::new(what, stats::ratio(wait, c), "×", Some(2.0)));
    }
    Ok(Table { title: "Chained calls at saturation".into(), series, verdicts })
}

/// Answers of three sizes of which two fields are picked.
pub fn bodies(setup: &Setup) -> Result<Vec<Table>> {
    let field = setup.field(&[Mode::A, Mode::APick], None)?;
    BODIES.iter().map(|body| of_size(setup, &field, body)).collect()
}

fn of_size(setup: &Setup, field: &Field, body: &Body) -> Result<Table> {
    let pattern = Pattern::Closed { connections: body.connections };
    let query = format!("?bytes={}", body.bytes);
    let mut entries = Entries::of(field);
    entries.bare(Mode::A, "", &query, 1, pattern)?;
    entries.bare(Mode::APick, "", &query, 1, pattern)?;
    if let Some(server) = &field.callout {
        let node = callout::body_node(field.upstream.address, body.bytes);
        entries.callout(CALL, "", server.call_job(&node), 1, pattern);
        if body.bytes <= RUN_BODY_MAX {
            let slug = format!("body{}", body.bytes);
            server.publish(&callout::body_flow(&slug, field.upstream.address, body.bytes))?;
            entries.callout(EVENT, "", server.event_job(&slug), 1, pattern);
        }
    }
    let series = entries.measure(setup)?;
    let verdicts = [
        over(&series, ("bare a", "bare a-pick"), CPU, None),
        over(&series, (CALL, "bare a-pick"), CPU, body.aim),
        over(&series, (EVENT, "bare a-pick"), CPU, None),
    ];
    let title = format!("Body of {}, {} connections", body.name, body.connections);
    Ok(Table { title, series, verdicts: verdicts.into_iter().flatten().collect() })
}

/// Many runs that all wait for a slow upstream.
pub fn in_flight(setup: &Setup) -> Result<Table> {
    let field = setup.field(&[Mode::A, Mode::C], None)?;
    let pattern = Pattern::Closed { connections: IN_FLIGHT };
    let query = format!("?delay={DELAY_MS}");
    let mut entries = Entries::of(&field);
    entries.bare(Mode::A, "", &query, 1, pattern)?;
    entries.bare(Mode::C, "", &query, 1, pattern)?;
    if let Some(server) = &field.callout {
        server.publish(&callout::flow("slow", field.upstream.address, 1, &query))?;
        entries.callout(WAIT, "", server.run_job("slow"), 1, pattern);
    }
    let series = entries.measure(setup)?;
    let judged = if setup.callout.is_some() { WAIT } else { "bare c" };
    let mut verdicts = Vec::new();
    if let Some(found) = series.iter().find(|series| series.label == judged) {
        // The aims are Callout's.
        let aim = |most| setup.callout.is_some().then_some(most);
        let p50 = found.median(|sample| sample.p50_ms) / DELAY_MS;
        verdicts.push(Verdict::new(format!("p50: {judged} / the delay"), p50, "×", aim(1.05)));
        let peak = found.median(|sample| sample.peak_mib);
        verdicts.push(Verdict::new(format!("peak memory: {judged}"), peak, "MiB", aim(64.0)));
    }
    let title = format!("{IN_FLIGHT} runs in flight, the upstream answers after {DELAY_MS} ms");
    Ok(Table { title, series, verdicts })
}
