//! One request and its answer over one connection, driven here and nowhere else: no background task, so that
//! dropping a call closes its connection, and a connection is known to be clean before it is kept.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;

use crate::body::{BodyEnd, Sink};
use crate::fault::Fault;
use crate::wire::{Meter, Metered, Wire};

/// The head of an answer, status line and headers, in bytes: also the read buffer of a connection.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers in one head.
const HEADERS_MAX: usize = 100;
/// What may be read before the head is complete: interim answers, the head, and one buffer of its body.
const HEAD_READ_BYTES_MAX: u64 = 2 * HEAD_BYTES_MAX as u64;
/// How often a connection is polled, at most, until it says that it is ready for another request.
const SETTLE_POLLS_MAX: usize = 3;

/// An open connection.
pub(crate) struct Live {
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<TokioIo<Metered>, Full<Bytes>>,
    ended: bool,
    wire: Wire,
    meter: Arc<Meter>,
}

impl Live {
    pub(crate) async fn open(metered: Metered, wire: Wire, meter: Arc<Meter>) -> hyper::Result<Self> {
        let (sender, connection) = Builder::new()
            .max_headers(HEADERS_MAX)
            .max_header_size(HEAD_BYTES_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .title_case_headers(true) // the spelling that old servers know
            .handshake(TokioIo::new(metered))
            .await?;
        Ok(Self { sender, connection, ended: false, wire, meter })
    }

    /// Sends a request and reads the head of its answer. Interim answers (1xx) are skipped.
    pub(crate) async fn head(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        self.meter.begin(HEAD_READ_BYTES_MAX);
        let mut response = pin!(self.sender.send_request(request));
        let head = std::future::poll_fn(|cx| {
            drive(&mut self.connection, &mut self.ended, cx);
            response.as_mut().poll(cx)
        })
        .await?;
        self.meter.head_is_complete();
        Ok(head)
    }

    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    async fn frame(&mut self, body: &mut Incoming) -> Option<hyper::Result<Frame<Bytes>>> {
        std::future::poll_fn(|cx| {
            drive(&mut self.connection, &mut self.ended, cx);
            Pin::new(&mut *body).poll_frame(cx)
        })
        .await
    }

    /// Whether nothing is in the way of another request, as far as the kernel knows now.
    pub(crate) fn is_quiet(&self) -> bool {
        self.wire.is_quiet()
    }

    /// Gives the connection back if it is clean: still open, the message over, and no byte behind it, in our
    /// buffers or in those of TLS. Bytes that nobody asked for end it for good.
    pub(crate) async fn settle(mut self) -> Option<Self> {
        let clean = std::future::poll_fn(|cx| {
            for _ in 0..SETTLE_POLLS_MAX {
                drive(&mut self.connection, &mut self.ended, cx);
                if self.ended {
                    return Poll::Ready(false);
                }
                if self.sender.is_ready() {
                    drive(&mut self.connection, &mut self.ended, cx);
                    return Poll::Ready(!self.ended);
                }
            }
            Poll::Ready(false)
        })
        .await;
        clean.then_some(self)
    }
}

fn drive(connection: &mut Connection<TokioIo<Metered>, Full<Bytes>>, ended: &mut bool, cx: &mut Context<'_>) {
    // Its result is not needed: the request or the body that it broke says so itself.
    if !*ended && Pin::new(connection).poll(cx).is_ready() {
        *ended = true;
    }
}

/// Refuses a head whose framing two readers could take in two ways, or which ends no request of ours.
pub(crate) fn check_head(host: &str, head: &Response<Incoming>) -> Result<(), Fault> {
    let status = head.status().as_u16();
    if !(200..=599).contains(&status) {
        return Err(Fault::protocol(host, "its status is none that ends a request"));
    }
    let headers = head.headers();
    if let Some(first) = headers.get(header::TRANSFER_ENCODING) {
        if headers.contains_key(header::CONTENT_LENGTH) {
            return Err(Fault::protocol(host, "it gives both a length and a transfer encoding"));
        }
        let alone = headers.get_all(header::TRANSFER_ENCODING).iter().count() == 1;
        if !alone || !first.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Err(Fault::protocol(host, "its transfer encoding is not chunked"));
        }
    }
    Ok(())
}

/// Reads a body to its end or to the cap, whichever comes first.
pub(crate) async fn read_body(live: &mut Live, head: Response<Incoming>, bytes_max: u64) -> BodyEnd {
    let (parts, mut body) = head.into_parts();
    let announced = body.size_hint().exact();
    if body.is_end_stream() {
        return BodyEnd::Whole(Bytes::new());
    }
    let mut sink = match Sink::new(&parts.headers, announced, bytes_max) {
        Ok(sink) => sink,
        Err(end) => return end,
    };
    while let Some(frame) = live.frame(&mut body).await {
        let Ok(frame) = frame else { return BodyEnd::BrokenOff };
        let Ok(data) = frame.into_data() else { continue }; // trailers mean nothing here
        if let Err(end) = sink.push(data) {
            return end;
        }
    }
    sink.finish()
}
