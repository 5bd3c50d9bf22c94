//! Why an attempt failed, in words for the author: told by typed causes, without addresses or banners.

use std::error::Error;
use std::io;

use callout_flow::outcome::{FailureClass, Phase, Refusal};
use rustls::{AlertDescription, CertificateError};

use crate::wire::HeadTooLong;

/// A failure on the way. Whether bytes had left is not said here: the meter knows.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) class: FailureClass,
    pub(crate) phase: Phase,
    pub(crate) message: String,
}

/// Why a hop got no answer: the guard refused it, or it failed on the way.
pub(crate) enum Stop {
    Refused(Refusal),
    Failed(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl Fault {
    pub(crate) fn network(phase: Phase, message: impl Into<String>) -> Self {
        Self { class: FailureClass::Network, phase, message: message.into() }
    }

    pub(crate) fn no_slot(host: &str, max: usize) -> Self {
        let message = format!("all {max} connections to {host} were busy and none came free in time");
        Self { class: FailureClass::MaxConnection, phase: Phase::Slot, message }
    }

    /// `who` was dialled, as a reader knows them: `the server at api.example`.
    pub(crate) fn connect(who: &str, error: &io::Error) -> Self {
        use io::ErrorKind;
        let message = match error.kind() {
            ErrorKind::ConnectionRefused => format!("{who} refused the connection"),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
                format!("{who} broke off the connection while it was being opened")
            }
            ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => {
                "the configured source address cannot be used for this connection".to_owned()
            }
            _ => format!("{who} cannot be reached"),
        };
        Self::network(Phase::Connect, message)
    }

    pub(crate) fn tls(host: &str, error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let message = match inner {
            Some(rustls::Error::InvalidCertificate(certificate)) => {
                format!("the certificate of {host} {}", certificate_words(certificate))
            }
            Some(rustls::Error::AlertReceived(alert)) => alert_words(host, *alert),
            Some(_) => format!("{host} does not speak a TLS that is accepted here"),
            None => format!("{host} broke off the TLS handshake"),
        };
        Self::network(Phase::Tls, message)
    }

    /// A fault of the HTTP exchange, before the head was complete.
    pub(crate) fn head(host: &str, error: &hyper::Error) -> Self {
        let message = if error.is_parse() || cause::<HeadTooLong>(error).is_some() {
            format!(
                "{host} did not answer in well-formed HTTP/1.1 with a head of 64 kB and 100 headers at most"
            )
        } else if let Some(tls) = cause::<rustls::Error>(error) {
            // In TLS 1.3 a server judges the client's certificate when the handshake is over for the client.
            match tls {
                rustls::Error::AlertReceived(alert) => alert_words(host, *alert),
                _ => format!("{host} broke the TLS connection"),
            }
        } else {
            format!("{host} closed the connection before answering")
        };
        Self::network(Phase::Head, message)
    }

    pub(crate) fn protocol(host: &str, what: &str) -> Self {
        Self::network(Phase::Head, format!("{host} did not answer in well-formed HTTP/1.1: {what}"))
    }

    /// A body that did not come to its end.
    pub(crate) fn body(host: &str) -> Self {
        Self::network(Phase::Body, format!("the answer of {host} broke off before its end"))
    }
}

fn certificate_words(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is not valid for this name"
        }
        CertificateError::UnknownIssuer => {
            "is not signed by an authority that is trusted here (an operator can add one: [egress] ca_file)"
        }
        CertificateError::Revoked => "has been revoked",
        _ => "is not valid",
    }
}

fn alert_words(host: &str, alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            format!("{host} asks for a client certificate, and this connection has none")
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => format!("{host} does not accept the client certificate"),
        _ => format!("{host} refused the TLS handshake"),
    }
}

/// Looks for a typed cause along the chain, and inside io errors, which hide theirs from it.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(current) = next {
        let inner = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let found = current.downcast_ref().or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if found.is_some() {
            return found;
        }
        next = current.source();
    }
    None
}
