//! What runs are marked with, to be found by it.

use crate::runs::RunStatus;

/// None for a 2xx: nearly every run has one.
pub(crate) fn outcome(outcome: &str) -> Option<String> {
    let good = outcome.len() == 3 && outcome.starts_with('2') && outcome.bytes().all(|b| b.is_ascii_digit());
    (!good).then(|| format!("outcome:{outcome}"))
}

/// None where most runs stand so, or only for a while.
pub(crate) fn status(status: RunStatus) -> Option<String> {
    match status {
        RunStatus::Failed => Some("status:failed".to_owned()),
        RunStatus::Cancelled => Some("status:cancelled".to_owned()),
        RunStatus::Running | RunStatus::Waiting | RunStatus::Completed => None,
    }
}

pub(crate) fn contact(contact: &str) -> String {
    format!("contact:{contact}")
}
