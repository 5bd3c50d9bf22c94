//! Why the store did not do something.

/// Why the store did not do something. Nothing was changed by the call that returns it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing can be written now (full disk, read-only folder, busy database); the same call may succeed later.
    #[error("the store cannot be written: {0}")]
    Unavailable(String),
    /// A condition did not hold: the draft has another revision, the slug is taken, the run is over.
    #[error("{0}")]
    Conflict(String),
    /// The thing that the call is about is not there.
    #[error("not found")]
    NotFound,
    /// The folder or file cannot be used: not ours, of a newer version, locked by another process, damaged.
    #[error("{0}")]
    Unusable(String),
    /// A sealed value does not open, or nothing can be sealed: the key is another one or not there, or the value was changed or
    /// moved. It never says what the value was.
    #[error("{0}")]
    SecretUnavailable(String),
}
