//! A folder of documents beside what a server has: what there is, what is to be done, and the doing.

pub mod carry_out;
pub mod connection;
pub mod plan;
pub mod show;
pub mod there;
