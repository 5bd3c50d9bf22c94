//! The small API that the examples call: a CRM, a status board, a shop. Not part of the product.

mod api;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The most of a request's body that it reads, bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Answers whoever connects, until it is dropped or the listener fails.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let stream = TokioIo::new(stream);
            // A caller that goes away mid-answer is its own affair.
            let _ =
                hyper::server::conn::http1::Builder::new().serve_connection(stream, service_fn(answer)).await;
        });
    }
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
    Ok(response.body(Full::new(Bytes::from(reply.body)))?)
}
