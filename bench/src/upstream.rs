//! The API that everyone measured calls: customers of 530 bytes, and documents of any size.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use crate::serve;

/// Bytes of a customer: what a small record of a CRM comes to.
pub const CUSTOMER_BYTES: usize = 530;
/// The largest document that is made: more would measure this process's memory.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// Serves `/customers/{id}`, `/bodies/{bytes}`, each with `?delay=<milliseconds>`, and `/count`: how many of both were
/// answered.
pub fn run(listen: SocketAddr) -> Result<()> {
    let documents: Rc<RefCell<HashMap<usize, Bytes>>> = Rc::default();
    let count: Rc<Cell<u64>> = Rc::default();
    serve::run(listen, move |request| answer(request, Rc::clone(&documents), Rc::clone(&count)))
}

async fn answer(
    request: Request<Incoming>,
    documents: Rc<RefCell<HashMap<usize, Bytes>>>,
    count: Rc<Cell<u64>>,
) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    let body = if let Some(id) = path.strip_prefix("/customers/") {
        Bytes::from(customer(id))
    } else if let Some(bytes) = path.strip_prefix("/bodies/").and_then(|n| n.parse::<usize>().ok()) {
        let bytes = bytes.min(DOCUMENT_BYTES_MAX);
        documents.borrow_mut().entry(bytes).or_insert_with(|| document(bytes).into()).clone()
    } else if path == "/count" {
        return serve::json(StatusCode::OK, count.get().to_string());
    } else {
        return serve::json(StatusCode::NOT_FOUND, "{}");
    };
    if let Some(delay) = serve::query_number(request.uri().query(), "delay") {
        tokio::time::sleep(Duration::from_millis(delay as u64)).await;
    }
    count.set(count.get() + 1);
    serve::json(StatusCode::OK, body)
}

/// A customer of [`CUSTOMER_BYTES`]; `next` names another, for calls that follow one another.
fn customer(id: &str) -> String {
    let number: u64 = id.trim_start_matches("c-").parse().unwrap_or(0);
    let head = format!(
        r#"{{"id":"{id}","name":"Ada Lovelace","tier":"gold","next":"c-{}","email":"ada@example.com","active":true,"balance":1249.5,"address":{{"street":"12 St James's Square","city":"London","postalCode":"SW1Y 4JH","country":"GB"}},"tags":["newsletter","beta","priority"],"orders":[{{"id":"A-1001","total":99.9,"items":3}},{{"id":"A-1002","total":12,"items":1}}],"preferences":{{"language":"en","channel":"email","quietHours":{{"from":22,"to":7}}}},"note":""#,
        number + 1,
    );
    pad(head, CUSTOMER_BYTES)
}

/// A document of about `bytes`: the two fields that are picked stand first, then rows that nobody reads.
fn document(bytes: usize) -> String {
    let mut text = String::from(r#"{"name":"Ada Lovelace","tier":"gold","rows":["#);
    let mut row = 0;
    while text.len() + 256 < bytes {
        if row > 0 {
            text.push(',');
        }
        text.push_str(&format!(
            r#"{{"sku":"SKU-{row:07}","title":"Widget, \"large\" é","price":{}.{:02},"stock":{},"dimensions":{{"w":12,"h":7.5,"unit":"cm"}},"tags":["a","b"],"visible":true,"supplier":null}}"#,
            row % 90 + 10,
            row % 100,
            row * 7 % 1000,
        ));
        row += 1;
    }
    text.push_str(r#"],"note":""#);
    pad(text, bytes)
}

/// Fills the string that `head` has opened, so that the whole is `bytes` long, and closes it and the object.
fn pad(mut head: String, bytes: usize) -> String {
    let missing = bytes.saturating_sub(head.len() + 2);
    head.extend(std::iter::repeat_n('x', missing));
    head.push_str("\"}");
    head
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{CUSTOMER_BYTES, customer, document};

    #[test]
    fn documents_are_json_of_the_size_asked_for() {
        assert_eq!(customer("c-123").len(), CUSTOMER_BYTES);
        let parsed: Value = serde_json::from_str(&customer("c-123")).unwrap();
        assert_eq!(parsed["next"], "c-124");
        for bytes in [1_000, 100_000] {
            let text = document(bytes);
            assert_eq!(text.len(), bytes);
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["tier"], "gold");
        }
    }
}
