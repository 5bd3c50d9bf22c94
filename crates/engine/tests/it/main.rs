//! Whole runs against real remotes and a real store.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod connections;
mod durable;
mod serving;
mod walking;
mod world;
