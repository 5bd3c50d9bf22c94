//! `[store]` and `[runs]`: where things are kept, for how long, and how much goes on at once.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use callout_flow::duration::parse_duration;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where flows, runs and tokens are kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// The folder of the embedded database; it is made where it is not there, for its owner only. One process has it.
    pub data: PathBuf,
    /// How long runs are kept after they end, as `30d` or `12h`; then they are removed with their history.
    pub retention: Length,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { data: PathBuf::from("./callout-data"), retention: Length::days(30) }
    }
}

/// How much goes on at once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunsConfig {
    /// Runs under way in this process; others are accepted and wait their turn. Each holds its variables in memory.
    pub in_flight_max: NonZeroUsize,
    /// Runs of one org under way in this process, so that no org takes the turns of all others.
    pub in_flight_per_org_max: NonZeroUsize,
    /// Calls without a run (`POST /v1/calls`) at once in this process; beyond them a caller is told to come again.
    pub calls_in_flight_max: NonZeroUsize,
}

impl Default for RunsConfig {
    fn default() -> Self {
        Self {
            in_flight_max: const { NonZeroUsize::new(1024).unwrap() },
            in_flight_per_org_max: const { NonZeroUsize::new(512).unwrap() },
            calls_in_flight_max: const { NonZeroUsize::new(512).unwrap() },
        }
    }
}

/// A length of time as people write it: `30d`, `12h`, `90s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Length(SignedDuration);

impl Length {
    const fn days(days: i64) -> Self {
        Self(SignedDuration::from_hours(days * 24))
    }

    pub fn get(self) -> SignedDuration {
        self.0
    }
}

impl TryFrom<String> for Length {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse_duration(&text).map(Self)
    }
}

impl From<Length> for String {
    fn from(length: Length) -> Self {
        let seconds = length.0.as_secs();
        let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
        let whole = units.into_iter().find(|(unit, _)| seconds % unit == 0);
        whole.map_or(String::new(), |(unit, letter)| format!("{}{letter}", seconds / unit))
    }
}
