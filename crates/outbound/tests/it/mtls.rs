//! What a connection trusts and shows in TLS is its own: nobody else's calls trust or show it.

use callout_flow::id::OrgId;
use callout_flow::outcome::{Failure, FailureClass, Outcome, Phase};
use callout_flow::request::SecretText;
use callout_outbound::{Credential, HostPattern, Outbound, Owner, Sent, TlsIdentity, TlsIdentityError};
use callout_testkit::{CertificateKind, ClientCa, Remote, Reply};

use crate::world::{answered, body, following, get, limits, not_sent, outbound, owner};

fn with_identity(authority: &Remote, client: Option<&(String, String)>) -> Credential {
    let key = client.map(|(_, key)| SecretText::new(key.as_str()));
    let chain = client.map(|(chain, _)| chain.as_str());
    let identity = TlsIdentity::from_pem(Some(&authority.ca_pem()), chain, key.as_ref()).unwrap();
    Credential::none().with_tls(identity)
}

async fn send(outbound: &Outbound, credential: &Credential, url: &str) -> Sent {
    outbound.send(&owner(), &get(url), credential, &limits()).await
}

/// A server of TLS 1.3 turns a client away after the handshake, when bytes may have left.
#[track_caller]
fn failed(sent: Sent) -> Failure {
    match sent.outcome {
        Outcome::NotSent(failure) | Outcome::NoAnswer(failure) => failure,
        other => panic!("a failure was expected: {other:?}"),
    }
}

fn ok(remote_answers: &'static str) -> impl Fn(&callout_testkit::Request) -> Reply + Send + Sync + 'static {
    move |_| Reply::new(200, "text/plain", remote_answers)
}

#[tokio::test]
async fn the_right_client_certificate_is_let_in_and_the_connection_kept() {
    let clients = ClientCa::new();
    let remote = Remote::serve_mtls(&clients, ok("hello"));
    let (outbound, url) = (outbound(), remote.url_as("remote.test", "/"));
    let pair = clients.issue("callout");
    for reused in [false, true] {
        // Opened anew from the same texts, it is the same identity.
        let sent = send(&outbound, &with_identity(&remote, Some(&pair)), &url).await;
        assert_eq!(sent.timing.reused, reused);
        assert_eq!(body(sent), "hello");
    }
}

#[tokio::test]
async fn a_client_certificate_that_is_missing_foreign_or_over_is_a_network_failure_in_words() {
    let clients = ClientCa::new();
    let remotes = [Remote::serve_mtls(&clients, ok("never")), Remote::serve_mtls_1_2(&clients, ok("never"))];
    let (foreign, over) = (ClientCa::new().issue("callout"), clients.issue_expired("callout"));
    for remote in &remotes {
        let url = remote.url_as("remote.test", "/");
        for (client, words) in [
            (None, "asks for a client certificate, and this connection has none"),
            (Some(&foreign), "does not accept the client certificate"),
            (Some(&over), "does not accept the client certificate"),
        ] {
            let failure = failed(send(&outbound(), &with_identity(remote, client), &url).await);
            assert_eq!(failure.class, FailureClass::Network);
            assert!(failure.message.contains(words), "{}", failure.message);
        }
        assert!(remote.requests().is_empty());
    }
}

#[tokio::test]
async fn a_server_of_tls_1_2_turns_away_before_a_byte_of_the_request_and_takes_the_right_one() {
    let clients = ClientCa::new();
    let remote = Remote::serve_mtls_1_2(&clients, ok("hello"));
    let (outbound, url) = (outbound(), remote.url_as("remote.test", "/"));
    let failure = not_sent(send(&outbound, &with_identity(&remote, None), &url).await);
    assert_eq!(failure.phase, Phase::Tls);
    let credential = with_identity(&remote, Some(&clients.issue("callout")));
    assert_eq!(body(send(&outbound, &credential, &url).await), "hello");
}

#[tokio::test]
async fn the_same_certificate_in_another_connection_or_org_opens_its_own_socket() {
    let clients = ClientCa::new();
    let remote = Remote::serve_mtls(&clients, ok("hello"));
    let (outbound, request) = (outbound(), get(&remote.url_as("remote.test", "/")));
    let credential = with_identity(&remote, Some(&clients.issue("callout")));
    let of = |org: &str, connection: &str| Owner {
        connection: Some(connection.to_owned()),
        ..Owner::of(OrgId::new(org))
    };
    for owner in [of("a", "crm"), of("a", "erp"), of("b", "crm")] {
        for reused in [false, true] {
            let sent = outbound.send(&owner, &request, &credential, &limits()).await;
            assert_eq!(sent.timing.reused, reused);
            assert_eq!(body(sent), "hello");
        }
    }
    assert_eq!(remote.connections(), 3);
}

#[tokio::test]
async fn a_connection_opened_with_a_certificate_serves_nobody_without_it() {
    let clients = ClientCa::new();
    let remote = Remote::serve_mtls(&clients, ok("hello"));
    let (outbound, url) = (outbound(), remote.url_as("remote.test", "/"));
    let [first, second] = ["first", "second"].map(|name| clients.issue(name));
    assert_eq!(body(send(&outbound, &with_identity(&remote, Some(&first)), &url).await), "hello");
    let sent = send(&outbound, &with_identity(&remote, Some(&second)), &url).await;
    assert!(!sent.timing.reused);
    failed(send(&outbound, &with_identity(&remote, None), &url).await);
    not_sent(send(&outbound, &Credential::none(), &url).await);
    assert_eq!(remote.requests().len(), 2);
}

#[tokio::test]
async fn a_private_authority_is_trusted_by_its_connection_only_and_trusts_no_other() {
    let [remote, other] = [(); 2].map(|()| Remote::serve_tls(CertificateKind::Good, ok("private")));
    let (outbound, credential) = (outbound(), with_identity(&remote, None));
    assert_eq!(body(send(&outbound, &credential, &remote.url_as("remote.test", "/")).await), "private");
    for (credential, remote) in [(&Credential::none(), &remote), (&credential, &other)] {
        let failure = not_sent(send(&outbound, credential, &remote.url_as("remote.test", "/")).await);
        assert!(failure.message.starts_with("the certificate of remote.test is not"), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_private_authority_does_not_spare_name_and_dates() {
    for (kind, words) in [
        (CertificateKind::WrongName, "is not valid for this name"),
        (CertificateKind::Expired, "has expired"),
        (CertificateKind::SelfSigned, "not signed by an authority"),
    ] {
        let remote = Remote::serve_tls(kind, ok("never"));
        let sent = send(&outbound(), &with_identity(&remote, None), &remote.url_as("remote.test", "/")).await;
        let failure = not_sent(sent);
        assert!(failure.message.contains(words), "{kind:?}: {}", failure.message);
        assert!(remote.requests().is_empty());
    }
}

#[tokio::test]
async fn a_client_certificate_does_not_follow_to_another_origin() {
    let clients = ClientCa::new();
    let away = Remote::serve_mtls(&clients, ok("never"));
    let location = away.url("/");
    let home = Remote::serve_mtls(&clients, move |_| Reply::redirect(302, &location));
    let pair = clients.issue("callout");
    // Both authorities are trusted, so the only thing missing is the client's own certificate.
    let both = format!("{}{}", home.ca_pem(), away.ca_pem());
    let identity =
        TlsIdentity::from_pem(Some(&both), Some(&pair.0), Some(&SecretText::new(pair.1.as_str()))).unwrap();
    let mut policy = crate::world::policy();
    policy.extra_roots.push(away.ca_der().into());
    let outbound = crate::world::with_policy(policy);
    let credential = Credential::none().with_tls(identity);
    let sent = outbound.send(&owner(), &get(&home.url("/")), &credential, &following(3)).await;
    assert!(failed(sent).message.contains("asks for a client certificate"));
    assert_eq!((home.requests().len(), away.requests().len()), (1, 0));
}

#[tokio::test]
async fn a_policy_without_the_authority_is_enough_where_the_connection_brings_only_a_certificate() {
    let clients = ClientCa::new();
    let remote = Remote::serve_mtls(&clients, ok("hello"));
    let (chain, key) = clients.issue("callout");
    let identity = TlsIdentity::from_pem(None, Some(&chain), Some(&SecretText::new(key))).unwrap();
    let credential = Credential::none()
        .with_tls(identity)
        .with_allowed_hosts(vec![HostPattern::parse("remote.test").unwrap()]);
    let mut policy = crate::world::policy();
    policy.extra_roots.push(remote.ca_der().into());
    let outbound = crate::world::with_policy(policy);
    let sent = send(&outbound, &credential, &remote.url_as("remote.test", "/")).await;
    assert_eq!(answered(sent).status, 200);
}

#[test]
fn texts_that_are_no_identity_say_what_is_wrong_and_show_nothing() {
    let (chain, key) = ClientCa::new().issue("callout");
    let (other_chain, _) = ClientCa::new().issue("other");
    let rotten = "-----BEGIN CERTIFICATE-----\nc2VjcmV0IHRleHQ=\n-----END CERTIFICATE-----\n";
    let key = SecretText::new(key);
    let no_key = SecretText::new("s3cr3t, and no key");
    for (authorities, chain, key, told) in [
        (None, None, None, TlsIdentityError::Empty),
        (Some("no PEM at all"), None, None, TlsIdentityError::Authority),
        (Some(rotten), None, None, TlsIdentityError::Authority),
        (None, Some(chain.as_str()), None, TlsIdentityError::Half),
        (None, None, Some(&key), TlsIdentityError::Half),
        (None, Some("no PEM"), Some(&key), TlsIdentityError::Certificate),
        (None, Some(rotten), Some(&key), TlsIdentityError::Certificate),
        (None, Some(chain.as_str()), Some(&no_key), TlsIdentityError::Key),
        (None, Some(other_chain.as_str()), Some(&key), TlsIdentityError::KeyOfAnother),
    ] {
        assert_eq!(TlsIdentity::from_pem(authorities, chain, key).err(), Some(told), "{told}");
        assert!(!told.to_string().contains("s3cr3t"));
    }
}
