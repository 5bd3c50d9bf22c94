//! The `apiCall` node: one guarded call of an API, its answer mapped, its outcome routed.

pub mod draft;

pub use draft::ApiCallDraft;
