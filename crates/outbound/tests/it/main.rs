//! Calls against real sockets of this machine: no sleeps, no retries, no mocks.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]

mod canaries;
mod caps;
mod credentials;
mod dns;
mod faults;
mod mtls;
mod pools;
mod redirects;
mod routes;
mod scrub;
mod signing;
mod tls;
mod vectors;
mod world;
