//! Requests as bytes, and single calls for setting a server up.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::answer::Reader;

/// How long a set-up call may take.
const CALL_TIME: Duration = Duration::from_secs(30);
/// Between two attempts to reach a server that starts.
const CONNECT_EVERY: Duration = Duration::from_micros(200);

/// A whole request.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    if let Some(token) = token {
        text.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    if !body.is_empty() {
        text.push_str("Content-Type: application/json\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text.into_bytes()
}

/// Sends one request over a connection of its own.
pub fn call(address: SocketAddr, request: &[u8]) -> Result<(u16, Vec<u8>)> {
    let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
    exchange(stream, request)
}

/// Sends one request as soon as the server takes connections.
pub fn call_when_up(address: SocketAddr, request: &[u8], within: Duration) -> Result<(u16, Vec<u8>)> {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return exchange(stream, request),
            Err(error) if start.elapsed() > within => {
                return Err(error).with_context(|| format!("nobody listens on {address}"));
            }
            Err(_) => std::thread::sleep(CONNECT_EVERY),
        }
    }
}

fn exchange(mut stream: TcpStream, request: &[u8]) -> Result<(u16, Vec<u8>)> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(CALL_TIME))?;
    stream.write_all(request)?;
    let mut reader = Reader::default();
    let mut space = vec![0; 64 << 10];
    loop {
        let read = stream.read(&mut space)?;
        if read == 0 {
            bail!("the connection was closed before the answer");
        }
        reader.buffer.extend_from_slice(&space[..read]);
        if let Some(answer) = reader.answered(|status, body| (status, body.to_vec()))? {
            return Ok(answer);
        }
    }
}

/// A port of `ip` that was free a moment ago.
pub fn free_port(ip: [u8; 4]) -> Result<SocketAddr> {
    Ok(TcpListener::bind((std::net::IpAddr::from(ip), 0))?.local_addr()?)
}
