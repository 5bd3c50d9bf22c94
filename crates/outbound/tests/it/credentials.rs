//! What a credential adds to a request, where it may go, and what is left of it on a redirect.

use std::collections::BTreeMap;

use callout_flow::outcome::{FailureClass, Outcome, Phase, RefusalReason};
use callout_flow::request::{
    HoleEncoding, HolePlace, Method, PreparedRequest, RenderedAuth, SecretHole, SecretText,
};
use callout_outbound::{Credential, HostPattern, Outbound, Sent};
use callout_testkit::{CertificateKind, Remote, Reply};

use crate::world::{
    answered, body, following, get, limits, not_sent, outbound, owner, policy, post, refused, request,
    with_header, with_policy,
};

const SECRET: &str = "s3cr3t/k&y";
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn holes() -> Credential {
    let secrets = BTreeMap::from([("key".to_owned(), SecretText::new(SECRET))]);
    Credential::none().with_hole_secrets(secrets)
}

/// Puts a hole where `{}` stands in the text of a place.
fn with_hole(mut request: PreparedRequest, place: HolePlace, encoding: HoleEncoding) -> PreparedRequest {
    const MARK: &str = "HOLE";
    let offset = match place {
        HolePlace::Url => {
            let text = request.url.as_str().to_owned();
            request.url = text.replacen(MARK, "", 1).parse().unwrap();
            text.find(MARK).unwrap()
        }
        HolePlace::Header(index) => {
            let value = &mut request.headers[index].value;
            let offset = value.find(MARK).unwrap();
            *value = value.replacen(MARK, "", 1);
            offset
        }
        HolePlace::Body => {
            let text = String::from_utf8(request.body.unwrap_or_default()).unwrap();
            request.body = Some(text.replacen(MARK, "", 1).into_bytes());
            text.find(MARK).unwrap()
        }
    };
    request.holes.push(SecretHole { place, offset, name: "key".into(), encoding });
    request
}

async fn send(outbound: &Outbound, request: &PreparedRequest, credential: &Credential) -> Sent {
    outbound.send(&owner(), request, credential, &following(5)).await
}

fn query_auth() -> Credential {
    Credential::from(RenderedAuth::Query { name: "api key".into(), value: SecretText::new(SECRET) })
}

#[tokio::test]
async fn holes_are_filled_on_the_way_out_and_masked_on_the_way_back() {
    let remote = Remote::serve(|request| {
        let echo = format!("{} {} {}", request.target, request.header("x-key").unwrap(), request.text());
        Reply::with_headers(200, &[("X-Echo", &request.target)], &echo)
    });
    let open = post(&remote.url("/v1/HOLE/items?key=HOLE&b=2"), r#"{"k":"HOLE"}"#);
    let open = with_header(open, "X-Key", "key=HOLE;");
    let open = with_hole(open, HolePlace::Url, HoleEncoding::Path);
    let open = with_hole(open, HolePlace::Url, HoleEncoding::Component);
    let open = with_hole(open, HolePlace::Header(0), HoleEncoding::Header);
    let open = with_hole(open, HolePlace::Body, HoleEncoding::Json);
    let sent = send(&outbound(), &open, &holes()).await;
    let seen = remote.only_request();
    assert_eq!(seen.target, "/v1/s3cr3t%2Fk%26y/items?key=s3cr3t%2Fk%26y&b=2");
    assert_eq!(seen.header("x-key"), Some("key=s3cr3t/k&y;"));
    assert_eq!(seen.text(), r#"{"k":"s3cr3t/k&y"}"#);
    assert!(!format!("{sent:?}").contains("s3cr3t"), "{sent:?}");
    assert_eq!(body(sent), r#"/v1/***/items?key=***&b=2 key=***; {"k":"***"}"#);
}

#[tokio::test]
async fn a_hole_that_cannot_be_filled_is_not_sent_and_shows_nothing() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let broken = BTreeMap::from([("key".to_owned(), SecretText::new("s3cr3t\r\nX: y"))]);
    for (credential, told) in [
        (Credential::none(), "the secret `key` is not set"),
        (Credential::none().with_hole_secrets(broken), "line break"),
    ] {
        let open = with_header(get(&remote.url("/")), "X-Key", "HOLE");
        let open = with_hole(open, HolePlace::Header(0), HoleEncoding::Header);
        let failure = not_sent(send(&outbound(), &open, &credential).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Send));
        assert!(failure.message.contains(told) && !failure.message.contains("s3cr3t"), "{}", failure.message);
    }
    assert_eq!(remote.connections(), 0);
}

#[tokio::test]
async fn a_connection_is_held_to_its_hosts_before_any_look_up() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let allowed = |hosts: &[&str]| {
        let hosts = hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect();
        Credential::none().with_allowed_hosts(hosts)
    };
    let names = crate::world::names();
    let outbound = Outbound::new(policy(), callout_outbound::Resolver::fixed(names.clone())).unwrap();
    for (hosts, open) in [
        (&["h.test"][..], true),
        (&["*.test"], true),
        (&["api.example", "H.TEST"], true),
        (&["h2.test"], false),
        (&["*.h.test"], false),
        (&["127.0.0.2"], false),
        (&[], false),
    ] {
        let asked = names.asked("h.test");
        let sent = send(&outbound, &get(&remote.url_as("h.test", "/")), &allowed(hosts)).await;
        assert_eq!(names.asked("h.test") - asked, usize::from(open), "{hosts:?}");
        if open {
            assert_eq!(answered(sent).status, 200);
        } else {
            let refusal = refused(sent);
            assert_eq!(refusal.reason, RefusalReason::ConnectionHost);
            assert_eq!(refusal.reason.as_str(), "connection_host");
        }
    }
}

#[tokio::test]
async fn the_guard_speaks_before_the_connection_does() {
    let credential = holes().with_allowed_hosts(vec![HostPattern::parse("127.0.0.1").unwrap()]);
    let refusal = refused(send(&outbound(), &get("http://127.0.0.1/"), &credential).await);
    assert_ne!(refusal.reason, RefusalReason::ConnectionHost);
}

#[tokio::test]
async fn secrets_of_every_kind_stay_off_http_unless_the_host_is_listed_by_name() {
    let secret = || SecretText::new(SECRET);
    let auths = [
        RenderedAuth::Basic { username: secret(), password: secret() },
        RenderedAuth::Headers(vec![("X-A".into(), secret())]),
        RenderedAuth::Query { name: "k".into(), value: secret() },
        RenderedAuth::AwsSigV4 {
            access_key_id: secret(),
            secret_access_key: secret(),
            session_token: None,
            region: "r".into(),
            service: "s".into(),
        },
        RenderedAuth::StandardWebhooks { id: "m".into(), secret: secret() },
    ];
    let mut policy = policy();
    policy.http_hosts = vec![HostPattern::parse("*").unwrap()];
    let outbound = with_policy(policy);
    let remote = Remote::start(vec![Reply::status(204)]);
    for auth in auths {
        let sent = send(&outbound, &get(&remote.url("/")), &Credential::from(auth)).await;
        assert_eq!(refused(sent).reason, RefusalReason::SecretHost);
    }
    let open = with_hole(get(&remote.url("/?k=HOLE")), HolePlace::Url, HoleEncoding::Component);
    assert_eq!(refused(send(&outbound, &open, &holes()).await).reason, RefusalReason::SecretHost);
    // Secrets that a request has no place for do not leave.
    assert_eq!(answered(send(&outbound, &get(&remote.url("/")), &holes()).await).status, 204);
    assert_eq!(remote.requests().len(), 1);
}

#[tokio::test]
async fn a_key_in_the_query_stands_at_its_end_encoded_and_is_masked() {
    for (target, wanted) in [
        ("/", "/?api%20key=s3cr3t%2Fk%26y"),
        ("/?", "/?api%20key=s3cr3t%2Fk%26y"),
        ("/?a=b", "/?a=b&api%20key=s3cr3t%2Fk%26y"),
    ] {
        let remote = Remote::serve(|request| Reply::new(200, "text/plain", request.target.as_str()));
        let sent = send(&outbound(), &get(&remote.url(target)), &query_auth()).await;
        assert_eq!(remote.only_request().target, wanted);
        assert!(body(sent).ends_with("api%20key=***"));
    }
}

#[tokio::test]
async fn a_key_in_the_query_goes_on_once_within_its_origin_and_not_beyond() {
    let away = Remote::start(vec![Reply::status(200)]);
    let beyond = away.url_as("h2.test", "/");
    let home = Remote::serve(move |request| match request.path() {
        "/" => Reply::redirect(301, &request.target.replace("/?", "/with/?")),
        "/with/" => Reply::redirect(302, "/without"),
        _ => Reply::redirect(302, &beyond),
    });
    let sent = send(&outbound(), &get(&home.url_as("h.test", "/?a=b")), &query_auth()).await;
    assert!(sent.hops.iter().all(|hop| !hop.url.contains("s3cr3t")), "{:?}", sent.hops);
    assert_eq!(answered(sent).status, 200);
    let targets: Vec<String> = home.requests().into_iter().map(|request| request.target).collect();
    let pair = "api%20key=s3cr3t%2Fk%26y";
    assert_eq!(targets, [format!("/?a=b&{pair}"), format!("/with/?a=b&{pair}"), format!("/without?{pair}")]);
    assert_eq!(away.only_request().target, "/");
}

/// One of each auth that shows its secret, or a signature made with it, to whom it is sent.
fn auths() -> Vec<Credential> {
    let secret = || SecretText::new(SECRET);
    let auths = [
        RenderedAuth::Basic { username: secret(), password: secret() },
        RenderedAuth::Bearer { token: secret() },
        RenderedAuth::Header { name: "X-Key".into(), value: secret() },
        RenderedAuth::Headers(vec![("X-A".into(), secret()), ("Accept".into(), secret())]),
        RenderedAuth::Query { name: "k".into(), value: secret() },
        RenderedAuth::AwsSigV4 {
            access_key_id: secret(),
            secret_access_key: secret(),
            session_token: Some(secret()),
            region: "r".into(),
            service: "s".into(),
        },
        RenderedAuth::StandardWebhooks { id: "m".into(), secret: SecretText::new(WEBHOOK_SECRET) },
    ];
    auths.into_iter().map(Credential::from).collect()
}

#[tokio::test]
async fn no_redirect_takes_any_kind_of_credential_to_another_port_name_or_scheme() {
    let plain = Remote::start(vec![Reply::status(200)]);
    let secure = Remote::serve_tls(CertificateKind::Good, |_| Reply::status(200));
    let mut policy = policy();
    policy.extra_roots.push(secure.ca_der().into());
    let outbound = with_policy(policy);
    let mut followed = 0;
    for status in [301, 302, 303, 307, 308] {
        for to in
            [plain.url_as("h.test", "/"), plain.url_as("h2.test", "/"), secure.url_as("remote.test", "/")]
        {
            for credential in auths() {
                let home = Remote::start(vec![Reply::redirect(status, &to)]);
                let sent = send(&outbound, &get(&home.url_as("h.test", "/")), &credential).await;
                assert_eq!(answered(sent).status, 200, "{status} {to} {credential:?}");
                followed += 1;
            }
        }
    }
    let seen = [plain.requests(), secure.requests()].concat();
    assert_eq!(seen.len(), followed);
    let usual = ["host", "accept-encoding"];
    assert!(seen.iter().all(|request| request.target == "/"));
    for (name, _) in seen.iter().flat_map(|request| &request.headers) {
        assert!(usual.iter().any(|usual| name.eq_ignore_ascii_case(usual)), "{name}");
    }
}

#[tokio::test]
async fn a_redirect_whose_url_takes_a_secret_elsewhere_is_refused() {
    let away = Remote::start(vec![Reply::status(200)]);
    let bearer = || Credential::from(RenderedAuth::Bearer { token: SecretText::new(SECRET) });
    let named = |credential: Credential, hosts: &[&str]| {
        credential.with_allowed_hosts(hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect())
    };
    let pair = || {
        let (username, password) = (SecretText::new("AC0815-account"), SecretText::new(SECRET));
        Credential::from(RenderedAuth::Basic { username, password })
    };
    for (location, credential, followed) in [
        ("/moved?key=s3cr3t%2Fk%26y", holes(), false),
        ("/moved?key=s3cr3t/k%26y", query_auth(), false),
        ("/s3cr3t%2fk&y/items", bearer(), false),
        ("/?next=s3cr3t%252Fk%2526y", pair(), false),
        ("/?key=s3cr3t%2Fk%26y", named(holes(), &["h.test"]), false),
        ("/?key=s3cr3t%2Fk%26y", named(holes(), &["*.test"]), true),
        // A user name proves nothing.
        ("/AC0815-account/recording.mp3", pair(), true),
        ("/?key=other", holes(), true),
    ] {
        let home = Remote::start(vec![Reply::redirect(301, &away.url_as("h2.test", location))]);
        let reached = away.requests().len();
        let sent = send(&outbound(), &get(&home.url_as("h.test", "/")), &credential).await;
        assert!(!format!("{sent:?}").contains("s3cr3t"), "{sent:?}");
        assert_eq!(away.requests().len() - reached, usize::from(followed), "{location}");
        if followed {
            assert_eq!(answered(sent).status, 200);
        } else {
            assert_eq!(sent.hops.len(), 1);
            assert_eq!(refused(sent).reason, RefusalReason::SecretHost, "{location}");
        }
    }
}

#[tokio::test]
async fn within_its_origin_a_redirect_may_hold_the_secret() {
    let home = Remote::start(vec![Reply::redirect(301, "/moved?key=s3cr3t%2Fk%26y"), Reply::status(204)]);
    assert_eq!(answered(send(&outbound(), &get(&home.url("/")), &holes()).await).status, 204);
}

#[tokio::test]
async fn several_headers_take_the_place_of_the_authors() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let rows = [("X-Key", "first-secret"), ("X-Key", "second-secret"), ("X-App", "third-secret")];
    let rows = rows.map(|(name, value)| (name.to_owned(), SecretText::new(value)));
    let credential = Credential::from(RenderedAuth::Headers(rows.to_vec()));
    let request = with_header(get(&remote.url("/")), "x-key", "of the author");
    answered(send(&outbound(), &request, &credential).await);
    let seen = remote.only_request();
    let of = |wanted: &str| -> Vec<String> {
        let named = seen.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.map(|(_, value)| value.clone()).collect()
    };
    assert_eq!(of("x-key"), ["first-secret", "second-secret"]);
    assert_eq!(of("x-app"), ["third-secret"]);
    let scrubber = credential.scrubber();
    assert_eq!(scrubber.mask("first-secret, second-secret, third-secret"), "***, ***, ***");
}

#[tokio::test]
async fn another_origin_sees_nothing_of_what_was_filled() {
    let away = Remote::start(vec![Reply::status(200)]);
    let home = Remote::start(vec![Reply::redirect(302, &away.url_as("h2.test", "/other"))]);
    let open = with_header(get(&home.url_as("h.test", "/HOLE")), "User-Agent", "Callout HOLE");
    let open = with_header(open, "Accept", "text/plain");
    let open = with_hole(open, HolePlace::Url, HoleEncoding::Path);
    let open = with_hole(open, HolePlace::Header(0), HoleEncoding::Header);
    answered(send(&outbound(), &open, &holes()).await);
    assert_eq!(home.only_request().header("user-agent"), Some("Callout s3cr3t/k&y"));
    let seen = away.only_request();
    assert_eq!((seen.header("accept"), seen.header("user-agent")), (Some("text/plain"), None));
    assert!(!format!("{seen:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn a_body_with_a_hole_stops_before_another_origin() {
    let away = Remote::start(vec![Reply::status(200)]);
    for (status, followed) in [(307, false), (308, false), (303, true)] {
        let home = Remote::start(vec![Reply::redirect(status, &away.url_as("h2.test", "/"))]);
        let open = with_hole(post(&home.url_as("h.test", "/"), "HOLE"), HolePlace::Body, HoleEncoding::Plain);
        let sent = send(&outbound(), &open, &holes()).await;
        assert_eq!(sent.hops.len(), usize::from(followed), "{status}");
        assert_eq!(answered(sent).status, if followed { 200 } else { status });
    }
    let seen = away.only_request();
    assert_eq!((seen.method.as_str(), seen.text().as_str()), ("GET", ""));
}

#[tokio::test]
async fn within_its_origin_a_redirect_keeps_headers_and_body_filled_and_its_url_is_the_servers() {
    let home = Remote::serve(|request| match request.path() {
        "/next" => Reply::status(200),
        _ => Reply::redirect(307, "../next"),
    });
    let open = with_header(request(Method::Put, &home.url("/v1/HOLE")), "Content-Type", "text/plain");
    let mut open = with_header(open, "X-Key", "HOLE");
    open.body = Some(b"k=HOLE".to_vec());
    let open = with_hole(open, HolePlace::Url, HoleEncoding::Path);
    let open = with_hole(open, HolePlace::Header(1), HoleEncoding::Header);
    let open = with_hole(open, HolePlace::Body, HoleEncoding::Plain);
    let sent = send(&outbound(), &open, &holes()).await;
    assert_eq!(sent.hops[0].url, home.url("/next"));
    assert_eq!(answered(sent).status, 200);
    let second = &home.requests()[1];
    assert_eq!((second.header("x-key"), second.text()), (Some(SECRET), format!("k={SECRET}")));
}

#[tokio::test]
async fn headers_that_a_redirect_drops_move_no_hole() {
    let home = Remote::start(vec![Reply::redirect(303, "/next"), Reply::status(200)]);
    let open = with_header(post(&home.url("/"), "HOLE"), "Content-Type", "text/plain");
    let open = with_hole(open, HolePlace::Body, HoleEncoding::Plain);
    let open = with_hole(with_header(open, "X-Key", "k HOLE"), HolePlace::Header(1), HoleEncoding::Header);
    let mut open = open;
    open.holes.sort_by_key(|hole| hole.place == HolePlace::Body);
    let sent = send(&outbound(), &open, &holes()).await;
    assert!(matches!(sent.outcome, Outcome::Answered(_)), "{:?}", sent.outcome);
    let second = &home.requests()[1];
    assert_eq!(second.header("x-key"), Some(format!("k {SECRET}").as_str()));
    assert_eq!((second.header("content-type"), second.text().as_str()), (None, ""));
}

#[tokio::test]
async fn a_credential_shows_nothing_of_itself() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let credential = holes().with_secrets(&[SecretText::new("another-secret")]);
    assert!(!format!("{credential:?} {:?}", query_auth()).contains("s3cr3t"));
    let sent = outbound().send(&owner(), &get(&remote.url("/")), &credential, &limits()).await;
    assert_eq!(answered(sent).status, 200);
}
