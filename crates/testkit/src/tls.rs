//! A certificate authority for one test, and a server certificate from it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
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
}

/// An authority and the server configuration that its certificate makes.
#[derive(Clone, Debug)]
pub struct TestCa {
    pub ca_der: Vec<u8>,
    pub(crate) server: Arc<rustls::ServerConfig>,
}

impl TestCa {
    pub fn new(kind: CertificateKind) -> Self {
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "Test authority");
        let issuer = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();

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
        let certificate = leaf.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self { ca_der: issuer.der().to_vec(), server: Arc::new(server) }
    }
}
