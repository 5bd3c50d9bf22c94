//! What a remote does with a request: bytes, waits, and ways to break off.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A script for one request.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub(crate) acts: Vec<Act>,
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Write(Vec<u8>),
    /// One byte, then a pause, over and over, until all are out or the remote stops.
    Drip(Vec<u8>, Duration),
    /// The same bytes again and again until the peer has had enough.
    Repeat(Vec<u8>),
    WaitFor(Signal),
    /// Tells the test that all before it is done.
    Give(Signal),
    /// Nothing more until the remote stops.
    Stall,
    /// An orderly end of the connection.
    Close,
    /// A reset of the connection.
    Reset,
}

impl Reply {
    /// Bytes as they are.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { acts: vec![Act::Write(bytes.into())] }
    }

    /// A whole answer with a body and a content type.
    pub fn new(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        Self::with_headers(status, &[("Content-Type", content_type)], body)
    }

    /// A whole answer with these headers; `Content-Length` is added.
    pub fn with_headers(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status} Status\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
        bytes.extend_from_slice(body);
        Self::raw(bytes)
    }

    pub fn json(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::new(status, "application/json", body)
    }

    pub fn status(status: u16) -> Self {
        Self::with_headers(status, &[], "")
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Self::with_headers(status, &[("Location", location)], "")
    }

    /// The request is read and nothing comes back.
    pub fn stall() -> Self {
        Self { acts: vec![Act::Stall] }
    }

    /// The head comes, then nothing.
    pub fn stall_after_head(status: u16, length: usize) -> Self {
        Self::raw(format!("HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\n\r\n")).then_stall()
    }

    /// The connection ends where an answer should begin.
    pub fn close() -> Self {
        Self { acts: vec![Act::Close] }
    }

    pub fn reset() -> Self {
        Self { acts: vec![Act::Reset] }
    }

    /// A head that promises more than comes before the connection ends.
    pub fn short_body(status: u16, promised: usize, body: &str) -> Self {
        Self::raw(format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {promised}\r\n\r\n{body}"
        ))
        .then_close()
    }

    /// One byte at a time.
    pub fn drip(bytes: impl Into<Vec<u8>>, every: Duration) -> Self {
        Self { acts: vec![Act::Drip(bytes.into(), every)] }
    }

    /// The same bytes without end.
    #[must_use]
    pub fn then_repeat(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.acts.push(Act::Repeat(bytes.into()));
        self
    }

    #[must_use]
    pub fn then_drip(mut self, bytes: impl Into<Vec<u8>>, every: Duration) -> Self {
        self.acts.push(Act::Drip(bytes.into(), every));
        self
    }

    #[must_use]
    pub fn then_write(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.acts.push(Act::Write(bytes.into()));
        self
    }

    #[must_use]
    pub fn then_stall(mut self) -> Self {
        self.acts.push(Act::Stall);
        self
    }

    #[must_use]
    pub fn then_close(mut self) -> Self {
        self.acts.push(Act::Close);
        self
    }

    #[must_use]
    pub fn then_reset(mut self) -> Self {
        self.acts.push(Act::Reset);
        self
    }

    /// Goes on only once the signal was given.
    #[must_use]
    pub fn then_wait(mut self, signal: &Signal) -> Self {
        self.acts.push(Act::WaitFor(signal.clone()));
        self
    }

    /// Gives the signal once all before it is done.
    #[must_use]
    pub fn then_give(mut self, signal: &Signal) -> Self {
        self.acts.push(Act::Give(signal.clone()));
        self
    }

    /// Begins only once the signal was given.
    #[must_use]
    pub fn after(mut self, signal: &Signal) -> Self {
        self.acts.insert(0, Act::WaitFor(signal.clone()));
        self
    }
}

/// Something that tests and remotes wait for.
#[derive(Clone, Debug, Default)]
pub struct Signal(Arc<(Mutex<bool>, Condvar)>);

impl Signal {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn give(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub fn wait(&self) {
        let given = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(given, |given| !*given).unwrap());
    }

    /// Whether it was given before the time ran out.
    pub(crate) fn wait_for(&self, time: Duration) -> bool {
        let given = self.0.0.lock().unwrap();
        *self.0.1.wait_timeout_while(given, time, |given| !*given).unwrap().0
    }

    pub fn is_given(&self) -> bool {
        *self.0.0.lock().unwrap()
    }
}
