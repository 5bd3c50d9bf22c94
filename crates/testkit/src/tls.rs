//! A certificate authority for one test, and the certificates from it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What kind of certificate a remote shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateKind {
    /// For `remote.test`, 127.0.0.2 and ::1, valid now.
    Good,
    /// For `other.test` only.
    WrongName,
    /// For the right names, long over.
    Expired,
    /// For the right names, signed by nobody else.
    SelfSigned,
}

/// An authority and the server configuration that its certificate makes.
#[derive(Clone, Debug)]
pub struct TestCa {
    pub ca_der: Vec<u8>,
    pub(crate) ca_pem: String,
    pub(crate) server: Arc<rustls::ServerConfig>,
}

impl TestCa {
    pub fn new(kind: CertificateKind) -> Self {
        Self::with_clients(kind, rustls::DEFAULT_VERSIONS, None)
    }

    /// As `new`; the server speaks these versions of TLS, and lets only clients in whose certificate is of this
    /// authority.
    pub(crate) fn asking(clients: &ClientCa, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(clients.0.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(provider()));
        Self::with_clients(CertificateKind::Good, versions, Some(verifier.build().unwrap()))
    }

    fn with_clients(
        kind: CertificateKind,
        versions: &[&'static SupportedProtocolVersion],
        clients: Option<Arc<dyn ClientCertVerifier>>,
    ) -> Self {
        let issuer = authority("Test authority");
        let names = match kind {
            CertificateKind::WrongName => vec!["other.test".to_owned()],
            _ => vec!["remote.test".to_owned(), "127.0.0.2".to_owned(), "::1".to_owned()],
        };
        let mut leaf = CertificateParams::new(names).unwrap();
        if kind == CertificateKind::Expired {
            leaf.not_before = rcgen::date_time_ymd(2001, 1, 1);
            leaf.not_after = rcgen::date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = match kind {
            CertificateKind::SelfSigned => leaf.self_signed(&key).unwrap(),
            _ => leaf.signed_by(&key, &issuer).unwrap(),
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let builder = rustls::ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_protocol_versions(versions)
            .unwrap();
        let builder = match clients {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let server = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        Self { ca_der: issuer.der().to_vec(), ca_pem: issuer.pem(), server: Arc::new(server) }
    }
}

/// An authority that says who clients are.
pub struct ClientCa(CertifiedIssuer<'static, KeyPair>);

impl std::fmt::Debug for ClientCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientCa")
    }
}

impl Default for ClientCa {
    fn default() -> Self {
        Self::new()
    }
}

impl ClientCa {
    pub fn new() -> Self {
        Self(authority("Test authority of clients"))
    }

    /// A client's certificate and its key, both as PEM.
    pub fn issue(&self, name: &str) -> (String, String) {
        self.issue_until(name, 4096)
    }

    /// A pair that was valid long ago.
    pub fn issue_expired(&self, name: &str) -> (String, String) {
        self.issue_until(name, 2002)
    }

    fn issue_until(&self, name: &str, year: i32) -> (String, String) {
        let mut leaf = CertificateParams::new(Vec::new()).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, name);
        leaf.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap()
}

fn provider() -> rustls::crypto::CryptoProvider {
    rustls::crypto::ring::default_provider()
}
