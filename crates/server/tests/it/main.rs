//! The binary as its users meet it, and the rules that hold over the whole workspace.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod borders;
mod check;
mod cli;
mod config;
mod egress;
mod examples;
mod outcomes;
mod pages;
mod preview;
mod retry;
mod secrets;
mod shape;
mod world;
