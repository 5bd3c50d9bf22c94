//! The words with a proxy that open a tunnel.
//!
//! CONNECT names an address that the guard has admitted, never a name: the proxy has nothing to look up, and the
//! certificate is still judged by the name that was called.

use std::net::SocketAddr;

use callout_flow::outcome::Phase;
use callout_flow::request::SecretText;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Proxy;
use crate::fault::{Fault, Stop};
use crate::guard::{HostKey, NotAdmitted, admit_proxy, canonical_ip};
use crate::policy::EgressPolicy;
use crate::resolve::{LookUpFailed, Resolver};

/// The longest head that a proxy may answer with, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;

impl Proxy {
    /// Where it listens. What an operator has set is looked up and not judged; what an org has set is judged too.
    pub(crate) async fn addresses(
        &self,
        resolver: &Resolver,
        judged_by: Option<&EgressPolicy>,
    ) -> Result<Vec<SocketAddr>, Stop> {
        let no_address = |failed: LookUpFailed| {
            Fault::network(Phase::Connect, format!("the host of the proxy {}", failed.words()))
        };
        let ips = match (judged_by, &self.host) {
            (Some(policy), _) => {
                return admit_proxy(policy, resolver, self).await.map_err(|not| match not {
                    NotAdmitted::Refused(refusal) => refusal.into(),
                    NotAdmitted::LookUp(failed) => no_address(failed).into(),
                });
            }
            (None, HostKey::Address(ip)) => vec![*ip],
            (None, HostKey::Name(name)) => resolver.look_up(name).await.map_err(no_address)?,
        };
        Ok(ips.into_iter().map(|ip| SocketAddr::new(canonical_ip(ip), self.port)).collect())
    }

    /// Opens the tunnel over a connection to the proxy.
    pub(crate) async fn open(&self, stream: &mut TcpStream, to: SocketAddr, host: &str) -> Result<(), Fault> {
        let mut asked = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        if let Some(authorization) = self.authorization.as_ref().map(SecretText::expose) {
            asked.push_str("Proxy-Authorization: ");
            asked.push_str(authorization);
            asked.push_str("\r\n");
        }
        asked.push_str("\r\n");
        stream.write_all(asked.as_bytes()).await.map_err(|_| fault("broke off the connection"))?;
        match status(&head(stream).await?) {
            Some(200..=299) => Ok(()),
            Some(407) => Err(fault("asks for other credentials (407)")),
            Some(status) => Err(fault(&format!("did not open a way to {host} ({status})"))),
            None => Err(fault("did not answer in HTTP")),
        }
    }
}

/// Reads the head of the answer and not a byte more: what follows belongs to the tunnel.
async fn head(stream: &mut TcpStream) -> Result<Vec<u8>, Fault> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX {
            return Err(fault("answered with a head that does not end"));
        }
        let byte = stream.read_u8().await.map_err(|_| fault("broke off the connection"))?;
        head.push(byte);
    }
    Ok(head)
}

fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let rest = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 "))?;
    let (digits, after) = rest.split_at_checked(3)?;
    let ended = after.first().is_none_or(|byte| *byte == b' ');
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|_| ended)
}

fn fault(what: &str) -> Fault {
    Fault::network(Phase::Connect, format!("the proxy {what}"))
}
