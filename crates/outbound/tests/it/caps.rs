//! Bodies: what is read, what is unpacked, and where it stops.

use std::io::Write;

use callout_flow::outcome::{AnswerBody, FailureClass, Phase};
use callout_flow::request::Method;
use callout_outbound::Limits;
use callout_testkit::{Remote, Reply};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::world::{answered, body, call, get, limits, no_answer, outbound, request};

fn at_most(response_bytes_max: u64) -> Limits {
    Limits { response_bytes_max, ..limits() }
}

fn gzip(piece: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..times {
        encoder.write_all(piece).unwrap();
    }
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_of_exactly_the_cap_is_whole_and_one_byte_more_is_too_large() {
    let remote = Remote::serve(|request| Reply::new(200, "text/plain", request.query().unwrap()));
    assert_eq!(body(call(&outbound(), &get(&remote.url("/?12345")), &at_most(5)).await), "12345");
    let answer = answered(call(&outbound(), &get(&remote.url("/?123456")), &at_most(5)).await);
    assert_eq!((answer.status, answer.body), (200, AnswerBody::TooLarge { bytes_max: 5 }));
}

#[tokio::test]
async fn an_endless_body_stops_at_the_cap() {
    let remote = Remote::serve(|_| {
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            .then_repeat(format!("1000\r\n{}\r\n", "a".repeat(0x1000)))
    });
    let answer = answered(call(&outbound(), &get(&remote.url("/")), &at_most(100_000)).await);
    assert_eq!(answer.body, AnswerBody::TooLarge { bytes_max: 100_000 });
}

#[tokio::test]
async fn a_body_without_length_ends_with_its_connection() {
    let remote = Remote::start(vec![Reply::raw("HTTP/1.1 200 OK\r\n\r\nto the end").then_close()]);
    assert_eq!(body(call(&outbound(), &get(&remote.url("/")), &limits()).await), "to the end");
}

#[tokio::test]
async fn gzip_is_asked_for_and_unpacked() {
    let packed = gzip(b"{\"hello\": \"world\"}", 1);
    let remote = Remote::start(vec![Reply::with_headers(200, &[("Content-Encoding", "gzip")], packed)]);
    assert_eq!(body(call(&outbound(), &get(&remote.url("/")), &limits()).await), "{\"hello\": \"world\"}");
    assert_eq!(remote.only_request().header("accept-encoding"), Some("gzip, deflate"));
}

#[tokio::test]
async fn a_bomb_stops_at_the_cap() {
    let packed = gzip(&[0; 1 << 20], 200);
    assert!(packed.len() < 1 << 20, "it would not reach the cap packed");
    let remote = Remote::start(vec![Reply::with_headers(200, &[("Content-Encoding", "gzip")], packed)]);
    let answer = answered(call(&outbound(), &get(&remote.url("/")), &limits()).await);
    assert_eq!(answer.body, AnswerBody::TooLarge { bytes_max: 1 << 20 });
}

#[tokio::test]
async fn other_and_nested_and_corrupt_encodings_are_undecodable() {
    let packed = gzip(b"hello", 1);
    let cut = packed[..packed.len() - 4].to_vec();
    for (encoding, bytes) in [("br", packed.clone()), ("gzip, gzip", packed), ("gzip", cut)] {
        let remote = Remote::start(vec![Reply::with_headers(200, &[("Content-Encoding", encoding)], bytes)]);
        let answer = answered(call(&outbound(), &get(&remote.url("/")), &limits()).await);
        assert!(matches!(answer.body, AnswerBody::Undecodable { .. }), "{encoding}: {:?}", answer.body);
    }
}

#[tokio::test]
async fn answers_that_have_no_body_have_none_whatever_their_headers_say() {
    for (method, status) in [(Method::Head, 200), (Method::Get, 204), (Method::Get, 304)] {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Encoding: gzip\r\n");
        let length = if status == 204 { "\r\n" } else { "Content-Length: 9\r\n\r\n" };
        let remote = Remote::start(vec![Reply::raw(format!("{head}{length}"))]);
        let answer = answered(call(&outbound(), &request(method, &remote.url("/")), &limits()).await);
        assert_eq!((answer.status, answer.body), (status, AnswerBody::Whole(bytes::Bytes::new())));
    }
}

#[tokio::test]
async fn a_head_of_many_headers_or_many_bytes_is_a_protocol_failure() {
    let many = "X-A: 1\r\n".repeat(101);
    let long = format!("X-A: {}\r\n", "a".repeat(70_000));
    let endless = format!("X-A: {}", "a".repeat(300_000));
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20_000);
    for head in [many, long, endless].map(|headers| format!("HTTP/1.1 200 OK\r\n{headers}\r\n")) {
        let remote = Remote::start(vec![Reply::raw(head)]);
        let failure = no_answer(call(&outbound(), &get(&remote.url("/")), &limits()).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Head));
    }
    let remote = Remote::start(vec![Reply::raw(interim).then_stall()]);
    let failure = no_answer(call(&outbound(), &get(&remote.url("/")), &limits()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Head));
}

#[tokio::test]
async fn interim_answers_are_skipped() {
    let remote = Remote::start(vec![
        Reply::raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            .then_write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ]);
    assert_eq!(body(call(&outbound(), &get(&remote.url("/")), &limits()).await), "ok");
}

#[tokio::test]
async fn headers_come_in_lower_case_in_order_and_lossless() {
    let remote = Remote::start(vec![Reply::raw(
        "HTTP/1.1 200 OK\r\nX-Second: b\r\nX-First: a\r\nX-Second: c\r\nX-Name: Zoë\r\nContent-Length: 0\r\n\r\n",
    )]);
    let answer = answered(call(&outbound(), &get(&remote.url("/")), &limits()).await);
    let named = |wanted: &str| -> Vec<&str> {
        answer.headers.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(named("x-second"), ["b", "c"]);
    assert_eq!(named("x-name"), ["Zoë"]);
    assert_eq!(answer.headers[0].0, "x-second");
}
