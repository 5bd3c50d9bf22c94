//! What the server says of itself, on standard error.

use std::io::IsTerminal as _;

use tracing::Level;

use crate::config::{LogConfig, LogLevel};

/// Begins to tell, from the configured level on. Nothing that came with a request is told: no header, no body, no query.
pub fn begin(config: &LogConfig) {
    let level = match config.level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_max_level(level)
        .init();
}
