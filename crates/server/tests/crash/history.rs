//! What happened in one seed, for whoever has to understand a failure.

use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[derive(Clone, Debug)]
pub struct History {
    begun: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

impl History {
    pub fn new() -> Self {
        Self { begun: Instant::now(), lines: Arc::default() }
    }

    pub fn add(&self, line: impl Display) {
        let at = self.begun.elapsed().as_millis();
        self.lines.lock().unwrap().push(format!("{at:>6} ms  {line}"));
    }

    pub fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}
