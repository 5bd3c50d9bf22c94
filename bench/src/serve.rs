//! Accepts connections on one thread and answers them with a hyper service.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What every server of this crate prints, once, before it serves.
pub const LISTENING: &str = "listening on ";

/// Serves until the process is ended; `answer` sees one request at a time, on this thread.
pub fn run<A, F>(listen: SocketAddr, answer: A) -> Result<()>
where
    A: Fn(Request<Incoming>) -> F + 'static,
    F: Future<Output = Response<Full<Bytes>>> + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, accept(listen, Rc::new(answer)))
}

async fn accept<A, F>(listen: SocketAddr, answer: Rc<A>) -> Result<()>
where
    A: Fn(Request<Incoming>) -> F + 'static,
    F: Future<Output = Response<Full<Bytes>>> + 'static,
{
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    println!("{LISTENING}{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = Rc::clone(&answer);
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let answered = answer(request);
                async { Ok::<_, Infallible>(answered.await) }
            });
            // A connection that breaks is the other side's to notice: the load counts it as a wrong answer.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// A JSON answer.
pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// The number that stands as `name=` in a query string.
pub fn query_number(query: Option<&str>, name: &str) -> Option<usize> {
    query?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::query_number;

    #[test]
    fn a_query_number_is_found_by_its_whole_name() {
        assert_eq!(query_number(Some("calls=5&delay=200"), "delay"), Some(200));
        assert_eq!(query_number(Some("xdelay=200"), "delay"), None);
        assert_eq!(query_number(None, "delay"), None);
    }
}
