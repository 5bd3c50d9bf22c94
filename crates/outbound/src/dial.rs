//! Opens a connection to an admitted address, and to nothing else.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use callout_flow::outcome::Phase;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use crate::exchange::Live;
use crate::fault::Fault;
use crate::guard::{Admitted, HostKey, canonical_ip};
use crate::policy::{EgressPolicy, SetupError};
use crate::trace::Trace;
use crate::wire::{Meter, Metered, Wire};

/// The one TLS set-up of a policy: public and extra roots, TLS 1.2 and 1.3, no client certificate.
pub(crate) fn tls_config(policy: &EgressPolicy) -> Result<Arc<ClientConfig>, SetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in &policy.extra_roots {
        roots.add(root.clone()).map_err(SetupError::RootCertificate)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(SetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A fresh connection: TCP, then TLS where the scheme asks for it, then HTTP/1.1 on top.
pub(crate) async fn dial(
    admitted: &Admitted,
    source: Option<IpAddr>,
    tls: &Arc<ClientConfig>,
    deadline: Instant,
    trace: &mut Trace,
) -> Result<Live, Fault> {
    let origin = admitted.origin();
    let host = origin.host.to_string();
    trace.enter(Phase::Connect);
    let stream = connect(admitted.addresses(), source, deadline, &host).await?;
    let wire = Wire::new(stream);
    let meter = Arc::new(Meter::default());
    let metered = if origin.secure {
        trace.enter(Phase::Tls);
        let name = server_name(&origin.host)?;
        let stream = TlsConnector::from(tls.clone())
            .connect(name, wire.clone())
            .await
            .map_err(|error| Fault::tls(&host, &error))?;
        Metered::tls(stream, meter.clone())
    } else {
        Metered::plain(wire.clone(), meter.clone())
    };
    Live::open(metered, wire, meter).await.map_err(|error| Fault::head(&host, &error))
}

/// The name that the certificate must be valid for.
fn server_name(host: &HostKey) -> Result<ServerName<'static>, Fault> {
    match host {
        HostKey::Address(ip) => Ok(ServerName::IpAddress((*ip).into())),
        HostKey::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| Fault::network(Phase::Tls, format!("{name} cannot be the name of a certificate"))),
    }
}

/// Tries the addresses in order. A silent one takes only its share of the time that is left.
async fn connect(
    addresses: &[SocketAddr],
    source: Option<IpAddr>,
    deadline: Instant,
    host: &str,
) -> Result<TcpStream, Fault> {
    let usable: Vec<_> =
        addresses.iter().filter(|to| source.is_none_or(|from| from.is_ipv4() == to.is_ipv4())).collect();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for (tried, to) in usable.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(usable.len() - tried).unwrap_or(u32::MAX);
        match timeout_at(Instant::now() + share, connect_one(**to, source)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            // Of the last address the share is all that was left: the deadline itself tells.
            Err(_) => last = io::Error::from(io::ErrorKind::TimedOut),
        }
    }
    if last.kind() == io::ErrorKind::TimedOut && Instant::now() >= deadline {
        std::future::pending::<()>().await;
    }
    Err(Fault::connect(host, &last))
}

async fn connect_one(to: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.set_nodelay(true)?;
    let stream = socket.connect(to).await?;
    let peer = stream.peer_addr()?;
    // The socket must be where the guard said it may be, whatever lies between us and the kernel.
    if canonical_ip(peer.ip()) != to.ip() || peer.port() != to.port() {
        return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
    }
    Ok(stream)
}
