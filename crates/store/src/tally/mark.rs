//! What runs are marked with, to be found by it.

use crate::runs::RunStatus;

/// None for 200: nearly every run has one.
pub(crate) fn outcome(outcome: &str) -> Option<String> {
    (outcome != "200").then(|| format!("outcome:{outcome}"))
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
