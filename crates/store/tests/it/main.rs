//! The store, over a file and in memory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod claims;
mod flows;
mod lists;
mod orgs;
mod pruning;
mod records;
mod tallies;
mod tokens;
mod world;
