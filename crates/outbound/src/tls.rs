//! How TLS is set up: the roots that a policy trusts, and what one connection brings of its own.

use std::sync::{Arc, Mutex, PoisonError};

use callout_flow::request::SecretText;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

use crate::policy::{EgressPolicy, SetupError};

/// What a connection trusts and shows in place of what the policy says: a private authority, a client
/// certificate, or both. Clones share what was built.
#[derive(Clone)]
pub struct TlsIdentity(Arc<Identity>);

struct Identity {
    digest: TlsDigest,
    /// The only authorities that a server's certificate may lead to; those of the policy where it is `None`.
    roots: Option<Arc<RootCertStore>>,
    client: Option<Arc<SingleCertAndKey>>,
    /// The set-up made of it, beside the roots that it was made with.
    built: Mutex<Option<(Arc<RootCertStore>, Arc<ClientConfig>)>>,
}

/// Tells identities apart: the same texts have the same one.
pub(crate) type TlsDigest = [u8; 32];

/// Why texts make no TLS identity. Shows nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsIdentityError {
    #[error("the authority holds no certificate that can be read: write PEM, `-----BEGIN CERTIFICATE-----`")]
    Authority,
    #[error("the client certificate cannot be read: write PEM, `-----BEGIN CERTIFICATE-----`")]
    Certificate,
    #[error("the client key cannot be read: write PEM, `-----BEGIN PRIVATE KEY-----`, without a password")]
    Key,
    #[error("the client key is not the one of the client certificate")]
    KeyOfAnother,
    #[error("a client certificate needs its key, and a key its certificate")]
    Half,
    #[error("it names neither an authority nor a client certificate")]
    Empty,
}

impl TlsIdentity {
    /// Reads PEM texts: the authorities to trust, and the client's chain with its key, leaf first.
    pub fn from_pem(
        authorities: Option<&str>,
        client_certificate: Option<&str>,
        client_key: Option<&SecretText>,
    ) -> Result<Self, TlsIdentityError> {
        let key = client_key.map(SecretText::expose);
        let roots = authorities.map(roots_of).transpose()?.map(Arc::new);
        let client = match (client_certificate, key) {
            (Some(chain), Some(key)) => Some(Arc::new(client_of(chain, key)?)),
            (None, None) if roots.is_none() => return Err(TlsIdentityError::Empty),
            (None, None) => None,
            _ => return Err(TlsIdentityError::Half),
        };
        let digest = digest([authorities, client_certificate, key]);
        Ok(Self(Arc::new(Identity { digest, roots, client, built: Mutex::default() })))
    }

    pub(crate) fn digest(&self) -> TlsDigest {
        self.0.digest
    }

    /// The set-up for a new connection, built once as long as the policy's roots are the same.
    pub(crate) fn config(
        &self,
        policy_roots: &Arc<RootCertStore>,
    ) -> Result<Arc<ClientConfig>, rustls::Error> {
        let roots = self.0.roots.as_ref().unwrap_or(policy_roots);
        // The texts are whole between any two statements, so a panic elsewhere leaves nothing half done.
        let mut built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((with, config)) = &*built
            && Arc::ptr_eq(with, roots)
        {
            return Ok(config.clone());
        }
        let client = self.0.client.clone().map(|client| client as Arc<dyn ResolvesClientCert>);
        let config = config(roots.clone(), client)?;
        *built = Some((roots.clone(), config.clone()));
        Ok(config)
    }
}

impl std::fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsIdentity(***)")
    }
}

fn roots_of(text: &str) -> Result<RootCertStore, TlsIdentityError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(text).ok_or(TlsIdentityError::Authority)? {
        roots.add(certificate).map_err(|_| TlsIdentityError::Authority)?;
    }
    Ok(roots)
}

fn client_of(chain: &str, key: &str) -> Result<SingleCertAndKey, TlsIdentityError> {
    let chain = certificates(chain).ok_or(TlsIdentityError::Certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| TlsIdentityError::Key)?;
    let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsIdentityError::KeyOfAnother,
        rustls::Error::InvalidCertificate(_) => TlsIdentityError::Certificate,
        _ => TlsIdentityError::Key,
    })?;
    Ok(SingleCertAndKey::from(certified))
}

/// At least one, each of them readable.
fn certificates(text: &str) -> Option<Vec<CertificateDer<'static>>> {
    let read: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().ok()?;
    (!read.is_empty()).then_some(read)
}

fn digest(texts: [Option<&str>; 3]) -> TlsDigest {
    let mut hash = Sha256::new();
    for text in texts {
        // With its length before it, no text can run into the next.
        hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
        hash.update(text.unwrap_or_default());
    }
    hash.finalize().into()
}

/// The authorities that a policy trusts: the public ones and those that it adds.
pub(crate) fn policy_roots(policy: &EgressPolicy) -> Result<Arc<RootCertStore>, SetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in &policy.extra_roots {
        roots.add(root.clone()).map_err(SetupError::RootCertificate)?;
    }
    Ok(Arc::new(roots))
}

/// TLS 1.2 and 1.3, and HTTP/1.1 over it.
pub(crate) fn config(
    roots: Arc<RootCertStore>,
    client: Option<Arc<dyn ResolvesClientCert>>,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_root_certificates(roots);
    let mut config = match client {
        Some(client) => builder.with_client_cert_resolver(client),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}
