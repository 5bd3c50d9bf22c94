//! Tables for people, JSON for machines.

use serde::Serialize;

use crate::measure::Series;

/// One scenario's figures and what follows from them.
#[derive(Debug, Serialize)]
pub struct Table {
    pub title: String,
    pub series: Vec<Series>,
    pub verdicts: Vec<Verdict>,
}

/// One figure that is aimed at, or only told.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    /// The most it should be.
    pub aim: Option<f64>,
    pub met: Option<bool>,
}

/// Everything that one run of the bench found.
#[derive(Debug, Serialize)]
pub struct Report {
    pub facts: Vec<String>,
    pub tables: Vec<Table>,
    pub wrong: u64,
}

impl Verdict {
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str, aim: Option<f64>) -> Self {
        Self { what: what.into(), value, unit, aim, met: aim.map(|aim| value <= aim) }
    }

    /// For people.
    pub fn line(&self) -> String {
        let judged = match (self.aim, self.met) {
            (Some(aim), Some(true)) => format!("aim ≤ {aim}: met"),
            (Some(aim), _) => format!("aim ≤ {aim}: MISSED"),
            (None, _) => String::new(),
        };
        format!("  {:<58} {:>9.2} {:<4} {judged}", self.what, self.value, self.unit).trim_end().to_owned()
    }
}

impl Table {
    /// Wrong answers of all its rounds.
    pub fn wrong(&self) -> u64 {
        self.series.iter().flat_map(|series| &series.samples).map(|sample| sample.wrong).sum()
    }

    pub fn print(&self) {
        println!("\n{}", self.title);
        if !self.series.is_empty() {
            println!(
                "  {:<32} {:>9} {:>9} {:>9} {:>11} {:>8} {:>8} {:>6}",
                "", "runs/s", "p50 ms", "p99 ms", "CPU µs/run", "RSS MiB", "peak", "wrong"
            );
        }
        for series in &self.series {
            println!(
                "  {:<32} {:>9.0} {:>9.2} {:>9.2} {:>11.1} {:>8.1} {:>8.1} {:>6}",
                series.label,
                series.median(|sample| sample.runs_per_second),
                series.median(|sample| sample.p50_ms),
                series.median(|sample| sample.p99_ms),
                series.median(|sample| sample.cpu_us_per_run),
                series.median(|sample| sample.resident_mib),
                series.median(|sample| sample.peak_mib),
                series.samples.iter().map(|sample| sample.wrong).sum::<u64>(),
            );
        }
        for verdict in &self.verdicts {
            println!("{}", verdict.line());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn an_aim_is_met_up_to_its_bound() {
        assert_eq!(Verdict::new("x", 1.5, "×", Some(1.5)).met, Some(true));
        assert_eq!(Verdict::new("x", 1.51, "×", Some(1.5)).met, Some(false));
        assert_eq!(Verdict::new("x", 9.0, "×", None).met, None);
    }
}
