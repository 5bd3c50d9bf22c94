//! Signed requests against servers that verify: what is signed is what arrives.

use std::collections::BTreeMap;

use callout_flow::outcome::Outcome;
use callout_flow::request::{HoleEncoding, HolePlace, PreparedRequest, RenderedAuth, SecretHole, SecretText};
use callout_outbound::{Credential, Limits};
use callout_testkit::{Remote, Reply, Request};
use sha2::{Digest, Sha256};

use crate::world::{NOW, answered, following, get, limits, not_sent, outbound, owner, post, with_header};

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn verify_aws(request: &Request, double_encoded: bool) -> Result<(), String> {
    callout_testkit::verify_aws(request, KEY_ID, SECRET_KEY, double_encoded)
}

fn aws(service: &str, token: Option<&str>) -> Credential {
    Credential::from(RenderedAuth::AwsSigV4 {
        access_key_id: SecretText::new(KEY_ID),
        secret_access_key: SecretText::new(SECRET_KEY),
        session_token: token.map(SecretText::new),
        region: "eu-central-1".into(),
        service: service.into(),
    })
}

fn verifying(verify: impl Fn(&Request) -> Result<(), String> + Send + Sync + 'static) -> Remote {
    Remote::serve(move |request| match verify(request) {
        Ok(()) => Reply::status(204),
        Err(why) => Reply::new(403, "text/plain", why.as_str()),
    })
}

#[tokio::test]
async fn a_server_that_verifies_aws_signatures_takes_ours() {
    let remote = verifying(|request| verify_aws(request, true));
    let url = |target: &str| remote.url_as("h.test", target);
    let mut requests: Vec<PreparedRequest> = [
        "/",
        "/a/b%20c/d%2Fe/@x/%C3%A9",
        "/a:b/c,d/(e)!'*$&+;=",
        "/?b=2&a=1&a=0&A=3",
        "/?empty&also=&x=%20y&z=a%2Bb%26c%3D",
        "/?q=%C3%A9~-._*'()!&r=:/@?",
    ]
    .iter()
    .map(|target| get(&url(target)))
    .collect();
    let json =
        with_header(post(&url("/put"), r#"{"Entries":[]}"#), "Content-Type", "application/x-amz-json-1.1");
    requests.push(with_header(json.clone(), "X-Amz-Target", "AWSEvents.PutEvents"));
    requests.push(with_header(with_header(json, "X-Custom", "a  b   c"), "X-Custom", "second"));
    requests.push(post(&url("/empty"), ""));
    for request in requests {
        for token in [None, Some("session-token/of+some==length")] {
            let sent = outbound().send(&owner(), &request, &aws("events", token), &limits()).await;
            let answer = answered(sent);
            assert_eq!(answer.status, 204, "{} {:?}", request.url, answer.body);
        }
    }
}

#[tokio::test]
async fn s3_is_signed_by_its_own_rules() {
    let remote = verifying(|request| {
        let digest = request.header("x-amz-content-sha256").ok_or("no digest")?;
        if digest != hex(&Sha256::digest(&request.body)) {
            return Err("another digest".into());
        }
        verify_aws(request, false)
    });
    for request in [get(&remote.url("/bucket/a%20b//c")), post(&remote.url("/bucket/key"), "content")] {
        let answer = answered(outbound().send(&owner(), &request, &aws("s3", None), &limits()).await);
        assert_eq!(answer.status, 204, "{:?}", answer.body);
    }
}

#[tokio::test]
async fn what_a_hole_was_filled_with_is_signed_and_so_is_each_hop() {
    let remote = Remote::serve(|request| match (verify_aws(request, true), request.path()) {
        (Err(why), _) => Reply::new(403, "text/plain", why.as_str()),
        (Ok(()), "/v1/") => Reply::redirect(307, "/next?x=1"),
        (Ok(()), _) => Reply::status(204),
    });
    let mut request = post(&remote.url("/v1/?key="), "token=");
    let hole =
        |place, offset| SecretHole { place, offset, name: "key".into(), encoding: HoleEncoding::Component };
    request.holes =
        vec![hole(HolePlace::Url, request.url.as_str().len()), hole(HolePlace::Body, "token=".len())];
    let secrets = BTreeMap::from([("key".to_owned(), SecretText::new("h0le secret"))]);
    let credential = aws("execute-api", None).with_hole_secrets(secrets);
    let sent = outbound().send(&owner(), &request, &credential, &following(2)).await;
    assert_eq!(answered(sent).status, 204);
    let [first, second] = &remote.requests()[..] else { panic!("two hops") };
    assert_eq!(first.target, "/v1/?key=h0le%20secret");
    assert_eq!((first.text(), second.text()), ("token=h0le%20secret".into(), "token=h0le%20secret".into()));
    assert_ne!(first.header("authorization"), second.header("authorization"));
}

#[tokio::test]
async fn a_signature_is_of_its_time_and_does_not_come_back() {
    let remote = Remote::serve(|request| {
        let authorization = request.header("authorization").unwrap();
        let signature = authorization.rsplit('=').next().unwrap();
        Reply::with_headers(200, &[("X-Echo", authorization)], format!("{signature}\n{authorization}"))
    });
    let later = Limits { now: NOW.checked_add(jiff::SignedDuration::from_secs(1)).unwrap(), ..limits() };
    let credential = aws("events", Some("the-session-token"));
    for limits in [limits(), later] {
        let sent = outbound().send(&owner(), &get(&remote.url("/")), &credential, &limits).await;
        let all = format!("{sent:?}");
        for request in remote.requests() {
            let authorization = request.header("authorization").unwrap();
            assert!(!all.contains(authorization.rsplit('=').next().unwrap()), "{all}");
        }
        assert!(!all.contains(KEY_ID) && !all.contains("the-session-token"), "{all}");
    }
    let [first, second] = &remote.requests()[..] else { panic!("two requests") };
    assert_eq!(first.header("x-amz-date"), Some("20150830T123600Z"));
    assert_eq!(second.header("x-amz-date"), Some("20150830T123601Z"));
    assert_ne!(first.header("authorization"), second.header("authorization"));
}

#[tokio::test]
async fn the_authors_headers_of_a_signatures_names_do_not_stand_beside_it() {
    let remote = verifying(|request| verify_aws(request, true));
    let request = with_header(get(&remote.url("/")), "X-Amz-Date", "19990101T000000Z");
    let request = with_header(request, "authorization", "Bearer of the author");
    let answer = answered(outbound().send(&owner(), &request, &aws("events", None), &limits()).await);
    assert_eq!(answer.status, 204, "{:?}", answer.body);
    let seen = remote.only_request();
    for name in ["x-amz-date", "authorization"] {
        assert_eq!(seen.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).count(), 1);
    }
}

fn webhook(id: &str, secret: &str) -> Credential {
    Credential::from(RenderedAuth::StandardWebhooks { id: id.into(), secret: SecretText::new(secret) })
}

fn verify_webhook(request: &Request) -> Result<(), String> {
    callout_testkit::verify_webhook(request, WEBHOOK_SECRET)
}

#[tokio::test]
async fn a_receiver_of_standard_webhooks_takes_ours() {
    let remote = verifying(verify_webhook);
    for request in [post(&remote.url("/"), r#"{"test": 2432232314}"#), get(&remote.url("/"))] {
        let credential = webhook("msg_p5jXN8AQM9LWM0D4loKWxJek", WEBHOOK_SECRET);
        let answer = answered(outbound().send(&owner(), &request, &credential, &limits()).await);
        assert_eq!(answer.status, 204, "{:?}", answer.body);
    }
    let first = &remote.requests()[0];
    assert_eq!(first.header("webhook-id"), Some("msg_p5jXN8AQM9LWM0D4loKWxJek"));
    assert_eq!(first.header("webhook-timestamp"), Some(NOW.as_second().to_string().as_str()));
}

#[tokio::test]
async fn what_cannot_be_signed_is_not_sent() {
    let remote = Remote::start(vec![Reply::status(200)]);
    for credential in [webhook("id", "whsec_dG9vIHNob3J0"), webhook("id\r\n", WEBHOOK_SECRET)] {
        let sent = outbound().send(&owner(), &post(&remote.url("/"), "x"), &credential, &limits()).await;
        assert!(matches!(sent.outcome, Outcome::NotSent(_)));
        assert!(!format!("{sent:?}").contains("dG9vIHNob3J0"));
        not_sent(sent);
    }
    assert_eq!(remote.connections(), 0);
}

#[tokio::test]
async fn a_webhook_signature_does_not_come_back() {
    let remote =
        Remote::serve(|request| Reply::new(200, "text/plain", request.header("webhook-signature").unwrap()));
    let sent = outbound()
        .send(&owner(), &post(&remote.url("/"), "x"), &webhook("m", WEBHOOK_SECRET), &limits())
        .await;
    assert_eq!(crate::world::body(sent), "***");
}
