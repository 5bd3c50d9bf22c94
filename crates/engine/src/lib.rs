//! Carries out what `flow` decides with `outbound`, and records it.
//!
//! It knows no HTTP coming in, no users, no API shapes and no command line: `server` does.

mod drive;
mod preview;
mod record;

pub use callout_outbound::{EgressPolicy, Outbound, Resolver, Scrubber};
pub use drive::{Clock, Engine, EngineLimits, Flows, Progress, Waits, Watch};
pub use preview::{Preview, PreviewCall, RetryPlan};
pub use record::{RunRecord, RunStatus};
