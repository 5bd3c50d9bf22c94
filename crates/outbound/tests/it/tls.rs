//! TLS fails closed, and says why in words.

use std::net::TcpListener;

use callout_flow::outcome::{FailureClass, Phase};
use callout_outbound::Outbound;
use callout_testkit::{CertificateKind, Remote, Reply};

use crate::world::{OPEN, body, call, get, hurried, limits, not_sent, outbound, policy, with_policy};

fn trusting(remote: &Remote) -> Outbound {
    let mut policy = policy();
    policy.extra_roots.push(remote.ca_der().into());
    with_policy(policy)
}

fn serving(kind: CertificateKind) -> Remote {
    Remote::serve_tls(kind, |_| Reply::new(200, "text/plain", "over TLS"))
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_for_the_name_is_taken() {
    let remote = serving(CertificateKind::Good);
    let outbound = trusting(&remote);
    for url in [remote.url_as("remote.test", "/"), remote.url("/")] {
        let sent = call(&outbound, &get(&url), &limits()).await;
        assert!(sent.timing.tls_ms.is_some());
        assert_eq!(body(sent), "over TLS");
    }
}

#[tokio::test]
async fn every_other_certificate_is_refused_before_a_byte_of_the_request() {
    for (kind, trusted, words) in [
        (CertificateKind::Good, false, "not signed by an authority that is trusted"),
        (CertificateKind::WrongName, true, "is not valid for this name"),
        (CertificateKind::Expired, true, "has expired"),
    ] {
        let remote = serving(kind);
        let outbound = if trusted { trusting(&remote) } else { outbound() };
        let failure = not_sent(call(&outbound, &get(&remote.url_as("remote.test", "/")), &limits()).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Tls), "{kind:?}");
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(remote.requests().is_empty());
    }
}

#[tokio::test]
async fn a_certificate_is_bound_to_the_name_that_was_called() {
    let remote = serving(CertificateKind::Good);
    let outbound = trusting(&remote);
    // The same server, by a name that its certificate does not hold.
    let failure = not_sent(call(&outbound, &get(&remote.url_as("h.test", "/")), &limits()).await);
    assert_eq!(failure.message, "the certificate of h.test is not valid for this name");
}

#[tokio::test]
async fn a_handshake_that_stalls_ends_with_the_deadline() {
    // A plain remote waits for the end of a head that a handshake never has.
    let remote = Remote::start(vec![Reply::stall()]);
    let url = format!("https://h.test:{}/", remote.port());
    let failure = not_sent(call(&outbound(), &get(&url), &hurried()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Timeout, Phase::Tls));
}

#[tokio::test]
async fn a_handshake_that_breaks_off_is_not_sent() {
    let listener = TcpListener::bind((OPEN, 0)).unwrap();
    let url = format!("https://h.test:{}/", listener.local_addr().unwrap().port());
    let hang_up = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let failure = not_sent(call(&outbound(), &get(&url), &limits()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Tls));
    hang_up.join().unwrap();
}
