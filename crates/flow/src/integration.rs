//! A saved API: its document, its operations, and how a call of one is made.

pub mod draft;

pub use draft::{IntegrationDraft, OperationDraft};
