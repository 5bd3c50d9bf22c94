//! Carries out what `flow` decides with `outbound`, and records it in `store`.
//!
//! It knows no HTTP coming in, no users, no API shapes and no command line: `server` does.

mod accept;
mod bounds;
mod call;
mod connection;
mod direct;
mod drive;
mod engine;
mod export;
mod flows;
mod governor;
mod journal;
mod prepared;
mod preview;
mod read;
mod refusals;
mod route;
mod rule;
mod tail;
mod token;
mod trial;
mod unkept;
mod walk;
mod watch;
mod work;

pub use accept::{AcceptError, AcceptedRun, NewEvent, NewRun, Started};
pub use callout_outbound::{EgressPolicy, Outbound, Resolver, Scrubber};
pub use callout_store::Store;
pub use direct::{DirectCall, DirectResult};
pub use drive::{Progress, Watch};
pub use engine::{Clock, Engine, EngineLimits, Figures};
pub use flows::FlowError;
pub use preview::{Preview, PreviewCall, RetryPlan};
pub use read::{Follower, Told};
pub use route::route_of;
pub use tail::{Tail, TailNews};
pub use token::{Authorization, OauthError};
pub use trial::{TRIAL_BYTES_MAX, TRIAL_TIME_MAX, Trial};
pub use walk::{Waits, Walked};
pub use work::RECOVERIES_MAX;
