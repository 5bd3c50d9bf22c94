//! Streams of server-sent events, as a page reads them.

use callout_testkit::Client;
use serde_json::Value;

use crate::server::{Caller, Server};

/// One stream, its head read.
#[derive(Debug)]
pub struct Stream {
    client: Client,
    text: String,
}

impl Stream {
    /// Asks for it; `body` is sent as JSON where there is one.
    #[track_caller]
    pub fn open(server: &Server, caller: &Caller, method: &str, path: &str, body: Option<&Value>) -> Self {
        let mut client = server.connect();
        let body = body.map(Value::to_string).unwrap_or_default();
        // As `EventSource` asks: with the cookie, and no header that a page could set.
        let sent = if body.is_empty() {
            String::new()
        } else {
            format!(
                "Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            )
        };
        let who = match (&caller.token, &caller.cookie) {
            (Some(token), _) => format!("Authorization: Bearer {token}"),
            (_, Some(cookie)) => format!("Cookie: {cookie}"),
            _ => "X-Nobody: 1".to_owned(),
        };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{who}\r\n{sent}\r\n");
        client.send(head.as_bytes()).send(body.as_bytes());
        let head = client.head().unwrap();
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{path}");
        Self { client, text: String::new() }
    }

    /// The next event's name and data; none after the end. Comments are passed over.
    pub fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let read = field("event: ").zip(field("data: "));
                let read = read.map(|(name, data)| (name.to_owned(), serde_json::from_str(data).unwrap()));
                self.text = rest.to_owned();
                if read.is_some() {
                    return read;
                }
            }
            let chunk = self.client.chunk().filter(|chunk| !chunk.is_empty())?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event of this name; others are passed over.
    #[track_caller]
    pub fn wait(&mut self, name: &str) -> Value {
        loop {
            let (found, data) = self.next().unwrap_or_else(|| panic!("the stream ended before `{name}`"));
            if found == name {
                return data;
            }
        }
    }

    pub fn all(mut self) -> Vec<(String, Value)> {
        std::iter::from_fn(|| self.next()).collect()
    }
}
