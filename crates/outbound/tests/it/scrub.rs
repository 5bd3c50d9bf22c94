//! Secrets in use do not come back out, in whatever form an upstream echoes them.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use callout_flow::outcome::AnswerBody;
use callout_flow::request::{RenderedAuth, SecretText};
use callout_outbound::{Credential, Limits, Scrubber};
use callout_testkit::{Remote, Reply};
use proptest::prelude::*;
use serde_json::json;

use crate::world::{answered, body, following, get, limits, outbound, owner, post};

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(text: &str, keep: impl Fn(char) -> bool) -> String {
    text.bytes()
        .map(
            |byte| if keep(char::from(byte)) { char::from(byte).to_string() } else { format!("%{byte:02X}") },
        )
        .collect()
}

/// A secret as usual encoders write it; each written here anew, by other means than those under test.
fn echoes(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    let unicode: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let strict = percent(secret, |c| c.is_ascii_alphanumeric());
    let mut all = vec![
        secret.to_owned(),
        percent(secret, unreserved),
        percent(secret, unreserved).replace("%20", "+"),
        percent(secret, |_| false).to_lowercase(),
        strict.clone(),
        form,
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        hex(secret),
        hex(secret).to_uppercase(),
        json.clone(),
        json.replace('/', "\\/"),
        unicode.clone(),
        unicode.to_uppercase().replace("\\U", "\\u"),
        xml.clone(),
        xml.replace('"', "&quot;").replace('\'', "&#39;"),
        xml.replace('"', "&quot;").replace('\'', "&apos;"),
        secret.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
        secret.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect(),
        secret.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect(),
    ];
    all.dedup();
    all
}

/// What of a base64 text of `before`, secret and `after` holds bits of the secret alone.
fn inside_base64(before: &str, secret: &str, after: &str) -> (String, String) {
    let text = format!("{before}{secret}{after}");
    let from = (before.len() * 8).div_ceil(6);
    let to = (before.len() + secret.len()) * 8 / 6;
    let encoded = STANDARD_NO_PAD.encode(text);
    let inner = encoded[from..to].to_owned();
    (encoded, inner)
}

/// How one character of a secret may be written.
#[derive(Clone, Copy, Debug)]
enum Writing {
    Plain,
    PercentUpper,
    PercentLower,
    UnicodeUpper,
    UnicodeLower,
    Decimal,
    Hexadecimal,
    /// As JSON must or may.
    Short,
    /// As XML and forms name it.
    Named,
    /// Percent, JSON or XML upon itself.
    PercentTwice,
    UnicodeTwice,
    DecimalTwice,
}

const WRITINGS: [Writing; 12] = [
    Writing::Plain,
    Writing::PercentUpper,
    Writing::PercentLower,
    Writing::UnicodeUpper,
    Writing::UnicodeLower,
    Writing::Decimal,
    Writing::Hexadecimal,
    Writing::Short,
    Writing::Named,
    Writing::PercentTwice,
    Writing::UnicodeTwice,
    Writing::DecimalTwice,
];

fn written(c: char, how: Writing) -> String {
    let text = c.to_string();
    match how {
        Writing::Plain => text,
        Writing::PercentUpper => percent(&text, |_| false),
        Writing::PercentLower => percent(&text, |_| false).to_lowercase(),
        Writing::UnicodeLower => text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        Writing::UnicodeUpper => text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
        Writing::Decimal => format!("&#{};", u32::from(c)),
        Writing::Hexadecimal => format!("&#x{:04X};", u32::from(c)),
        Writing::Short => match c {
            '"' | '\\' | '/' => format!("\\{c}"),
            _ => text,
        },
        Writing::Named => match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&apos;".to_owned(),
            ' ' => "+".to_owned(),
            _ => text,
        },
        Writing::PercentTwice => percent(&text, |_| false).replace('%', "%25"),
        Writing::UnicodeTwice => text.encode_utf16().map(|unit| format!("\\\\u{unit:04x}")).collect(),
        Writing::DecimalTwice => format!("&amp;#{};", u32::from(c)),
    }
}

/// Any but `*`, of which the mask is made.
fn any_secret() -> impl Strategy<Value = String> {
    "[ -)+-~äöüß€😀]{6,40}"
}

fn knowing(secret: &str) -> Scrubber {
    let mut scrubber = Scrubber::new();
    scrubber.add(secret);
    scrubber
}

proptest! {
    #[test]
    fn every_form_of_a_secret_is_masked_and_nothing_beside_it(
        secret in any_secret(),
        before in ".{0,30}",
        after in ".{0,30}",
    ) {
        prop_assume!(!before.contains(&secret) && !after.contains(&secret));
        let scrubber = knowing(&secret);
        for echo in echoes(&secret) {
            let masked = scrubber.mask(&format!("{before}\u{1}{echo}\u{1}{after}")).into_owned();
            prop_assert_eq!(masked, format!("{}\u{1}***\u{1}{}", before, after), "{}", echo);
        }
    }

    #[test]
    fn every_mixture_of_escapes_is_masked(
        secret in any_secret(),
        choices in prop::collection::vec(prop::sample::select(&WRITINGS[..]), 40),
    ) {
        let echo: String = secret.chars().zip(choices).map(|(c, how)| written(c, how)).collect();
        let masked = knowing(&secret).mask(&format!("\u{1}{echo}\u{1}")).into_owned();
        prop_assert_eq!(masked, "\u{1}***\u{1}", "{}", echo);
    }

    #[test]
    fn base64_of_what_surrounds_it_shows_no_bit_of_a_secret(
        secret in any_secret(),
        before in "[ -~]{0,5}",
        after in "[ -~]{0,5}",
    ) {
        let (encoded, inner) = inside_base64(&before, &secret, &after);
        for text in [encoded.clone(), encoded.replace('+', "-").replace('/', "_"), percent(&encoded, |c| c.is_ascii_alphanumeric()),
            encoded.replace('/', "\\/").replace('+', "\\u002B")] {
            let masked = knowing(&secret).mask(&text).into_owned();
            prop_assert!(masked.contains("***") && !masked.contains(&inner), "{} of {}", inner, text);
            // At each end, two characters at most hold bits of a neighbour, and nothing else is left beside those.
            prop_assert!(masked.len() <= "***".len() + 3 * (before.len() + after.len() + 4) * 4 / 3, "{}", masked);
        }
    }

    #[test]
    fn secrets_that_overlap_leave_nothing(
        secret in any_secret(),
        cut in 1usize..6,
        tail in "[ -)+-~]{6,12}",
    ) {
        // The second begins inside the first, and ends behind it.
        let from = secret.char_indices().nth(cut).unwrap().0;
        let second = format!("{}{tail}", &secret[from..]);
        let mut scrubber = knowing(&secret);
        scrubber.add(&second);
        let text = format!("\u{1}{secret}{tail}\u{1}");
        prop_assert_eq!(scrubber.mask(&text), "\u{1}***\u{1}");
    }

    #[test]
    fn what_holds_no_secret_is_left_as_it_is(
        text in ".{0,200}",
        escapes in "[%u\\\\&#;0-9a-fx+/= \"]{0,200}",
    ) {
        let mut scrubber = knowing("\u{1}never in such a text\u{2}");
        scrubber.add("of letters/and %41 \\n signs&amp;+");
        for text in [text, escapes] {
            prop_assert_eq!(scrubber.mask(&text), text.as_str());
            prop_assert_eq!(Scrubber::new().mask(&text), text.as_str());
        }
    }
}

#[test]
fn a_number_of_json_that_holds_a_secret_becomes_text_and_the_rest_stays_readable() {
    let scrubber = knowing("12345678");
    for (text, masked) in [
        (r#"{"id":12345678,"n":1}"#, r#"{"id":"***","n":1}"#),
        (r#"{"id": -9123456780.5e3 }"#, r#"{"id": "***" }"#),
        ("[12345678,\n12345678]", "[\"***\",\n\"***\"]"),
        (r#"{"id":"12345678"}"#, r#"{"id":"***"}"#),
        ("id=12345678&n=1", "id=***&n=1"),
        ("12345678", "***"),
    ] {
        assert_eq!(scrubber.mask(text), masked);
    }
}

#[test]
fn each_line_and_each_json_value_of_a_secret_is_one() {
    let mut scrubber = Scrubber::new();
    scrubber.add("-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n");
    scrubber.add(r#"{"client": {"id": "client-0815", "n": 7}, "keys": ["first-key-value"]}"#);
    let text = "line kqhkiG9w0BAQEF, id client-0815, key first-key-value";
    assert_eq!(scrubber.mask(text), "line ***, id ***, key ***");
}

#[test]
fn a_short_secret_is_masked_only_as_the_whole_value_of_its_header() {
    let credential =
        Credential::from(RenderedAuth::Header { name: "X-Key".into(), value: SecretText::new("abc") });
    let scrubber = credential.scrubber();
    assert_eq!(scrubber.mask("abcdef abc"), "abcdef abc");
    assert_eq!(scrubber.mask_header("abc"), "***");
    assert_eq!(scrubber.mask_header("abcd"), "abcd");
}

#[test]
fn a_tree_is_masked_in_keys_strings_and_numbers() {
    let mut scrubber = Scrubber::new();
    scrubber.add("sekret-value");
    scrubber.add("12345678");
    let mut tree = json!({"a": ["x sekret-value y"], "sekret-value": 1, "pin": 12345678, "n": 7, "z": null});
    scrubber.mask_json(&mut tree);
    assert_eq!(tree, json!({"a": ["x *** y"], "***": 1, "pin": "***", "n": 7, "z": null}));
}

#[test]
fn scrubbers_merge_and_debug_forms_show_nothing() {
    let mut scrubber = Scrubber::new();
    scrubber.add("first-secret");
    assert_eq!(scrubber.mask("first-secret"), "***");
    let credential = Credential::from(RenderedAuth::Bearer { token: SecretText::new("second-secret") });
    scrubber.merge(credential.scrubber());
    assert_eq!(scrubber.mask("first-secret second-secret"), "*** ***");
    assert!(!format!("{scrubber:?} {credential:?}").contains("second"));
}

#[tokio::test]
async fn an_echoed_credential_is_masked_in_head_body_and_hops() {
    let (user, password) = ("user-name", "pass word/+=\"ö");
    let pair = STANDARD.encode(format!("{user}:{password}"));
    let echo = [echoes(password), echoes(user), vec![pair.clone()]].concat().join("\n");
    let location = format!("/next?token={}", percent(password, |c| c.is_ascii_alphanumeric()));
    let first = Reply::redirect(302, &location);
    let second = Reply::with_headers(200, &[("X-Echo", &format!("Basic {pair}"))], &echo);
    let remote = Remote::start(vec![first, second]);
    let auth = RenderedAuth::Basic { username: SecretText::new(user), password: SecretText::new(password) };
    let credential = Credential::from(auth);
    let sent = outbound().send(&owner(), &get(&remote.url("/")), &credential, &following(1)).await;
    let everything = format!("{sent:?}");
    assert_eq!(remote.requests()[1].header("authorization"), Some(format!("Basic {pair}").as_str()));
    assert_eq!(sent.hops[0].url, remote.url("/next?token=***"));
    let answer = answered(sent);
    assert_eq!(answer.header("x-echo"), Some("***"));
    let AnswerBody::Whole(body) = answer.body else { panic!("{:?}", answer.body) };
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.lines().all(|line| line.contains("***")), "{body}");
    for secret in [user, password, &pair] {
        assert!(!everything.contains(secret), "{everything}");
    }
}

/// A credential whose secret is `split-secret/value`, and a body that holds it in several forms.
fn split() -> (Credential, String) {
    let secret = "split-secret/value";
    let credential = Credential::none().with_secrets(&[SecretText::new(secret)]);
    (credential, echoes(secret).join("|"))
}

#[tokio::test]
async fn a_secret_that_arrives_in_pieces_is_masked_wherever_it_was_cut() {
    let (credential, echo) = split();
    let wanted = AnswerBody::Whole(vec!["***"; echoes("split-secret/value").len()].join("|").into());
    let body = echo.clone();
    let remote = Remote::serve(move |request| {
        let cut: usize = request.target[1..].parse().unwrap();
        let chunk = |piece: &str| format!("{:x}\r\n{piece}\r\n", piece.len());
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            .then_write(chunk(&body[..cut]))
            .then_write(format!("{}0\r\n\r\n", chunk(&body[cut..])))
    });
    let outbound = outbound();
    for cut in 1..echo.len() {
        let request = get(&remote.url(&format!("/{cut}")));
        let sent = outbound.send(&owner(), &request, &credential, &limits()).await;
        assert_eq!(answered(sent).body, wanted, "{cut}");
    }
}

#[tokio::test]
async fn a_packed_secret_is_masked_once_unpacked() {
    let (credential, echo) = split();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(echo.as_bytes()).unwrap();
    let reply = Reply::with_headers(200, &[("Content-Encoding", "gzip")], packed.finish().unwrap());
    let remote = Remote::start(vec![reply]);
    let sent = outbound().send(&owner(), &get(&remote.url("/")), &credential, &limits()).await;
    let AnswerBody::Whole(body) = answered(sent).body else { panic!("a whole body was expected") };
    assert!(body.split(|byte| *byte == b'|').all(|form| form == b"***"), "{body:?}");
}

#[tokio::test]
async fn a_body_over_the_cap_shows_nothing_of_a_secret_that_it_cuts() {
    let (credential, echo) = split();
    let remote = Remote::start(vec![Reply::new(200, "text/plain", echo.as_str())]);
    let outbound = outbound();
    for response_bytes_max in 0..echo.len() as u64 {
        let limits = Limits { response_bytes_max, ..limits() };
        let sent = outbound.send(&owner(), &get(&remote.url("/")), &credential, &limits).await;
        assert_eq!(answered(sent).body, AnswerBody::TooLarge { bytes_max: response_bytes_max });
    }
}

#[tokio::test]
async fn errors_show_nothing_of_a_secret_that_an_upstream_says() {
    let (credential, echo) = split();
    let line = echo.replace(['\r', '\n'], " ");
    for reply in [
        Reply::raw(format!("HTTP/1.1 200 {line}\r\nBad Header {line}\r\n\r\n")),
        Reply::raw(format!("{line}\r\n\r\n")),
        Reply::raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {line}\r\n\r\n")),
        Reply::with_headers(200, &[("Content-Encoding", &line)], "x"),
        Reply::raw(format!("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{line}")).then_close(),
        Reply::redirect(302, &format!("ftp://{line}/{line}")),
        Reply::redirect(302, &format!("https://u:split-secret%2Fvalue@h.test/{line}")),
        Reply::redirect(302, &format!("http://split-secret%2Fvalue.example/{line}")),
    ] {
        let remote = Remote::start(vec![reply]);
        let sent = outbound().send(&owner(), &get(&remote.url("/")), &credential, &following(3)).await;
        let shown = format!("{sent:?}");
        assert_eq!(credential.scrubber().mask(&shown), shown);
    }
}

#[tokio::test]
async fn an_answer_that_is_read_by_us_alone_comes_as_it_is_and_a_failure_still_shows_nothing() {
    let remote = Remote::serve(|request| match request.path() {
        "/token" => Reply::json(200, format!(r#"{{"refresh_token":"{}"}}"#, request.text())),
        _ => Reply::close(),
    });
    let secret = SecretText::new("the-same-token-as-before");
    let credential = Credential::none().with_secrets([&secret]);
    for (credential, told) in [
        (credential.clone(), r#"{"refresh_token":"***"}"#),
        (credential.clone().with_answer_unmasked(), r#"{"refresh_token":"the-same-token-as-before"}"#),
    ] {
        let request = post(&remote.url("/token"), secret.expose());
        assert_eq!(body(outbound().send(&owner(), &request, &credential, &limits()).await), told);
    }
    let request = post(&remote.url("/the-same-token-as-before"), "");
    let sent = outbound().send(&owner(), &request, &credential.with_answer_unmasked(), &limits()).await;
    assert!(!format!("{sent:?}").contains("the-same-token"), "{sent:?}");
}
