//! What the crate promises, held from outside.

// Helpers outside `#[test]` functions are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod base_urls;
mod checking;
mod import;
mod integrations;
mod reading;
mod running;
mod templates;
mod templates_rules;
mod versions;
