//! One connection of a caller, from its first byte to its end.

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::framing::Framing;
use crate::api::problem::{ApiProblem, Code};

/// The most bytes that the head of a request may have: hyper's own buffer goes up to 400 kB.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// The most headers of a request.
const HEADERS_MAX: usize = 100;

/// How long, after an answer that ended the connection early, what the caller still sends is taken and thrown away: closed
/// at once, the answer would be lost on its way.
const LINGER: Duration = Duration::from_millis(500);

/// What holds for every connection.
#[derive(Clone, Debug)]
pub struct ConnectionRules {
    pub head_timeout: Duration,
}

/// Serves one connection until the caller or a stop ends it.
pub async fn serve(
    stream: TcpStream,
    router: Router,
    rules: ConnectionRules,
    mut stopping: watch::Receiver<bool>,
) {
    let peer = stream.peer_addr().ok().map(|peer| Peer(peer.ip().to_canonical()));
    let ambiguous = Arc::new(AtomicBool::new(false));
    let io = Watched { stream, framing: Framing::default(), ambiguous: ambiguous.clone(), ended: false };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(rules.head_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(io), Guarded { router, ambiguous, peer });
    let over = {
        let mut stop = pin!(stopping.wait_for(|stop| *stop));
        let mut asked = false;
        poll_fn(|cx| {
            if !asked && stop.as_mut().poll(cx).is_ready() {
                asked = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            connection.poll_without_shutdown(cx)
        })
        .await
    };
    let mut io = connection.into_parts().io.into_inner();
    if io.ended {
        return;
    }
    if over.is_err_and(|error| error.is_timeout()) && io.framing.in_head() {
        // hyper would close without a word.
        let slow = ApiProblem::new(Code::REQUEST_TOO_SLOW, "the head of the request did not come in time")
            .fix("Send it whole, without pauses.");
        let _ = io.stream.write_all(&slow.last_words()).await;
    }
    let _ = tokio::time::timeout(LINGER, io.linger()).await;
}

/// The socket, its framing followed as bytes come.
struct Watched {
    stream: TcpStream,
    framing: Framing,
    ambiguous: Arc<AtomicBool>,
    /// The caller has closed its side.
    ended: bool,
}

impl Watched {
    /// Says that no more comes, and takes what does.
    async fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let mut thrown_away = [0; 4096];
        while self.stream.read(&mut thrown_away).await? > 0 {}
        Ok(())
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let came = &buf.filled()[before..];
        if came.is_empty() {
            this.ended = true;
        } else {
            this.framing.follow(came);
            if this.framing.is_ambiguous() {
                this.ambiguous.store(true, Ordering::Relaxed);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// The API, behind what only the connection knows.
struct Guarded {
    router: Router,
    ambiguous: Arc<AtomicBool>,
    peer: Option<Peer>,
}

/// The address that a request came from: the other end of its socket.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Marks a request whose framing is ambiguous, for the API to refuse.
#[derive(Clone, Copy, Debug)]
pub struct Ambiguous;

impl Service<hyper::Request<Incoming>> for Guarded {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = axum::routing::future::RouteFuture<std::convert::Infallible>;

    fn call(&self, mut request: hyper::Request<Incoming>) -> Self::Future {
        if self.ambiguous.load(Ordering::Relaxed) {
            request.extensions_mut().insert(Ambiguous);
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        tower::Service::call(&mut self.router.clone(), request)
    }
}
