//! Keep-alive connections to one upstream, on one thread.

use std::cell::RefCell;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Connections at once: above the most that any scenario has in flight, so that nobody waits for one.
const CONNECTIONS_MAX: usize = 1024;

/// A pool that takes the connection used last, so that few stay in use.
#[derive(Debug)]
pub struct Pool {
    upstream: SocketAddr,
    host: HeaderValue,
    idle: RefCell<Vec<SendRequest<Empty<Bytes>>>>,
    slots: Semaphore,
}

impl Pool {
    pub fn new(upstream: SocketAddr) -> Result<Self> {
        let host = HeaderValue::from_str(&upstream.to_string())?;
        Ok(Self { upstream, host, idle: RefCell::default(), slots: Semaphore::new(CONNECTIONS_MAX) })
    }

    /// The whole answer to a GET of `path`.
    pub async fn get(&self, path: &str) -> Result<(StatusCode, Bytes)> {
        let _slot = self.slots.acquire().await?;
        let mut connection = self.connection().await?;
        let request = Request::get(path)
            .header(HOST, &self.host)
            .header(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"))
            .header(USER_AGENT, HeaderValue::from_static("bare/1"))
            .body(Empty::new())?;
        let response = connection.send_request(request).await.context("the upstream did not answer")?;
        let status = response.status();
        let body = read(response.into_body()).await.context("the upstream's answer broke off")?;
        self.idle.borrow_mut().push(connection);
        Ok((status, body))
    }

    async fn connection(&self) -> Result<SendRequest<Empty<Bytes>>> {
        loop {
            let Some(mut connection) = self.idle.borrow_mut().pop() else { break };
            if connection.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        let stream = TcpStream::connect(self.upstream).await.context("cannot connect to the upstream")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::task::spawn_local(connection);
        Ok(sender)
    }
}

/// A body that came in one piece is taken as it is, a longer one is put together once.
async fn read(mut body: Incoming) -> Result<Bytes> {
    let expected = body.size_hint().exact().unwrap_or(0);
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if let Some(first) = first.take() {
            rest.reserve(usize::try_from(expected)?);
            rest.extend_from_slice(&first);
        }
        if rest.is_empty() {
            first = Some(piece);
        } else {
            rest.extend_from_slice(&piece);
        }
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}
