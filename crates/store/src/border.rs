//! Between the words of the signatures and what stands in columns.

use callout_flow::id::RunId;
use jiff::Timestamp;

use crate::{RunStatus, StoreError};

/// A run's id in the database: the sixteen bytes of its UUID, which sort as the text does.
pub(crate) type IdBytes = [u8; 16];

/// `due` of a run under a lease: later than any time.
pub(crate) const NEVER: i64 = i64::MAX;

const RUN_PREFIX: &str = "run_";

/// None for a text that no run can have as its id: exactly one text stands for each run.
pub(crate) fn run_bytes(run: &RunId) -> Option<IdBytes> {
    let hex = run.as_str().strip_prefix(RUN_PREFIX)?;
    let plain = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !plain {
        return None;
    }
    u128::from_str_radix(hex, 16).ok().map(u128::to_be_bytes)
}

pub(crate) fn run_id(bytes: &[u8]) -> Result<RunId, StoreError> {
    let bytes = IdBytes::try_from(bytes).map_err(|_| {
        StoreError::Unusable("the database is damaged: a run's id is not 16 bytes".to_owned())
    })?;
    Ok(RunId::new(format!("{RUN_PREFIX}{:032x}", u128::from_be_bytes(bytes))))
}

/// Below every id that was made at that time or later, and above those made before: a UUIDv7 begins with its milliseconds.
pub(crate) fn first_id(at: Timestamp) -> IdBytes {
    let millis = u128::try_from(at.as_millisecond()).unwrap_or_default();
    (millis << 80).to_be_bytes()
}

pub(crate) fn timestamp(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros)
        .map_err(|_| StoreError::Unusable(format!("the database is damaged: {micros} µs is not a time")))
}

pub(crate) fn status_number(status: RunStatus) -> i64 {
    match status {
        RunStatus::Running => 0,
        RunStatus::Waiting => 1,
        RunStatus::Completed => 2,
        RunStatus::Failed => 3,
        RunStatus::Cancelled => 4,
    }
}

pub(crate) fn status(number: i64) -> Result<RunStatus, StoreError> {
    Ok(match number {
        0 => RunStatus::Running,
        1 => RunStatus::Waiting,
        2 => RunStatus::Completed,
        3 => RunStatus::Failed,
        4 => RunStatus::Cancelled,
        _ => return Err(StoreError::Unusable(format!("the database is damaged: {number} is not a status"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_stands_for_one_run() {
        let id = RunId::new("run_0198c0ffee00700080000000000000ab");
        let bytes = run_bytes(&id).unwrap();
        assert_eq!(run_id(&bytes).unwrap(), id);
        for text in [
            "run_0198C0FFEE00700080000000000000AB",
            "0198c0ffee00700080000000000000ab",
            "run_",
            "run_+198c0ffee00700080000000000000ab",
        ] {
            assert_eq!(run_bytes(&RunId::new(text)), None, "{text}");
        }
    }
}
