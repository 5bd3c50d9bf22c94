//! Successes, failures and times of visits, added up.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

use crate::{Figures, StoreError};

/// A time is kept to within a hundredth of itself.
const FIGURES: u8 = 2;
/// Longer visits count as this long, a month: more would make every histogram larger.
const LONGEST_MS: u64 = 31 * 24 * 3600 * 1000;

#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) success: u64,
    pub(super) fail: u64,
    times: Histogram<u64>,
}

impl Sum {
    pub(super) fn new() -> Result<Self, StoreError> {
        let times = Histogram::new_with_bounds(1, LONGEST_MS, FIGURES).map_err(damaged)?;
        Ok(Self { success: 0, fail: 0, times })
    }

    /// As the columns have it.
    pub(super) fn read(success: u64, fail: u64, mut times: &[u8]) -> Result<Self, StoreError> {
        let times = Deserializer::new().deserialize(&mut times).map_err(damaged)?;
        Ok(Self { success, fail, times })
    }

    pub(super) fn times(&self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&self.times, &mut bytes).map_err(damaged)?;
        Ok(bytes)
    }

    pub(super) fn visit(&mut self, success: bool, duration_ms: u64) {
        if success {
            self.success += 1;
        } else {
            self.fail += 1;
        }
        self.times.saturating_record(duration_ms.min(LONGEST_MS));
    }

    pub(super) fn add(&mut self, other: &Self) -> Result<(), StoreError> {
        self.success += other.success;
        self.fail += other.fail;
        self.times.add(&other.times).map_err(damaged)
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            success: self.success,
            fail: self.fail,
            p50_ms: self.times.value_at_quantile(0.5),
            p95_ms: self.times.value_at_quantile(0.95),
            p99_ms: self.times.value_at_quantile(0.99),
        }
    }
}

fn damaged(error: impl std::fmt::Debug) -> StoreError {
    StoreError::Unusable(format!("the database is damaged: times of visits: {error:?}"))
}
