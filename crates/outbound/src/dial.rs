//! Opens a connection to an admitted address, and to nothing else.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use callout_flow::outcome::Phase;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use crate::exchange::Live;
use crate::fault::{Fault, Stop};
use crate::guard::{Admitted, HostKey, canonical_ip};
use crate::policy::EgressPolicy;
use crate::resolve::Resolver;
use crate::route::Proxy;
use crate::trace::Trace;
use crate::wire::{Meter, Metered, Wire};

/// What the proxy is called in messages: its name and address are the operator's business.
const PROXY: &str = "the proxy";

/// The way out that one call takes.
pub(crate) struct Way<'a> {
    pub(crate) source: Option<IpAddr>,
    pub(crate) proxy: Option<&'a Proxy>,
    /// What the proxy is held to, where an org has set it.
    pub(crate) judged_by: Option<&'a EgressPolicy>,
    /// For the name of the proxy.
    pub(crate) resolver: &'a Resolver,
}

/// A fresh connection: TCP, through a proxy where there is one, then TLS where the scheme asks for it, then
/// HTTP/1.1 on top.
pub(crate) async fn dial(
    admitted: &Admitted,
    way: &Way<'_>,
    tls: &Arc<ClientConfig>,
    deadline: Instant,
    trace: &mut Trace,
) -> Result<Live, Stop> {
    let origin = admitted.origin();
    let host = origin.host.to_string();
    trace.enter(Phase::Connect);
    let stream = match way.proxy {
        None => {
            let who = format!("the server at {host}");
            connect(admitted.addresses(), way.source, deadline, &who).await?
        }
        Some(proxy) => tunnel(admitted.addresses(), proxy, way, deadline, &host).await?,
    };
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
    Ok(Live::open(metered, wire, meter).await.map_err(|error| Fault::head(&host, &error))?)
}

/// Asks the proxy for each admitted address in order. A silent one takes only its share of the time that is left.
async fn tunnel(
    addresses: &[SocketAddr],
    proxy: &Proxy,
    way: &Way<'_>,
    deadline: Instant,
    host: &str,
) -> Result<TcpStream, Stop> {
    let at = proxy.addresses(way.resolver, way.judged_by).await?;
    let mut last = None;
    for (tried, to) in addresses.iter().enumerate() {
        let share = share_of(deadline, addresses.len() - tried);
        let through = async {
            let mut stream = connect(&at, way.source, share, PROXY).await?;
            proxy.open(&mut stream, *to, host).await?;
            Ok::<_, Fault>(stream)
        };
        match timeout_at(share, through).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(fault)) => last = Some(fault),
            Err(_) => last = None,
        }
    }
    match last {
        Some(fault) => Err(Stop::Failed(fault)),
        // Of the last address the share is all that was left: the deadline itself tells.
        None => std::future::pending().await,
    }
}

/// The end of one try, of so many that are left.
fn share_of(deadline: Instant, tries_left: usize) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    Instant::now() + left / u32::try_from(tries_left).unwrap_or(u32::MAX)
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
    who: &str,
) -> Result<TcpStream, Fault> {
    let usable: Vec<_> =
        addresses.iter().filter(|to| source.is_none_or(|from| from.is_ipv4() == to.is_ipv4())).collect();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for (tried, to) in usable.iter().enumerate() {
        match timeout_at(share_of(deadline, usable.len() - tried), connect_one(**to, source)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            // Of the last address the share is all that was left: the deadline itself tells.
            Err(_) => last = io::Error::from(io::ErrorKind::TimedOut),
        }
    }
    if last.kind() == io::ErrorKind::TimedOut && Instant::now() >= deadline {
        std::future::pending::<()>().await;
    }
    Err(Fault::connect(who, &last))
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
