//! The commands, one file each.

pub mod apply;
pub mod audit;
pub mod check;
pub mod egress;
pub mod export;
pub mod export_folder;
pub mod import;
pub mod integration;
pub mod key;
pub mod member;
pub mod org;
pub mod preview;
pub mod ready;
pub mod run;
pub mod schema;
pub mod serve;
pub mod token;
