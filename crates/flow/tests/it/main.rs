//! What the crate promises, held from outside.

mod answers;
mod checking;
mod reading;
mod running;
mod templates;
mod templates_rules;
