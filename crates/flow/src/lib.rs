//! What a flow is, whether it is right, and what a run does next: pure words, pure decisions.
//!
//! No IO, no async, no clock, no randomness: time is passed in, and the same inputs give the same bytes.

pub mod answer;
pub mod draft;
pub mod id;
pub mod json;
pub mod nearest;
pub mod node;
pub mod outcome;
pub mod problem;
pub mod read;
pub mod request;
pub mod schema;
pub mod source;
