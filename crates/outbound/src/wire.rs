//! The bytes under a connection: the socket, TLS or not, and a meter above both that counts what left.
//!
//! Whether any byte of a request was written is a fact read off the meter, never a guess from an error.

use std::io;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A socket that the pool may look at while the connection owns it.
#[derive(Clone)]
pub(crate) struct Wire(Arc<TcpStream>);

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Arc::new(stream))
    }

    /// Nothing has arrived and nobody has closed: asked of the kernel at this moment, since the runtime's own
    /// readiness may lag behind. Bytes that wait on an idle connection belong to no request of ours.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut one = [MaybeUninit::uninit(); 1];
        matches!(SockRef::from(&*self.0).peek(&mut one), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            // Into room that nobody has zeroed: hyper offers up to 64 KiB for every read.
            match self.0.try_read_buf(buf) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Wire {
    fn poll_with(
        &self,
        cx: &mut Context<'_>,
        write: impl Fn() -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match write() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_with(cx, || self.0.try_write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, || self.0.try_write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.0).shutdown(Shutdown::Write))
    }
}

/// What one connection has carried since its current request began.
#[derive(Default)]
pub(crate) struct Meter {
    written: AtomicU64,
    flushed: AtomicU64,
    /// Bytes that may still be read before the head is complete; `u64::MAX` once it is.
    head_left: AtomicU64,
}

impl Meter {
    /// Starts anew for a request whose answer's head may take so many bytes off the wire.
    pub(crate) fn begin(&self, head_bytes: u64) {
        self.written.store(0, Ordering::Relaxed);
        self.flushed.store(0, Ordering::Relaxed);
        self.head_left.store(head_bytes, Ordering::Relaxed);
    }

    pub(crate) fn head_is_complete(&self) {
        self.head_left.store(u64::MAX, Ordering::Relaxed);
    }

    /// Bytes of the request handed to the kernel or to TLS: from the first on, it may take effect.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Bytes of the request known to have been handed to the kernel.
    pub(crate) fn flushed(&self) -> u64 {
        self.flushed.load(Ordering::Relaxed)
    }

    fn count_read(&self, read: u64) -> io::Result<()> {
        let left = self.head_left.load(Ordering::Relaxed);
        if left == u64::MAX {
            return Ok(());
        }
        let left = left.checked_sub(read).ok_or_else(|| io::Error::other(HeadTooLong))?;
        self.head_left.store(left, Ordering::Relaxed);
        Ok(())
    }
}

/// The peer sent more before a complete head than any head may take: a flood of interim answers, say.
#[derive(Debug, thiserror::Error)]
#[error("the head of the answer does not end")]
pub(crate) struct HeadTooLong;

enum Link {
    Plain(Wire),
    Tls(Box<TlsStream<Wire>>),
}

/// A connection's bytes, counted above TLS.
pub(crate) struct Metered {
    link: Link,
    meter: Arc<Meter>,
}

impl Metered {
    pub(crate) fn plain(wire: Wire, meter: Arc<Meter>) -> Self {
        Self { link: Link::Plain(wire), meter }
    }

    pub(crate) fn tls(stream: TlsStream<Wire>, meter: Arc<Meter>) -> Self {
        Self { link: Link::Tls(Box::new(stream)), meter }
    }

    fn count_written(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(written)) = &polled {
            self.meter.written.fetch_add(*written as u64, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(match &mut self.link {
            Link::Plain(wire) => Pin::new(wire).poll_read(cx, buf),
            Link::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        })?;
        Poll::Ready(self.meter.count_read((buf.filled().len() - before) as u64))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = match &mut self.link {
            Link::Plain(wire) => Pin::new(wire).poll_write(cx, buf),
            Link::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        };
        self.count_written(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.link {
            Link::Plain(wire) => Pin::new(wire).poll_write_vectored(cx, bufs),
            Link::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        };
        self.count_written(polled)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.link {
            Link::Plain(wire) => wire.is_write_vectored(),
            Link::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(match &mut self.link {
            Link::Plain(wire) => Pin::new(wire).poll_flush(cx),
            Link::Tls(stream) => Pin::new(stream).poll_flush(cx),
        })?;
        self.meter.flushed.store(self.meter.written(), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Plain(wire) => Pin::new(wire).poll_shutdown(cx),
            Link::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
