//! Secrets in use do not come back out, in whatever form an upstream echoes them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use callout_flow::outcome::AnswerBody;
use callout_flow::request::{RenderedAuth, SecretText};
use callout_outbound::{Credential, Scrubber};
use callout_testkit::{Remote, Reply};
use proptest::prelude::*;
use serde_json::json;

use crate::world::{answered, following, get, limits, outbound, owner};

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

proptest! {
    #[test]
    fn no_form_of_a_secret_passes(
        secret in "[ -~äöüß€😀]{6,40}",
        before in "[a-m]{0,5}",
        after in "[a-m]{0,5}",
    ) {
        let mut scrubber = Scrubber::new();
        scrubber.add(&secret);
        for echo in echoes(&secret) {
            let masked = scrubber.mask(&format!("{before} {echo} {after}")).into_owned();
            prop_assert!(!masked.contains(&echo), "{} in {}", echo, masked);
        }
        let (encoded, inner) = inside_base64(&before, &secret, &after);
        prop_assert!(!scrubber.mask(&encoded).contains(&inner), "{} of {}", inner, encoded);
    }

    #[test]
    fn what_holds_no_secret_is_left_as_it_is(text in ".{0,200}") {
        let mut scrubber = Scrubber::new();
        scrubber.add("\u{1}never in such a text\u{2}");
        prop_assert_eq!(scrubber.mask(&text), text.as_str());
        prop_assert_eq!(Scrubber::new().mask(&text), text.as_str());
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

#[tokio::test]
async fn a_secret_that_arrives_in_pieces_and_packed_is_masked() {
    let credential = Credential::none().with_secrets(&[SecretText::new("split-secret-value")]);
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let remote = Remote::start(vec![
        Reply::raw(head).then_write("8\r\nx split-\r\n").then_write("c\r\nsecret-value\r\n0\r\n\r\n"),
    ]);
    let sent = outbound().send(&owner(), &get(&remote.url("/")), &credential, &limits()).await;
    assert_eq!(answered(sent).body, AnswerBody::Whole("x ***".into()));
}
