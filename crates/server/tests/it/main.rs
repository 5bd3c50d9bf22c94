//! The binary as its users meet it, and the rules that hold over the whole workspace.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api;
mod audit;
mod borders;
mod catalogue;
mod check;
mod cli;
mod config;
mod disk;
mod egress;
mod examples;
mod key_files;
mod keys;
mod limits;
mod members;
mod openapi;
mod orgs;
mod outcomes;
mod pages;
mod people;
mod preview;
mod rest_page;
mod retry;
mod roles;
mod runs;
mod saved;
mod secrets;
mod serve;
mod server;
mod sessions;
mod shape;
mod stop;
mod world;
