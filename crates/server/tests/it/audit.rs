//! The audit log: what is done is told, by whom, and the log holds.
