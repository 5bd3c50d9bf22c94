//! The store, over a file and in memory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod audit;
mod blocked;
mod bodies;
mod claims;
mod connections;
mod crash;
mod flows;
mod folder;
mod group;
mod integrations;
mod lists;
mod members;
mod orgs;
mod pruning;
mod records;
mod reopening;
mod rotation;
mod sealing;
mod search;
mod tallies;
mod tokens;
mod world;
