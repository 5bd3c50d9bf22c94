//! What a flow is, whether it is right, and what a run does next: pure words, pure decisions.
//!
//! No IO, no async, no clock, no randomness: time is passed in, and the same inputs give the same bytes.

// What an author writes, and what is wrong with it.
pub mod check;
pub mod draft;
pub mod export;
pub mod import;
pub mod problem;
pub mod read;
pub mod schema;
pub mod source;

// From a draft to something that can run.
pub mod expression;
pub mod flow;
pub mod integration;
pub mod node;
pub mod render;
pub mod scope;
pub mod shared;
pub mod template;

// What a run does next.
pub mod answer;
pub mod case;
pub mod judge;
pub mod map;
pub mod retry;
pub mod run;
pub mod step;

// Words that all of them use.
pub mod duration;
pub mod id;
pub mod json;
pub mod nearest;
pub mod outcome;
pub mod outcome_key;
pub mod request;
