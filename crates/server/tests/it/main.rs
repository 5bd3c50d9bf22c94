//! The binary as its users meet it, and the rules that hold over the whole workspace.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api;
mod borders;
mod check;
mod cli;
mod config;
mod disk;
mod egress;
mod examples;
mod key_files;
mod keys;
mod limits;
mod openapi;
mod outcomes;
mod pages;
mod preview;
mod rest_page;
mod retry;
mod roles;
mod runs;
mod secrets;
mod serve;
mod server;
mod shape;
mod stop;
mod world;
