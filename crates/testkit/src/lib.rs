//! Loopback remotes that answer by script, canaries that must stay untouched, and a plain caller, for tests.
//!
//! Everything here runs on its own threads with blocking sockets, so that it serves tests with and without a
//! runtime, and stalls whenever a script says so. It depends on no crate of ours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

mod canary;
pub mod child;
mod client;
mod closed;
mod dns;
mod proxy;
mod remote;
mod reply;
mod request;
mod tls;
mod verify;

pub use canary::{Canary, Unaccepting};
pub use client::{Answer, Client};
pub use closed::ClosedPort;
pub use dns::{DnsAnswer, DnsServer};
pub use proxy::{TunnelProxy, TunnelReply};
pub use remote::Remote;
pub use reply::{Reply, Signal};
pub use request::Request;
pub use tls::{CertificateKind, ClientCa, TestCa};
pub use verify::{verify_aws, verify_webhook};
