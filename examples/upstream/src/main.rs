//! The small API that the examples call: a CRM, a status board, a shop. Not part of the product.

mod api;

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Where it listens when no address is given: a loopback address of its own, so that opening it opens nothing else.
const ADDRESS: &str = "127.0.0.2:7070";
/// The most of a request's body that it reads, bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| ADDRESS.to_owned());
    let address: SocketAddr =
        address.parse().with_context(|| format!("{address} is not an address and port"))?;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tell(&format!("example upstream on http://{}", listener.local_addr()?));
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let service = service_fn(answer);
            // A caller that goes away mid-answer is its own affair.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

#[allow(clippy::print_stdout)]
fn tell(line: &str) {
    println!("{line}");
}

/// Answers one request; an error closes the connection without an answer, as a broken server would.
async fn answer(
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await?.to_bytes();
    let reply = api::answer(&head.method, &head.uri, &head.headers, &body);
    if let Some(delay) = reply.delay {
        tokio::time::sleep(delay).await;
    }
    if reply.status == 0 {
        return Err("closed without an answer".into());
    }
    let mut response =
        hyper::Response::builder().status(reply.status).header("content-type", reply.content_type);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    Ok::<_, Infallible>(response.body(Full::new(Bytes::from(reply.body)))?).map_err(Into::into)
}
