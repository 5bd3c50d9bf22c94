//! Loopback remotes that answer by script, and whole temporary worlds, for tests.
