//! The REST API, the worker loop, the embedded page, and the callout binary.
