//! Exported commands in a real shell, with the real curl.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;

use callout_flow::export::{self, CurlOptions};
use callout_flow::request::{
    Header, HoleEncoding, HolePlace, Method, PreparedRequest, RenderedAuth, SecretHole, SecretText,
};
use proptest::strategy::Strategy;
use url::Url;

use super::curl::{any_request, imported};

/// Runs a command in bash, and gives what a server got: the first line, the headers, the body.
fn run(
    command: &str,
    listener: &TcpListener,
    environment: &[(&str, &str)],
) -> (String, Vec<(String, String)>, Vec<u8>) {
    let mut bash = Command::new("bash");
    bash.arg("-c")
        .arg(command)
        .envs(environment.iter().copied())
        .env("NO_PROXY", "*")
        .env("CURL_HOME", "/nonexistent");
    let mut process = bash.stdout(std::process::Stdio::null()).spawn().expect("bash, and curl in it");
    let (mut socket, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut line = || {
        let mut bytes = Vec::new();
        reader.read_until(b'\n', &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap().trim_end_matches(['\r', '\n']).to_owned()
    };
    let first = line();
    let mut headers = Vec::new();
    loop {
        let line = line();
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    socket.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
    drop(socket);
    assert!(process.wait().unwrap().success(), "{command}");
    headers.retain(|(name, _)| !matches!(name.as_str(), "host" | "content-length"));
    headers.sort();
    (first, headers, body)
}

/// The request's own address gives way to the server's.
fn sent(request: &PreparedRequest, listener: &TcpListener) {
    let mut request = request.clone();
    request.url.set_scheme("http").unwrap();
    let address = listener.local_addr().unwrap();
    request.url.set_ip_host(address.ip()).unwrap();
    request.url.set_port(Some(address.port())).unwrap();
    let command = export::curl(&request, &RenderedAuth::None, CurlOptions::default()).command;
    let (first, headers, body) = run(&format!("{command} --silent"), listener, &[]);
    let target = &request.url[url::Position::BeforePath..];
    assert_eq!(first, format!("{} {target} HTTP/1.1", request.method), "{command}");
    let mut expected: Vec<(String, String)> =
        request.headers.iter().map(|h| (h.name.to_ascii_lowercase(), h.value.clone())).collect();
    expected.sort();
    assert_eq!(headers, expected, "{command}");
    assert_eq!(body, request.body.unwrap_or_default(), "{command}");
}

#[test]
fn curl_itself_sends_what_was_exported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let requests = any_request();
    for _ in 0..60 {
        let request = proptest::strategy::ValueTree::current(&requests.new_tree(&mut runner).unwrap());
        // curl takes no body with HEAD.
        if request.method != Method::Head || request.body.is_none() {
            sent(&request, &listener);
        }
    }
    let mut request = PreparedRequest {
        method: Method::Post,
        url: Url::parse("https://api.example.com/").unwrap(),
        headers: vec![Header { name: "X-Empty".to_owned(), value: String::new() }],
        body: Some(b"a\0b\xff".to_vec()),
        holes: Vec::new(),
    };
    for (name, value) in
        [("Accept", "*/*"), ("User-Agent", "x"), ("Content-Type", "application/octet-stream")]
    {
        request.headers.push(Header { name: name.to_owned(), value: value.to_owned() });
    }
    sent(&request, &listener);
}

#[test]
fn secrets_are_variables_of_the_shell() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a//b?k=", listener.local_addr().unwrap());
    let hole = |place, offset, name: &str| SecretHole {
        place,
        offset,
        name: name.to_owned(),
        encoding: HoleEncoding::Plain,
    };
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let slash = url.find("//b").unwrap() + 1;
    let request = PreparedRequest {
        method: Method::Post,
        holes: vec![
            hole(HolePlace::Url, slash, "tenant"),
            hole(HolePlace::Url, url.len(), "apiKey"),
            hole(HolePlace::Header(0), 2, "apiKey"),
            hole(HolePlace::Body, 6, "pin"),
        ],
        url: Url::parse(&url).unwrap(),
        headers: vec![
            header("X-Key", "k:;v=1"),
            header("Accept", "*/*"),
            header("User-Agent", "x"),
            header("Content-Type", "text/plain"),
        ],
        body: Some(b"pin = !".to_vec()),
    };
    let secret = || SecretText::new("never-shown");
    let environment = [
        ("SECRET_TENANT", "t1"),
        ("SECRET_API_KEY", "k1"),
        ("SECRET_PIN", "1 '2"),
        ("TOKEN", "tok"),
        ("API_KEY", "q1"),
        ("X_SIGN", "s1"),
        ("USERNAME", "ann"),
        ("PASSWORD", "pw"),
    ];
    let auths = [
        (RenderedAuth::Bearer { token: secret() }, "/a/t1/b?k=k1", Some(("authorization", "Bearer tok"))),
        (
            RenderedAuth::Basic { username: secret(), password: secret() },
            "/a/t1/b?k=k1",
            Some(("authorization", "Basic YW5uOnB3")),
        ),
        (
            RenderedAuth::Header { name: "X-Sign".to_owned(), value: secret() },
            "/a/t1/b?k=k1",
            Some(("x-sign", "s1")),
        ),
        (RenderedAuth::Query { name: "key".to_owned(), value: secret() }, "/a/t1/b?k=k1&key=q1", None),
        (RenderedAuth::None, "/a/t1/b?k=k1", None),
    ];
    for (auth, target, more) in auths {
        let exported =
            export::curl(&request, &auth, CurlOptions { follow_redirects: 2, timeout_ms: Some(2500) });
        assert!(!exported.command.contains("never-shown"), "{exported:?}");
        let (first, headers, body) = run(&format!("{} -s", exported.command), &listener, &environment);
        assert_eq!(first, format!("POST {target} HTTP/1.1"), "{}", exported.command);
        assert_eq!(String::from_utf8(body).unwrap(), "pin = 1 '2!");
        assert!(headers.contains(&("x-key".to_owned(), "k:k1;v=1".to_owned())), "{headers:?}");
        if let Some((name, value)) = more {
            assert!(headers.contains(&(name.to_owned(), value.to_owned())), "{headers:?}");
        }
        let node = imported(&exported.command).node;
        assert_eq!((node.follow_redirects, node.timeout_ms), (Some(2), Some(2500)));
    }
}
