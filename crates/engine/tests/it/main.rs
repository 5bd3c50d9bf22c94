//! Whole runs against real remotes and a real store.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod attempts;
mod connections;
mod durable;
mod oauth;
mod pacing;
mod refreshed;
mod rejected;
mod serving;
mod token_traces;
mod token_world;
mod tokens;
mod walking;
mod world;
