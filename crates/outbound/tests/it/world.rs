//! What every test starts from: a policy that opens 127.0.0.2, names that lead there, and short requests.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use callout_flow::id::OrgId;
use callout_flow::outcome::{Answer, AnswerBody, Failure, Outcome, Refusal};
use callout_flow::request::{Header, Method, PreparedRequest};
use callout_outbound::{
    Allowed, Credential, EgressPolicy, FixedAnswer, FixedNames, HostPattern, Limits, Outbound, Owner,
    Resolver, Sent,
};
use jiff::Timestamp;

/// Where remotes listen, and what is allow-listed.
pub(crate) const OPEN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Where canaries listen: loopback that nothing opens.
pub(crate) const SHUT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
/// Names that lead to `OPEN`, and are opened for it.
pub(crate) const NAMES: [&str; 3] = ["h.test", "h2.test", "remote.test"];

/// When all calls are made, as signatures have it.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_440_938_160, 0);

pub(crate) fn policy() -> EgressPolicy {
    let hosts = ["127.0.0.2"].into_iter().chain(NAMES);
    EgressPolicy {
        allow: hosts.clone().map(|host| Allowed::new(host, "127.0.0.2/32").unwrap()).collect(),
        http_hosts: hosts.map(|host| HostPattern::parse(host).unwrap()).collect(),
        ..EgressPolicy::default()
    }
}

pub(crate) fn names() -> FixedNames {
    NAMES
        .into_iter()
        .fold(FixedNames::new(), |names, name| names.with(name, [FixedAnswer::addresses([OPEN])]))
}

pub(crate) fn outbound() -> Outbound {
    with_policy(policy())
}

pub(crate) fn with_policy(policy: EgressPolicy) -> Outbound {
    Outbound::new(policy, Resolver::fixed(names())).unwrap()
}

pub(crate) fn request(method: Method, url: &str) -> PreparedRequest {
    PreparedRequest { method, url: url.parse().unwrap(), headers: Vec::new(), body: None, holes: Vec::new() }
}

pub(crate) fn get(url: &str) -> PreparedRequest {
    request(Method::Get, url)
}

pub(crate) fn post(url: &str, body: &str) -> PreparedRequest {
    PreparedRequest { body: Some(body.as_bytes().to_vec()), ..request(Method::Post, url) }
}

pub(crate) fn with_header(mut request: PreparedRequest, name: &str, value: &str) -> PreparedRequest {
    request.headers.push(Header { name: name.into(), value: value.into() });
    request
}

pub(crate) fn owner() -> Owner {
    Owner::of(OrgId::default_org())
}

/// Time enough for a call that is meant to end by itself.
pub(crate) fn limits() -> Limits {
    Limits {
        timeout: Duration::from_secs(20),
        response_bytes_max: 1 << 20,
        redirects_max: 0,
        may_resend: true,
        max_connections: None,
        now: NOW,
    }
}

/// For calls whose deadline is what is tested.
pub(crate) fn hurried() -> Limits {
    Limits { timeout: Duration::from_millis(200), ..limits() }
}

pub(crate) fn following(redirects_max: u8) -> Limits {
    Limits { redirects_max, ..limits() }
}

pub(crate) async fn call(outbound: &Outbound, request: &PreparedRequest, limits: &Limits) -> Sent {
    outbound.send(&owner(), request, &Credential::none(), limits).await
}

#[track_caller]
pub(crate) fn answered(sent: Sent) -> Answer {
    match sent.outcome {
        Outcome::Answered(answer) => answer,
        other => panic!("an answer was expected: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn body(sent: Sent) -> String {
    match answered(sent).body {
        AnswerBody::Whole(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("a whole body was expected: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(sent: Sent) -> Refusal {
    match sent.outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("a refusal was expected: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn not_sent(sent: Sent) -> Failure {
    match sent.outcome {
        Outcome::NotSent(failure) => failure,
        other => panic!("it should not have been sent: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn no_answer(sent: Sent) -> Failure {
    match sent.outcome {
        Outcome::NoAnswer(failure) => failure,
        other => panic!("it should have been sent and not answered: {other:?}"),
    }
}
