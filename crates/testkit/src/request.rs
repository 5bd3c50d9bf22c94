//! A request as a remote received it.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

static ORDER: AtomicU64 = AtomicU64::new(0);

/// What arrived, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Path and query as on the wire.
    pub target: String,
    /// In order, as written.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Counts the remote's connections from 1.
    pub connection: usize,
    /// Where it came from.
    pub peer: SocketAddr,
    /// Rises over all requests to all remotes, by when the last byte that came was read.
    pub order: u64,
    /// All of it came. Else the remote stopped reading, or the peer broke off.
    pub whole: bool,
}

/// How far a request came.
pub(crate) enum Arrived {
    Whole(Request),
    /// As much as the remote wanted of it.
    Part(Request),
    /// The peer broke off.
    Broken(Request),
}

impl Request {
    /// The first value of a header, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("the body is not JSON: {e}: {}", self.text()))
    }
}

/// Reads one request, so many bytes of its body at most as `take` says when the head has come; `None` where the peer
/// closed before a byte of it came.
pub(crate) fn read(
    stream: &mut dyn Read,
    left: &mut Vec<u8>,
    connection: usize,
    peer: SocketAddr,
    take: &dyn Fn(&Request) -> usize,
) -> Option<Arrived> {
    let mut arrived = receive(stream, left, connection, peer, take)?;
    let (Arrived::Whole(request) | Arrived::Part(request) | Arrived::Broken(request)) = &mut arrived;
    request.order = ORDER.fetch_add(1, Ordering::Relaxed);
    Some(arrived)
}

fn receive(
    stream: &mut dyn Read,
    left: &mut Vec<u8>,
    connection: usize,
    peer: SocketAddr,
    take: &dyn Fn(&Request) -> usize,
) -> Option<Arrived> {
    let end = loop {
        if let Some(end) = find(left, b"\r\n\r\n") {
            break end;
        }
        if more(stream, left).is_none() {
            let begun = !left.is_empty();
            let end = std::mem::take(left);
            return begun.then(|| Arrived::Broken(parse_head(&end, connection, peer)));
        }
    };
    let mut request = parse_head(&left[..end], connection, peer);
    left.drain(..end + 4);
    let body_max = take(&request);
    let chunked = request.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
    if chunked {
        match read_chunked(stream, left) {
            Some(body) => request.body = body,
            None => return Some(Arrived::Broken(request)),
        }
    } else {
        let length = request.header("content-length").and_then(|v| v.parse::<usize>().ok()).unwrap_or(0);
        let wanted = length.min(body_max);
        let mut broken = false;
        while left.len() < wanted && !broken {
            broken = more(stream, left).is_none();
        }
        request.body = left.drain(..wanted.min(left.len())).collect();
        if broken {
            return Some(Arrived::Broken(request));
        }
        if wanted < length {
            return Some(Arrived::Part(request));
        }
    }
    request.whole = true;
    Some(Arrived::Whole(request))
}

fn parse_head(head: &[u8], connection: usize, peer: SocketAddr) -> Request {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, target) = (word(), word());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim_start_matches(' ').to_owned()))
        .collect();
    Request { method, target, headers, body: Vec::new(), connection, peer, order: 0, whole: false }
}

fn read_chunked(stream: &mut dyn Read, left: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = find(left, b"\r\n") {
                break end;
            }
            more(stream, left)?;
        };
        let size = usize::from_str_radix(std::str::from_utf8(&left[..end]).ok()?.trim(), 16).ok()?;
        left.drain(..end + 2);
        while left.len() < size + 2 {
            more(stream, left)?;
        }
        body.extend(left.drain(..size));
        left.drain(..2);
        if size == 0 {
            return Some(body);
        }
    }
}

fn more(stream: &mut dyn Read, left: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return None,
            Ok(read) => {
                left.extend_from_slice(&buffer[..read]);
                return Some(());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
