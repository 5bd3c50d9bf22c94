//! A DNS server that answers by script.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// What it says to one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsAnswer {
    /// These addresses, of the family that was asked for.
    Addresses(Vec<IpAddr>),
    /// These addresses, behind so many aliases.
    Aliased { links: usize, addresses: Vec<IpAddr> },
    /// No such name.
    NoSuchName,
    /// The server says that it failed.
    Failure,
    /// Nothing at all.
    Silence,
}

/// A DNS server on 127.0.0.2 over UDP. Answers live for no time.
#[derive(Debug)]
pub struct DnsServer {
    address: SocketAddr,
    queries: Arc<Mutex<Vec<String>>>,
}

const TYPE_A: u16 = 1;
const TYPE_CNAME: u16 = 5;
const TYPE_AAAA: u16 = 28;

impl DnsServer {
    /// The script is given the name without its last dot, and how many times its A record was asked for before.
    pub fn start(script: impl Fn(&str, usize) -> DnsAnswer + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.2:0").unwrap();
        let address = socket.local_addr().unwrap();
        let queries = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&queries);
        std::thread::spawn(move || {
            let mut packet = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut packet) {
                let Some((name, kind, end)) = question(&packet[..length]) else { continue };
                let before = heard.lock().unwrap().iter().filter(|q| **q == format!("A {name}")).count();
                let answer = script(&name, before);
                let letter = if kind == TYPE_AAAA { "AAAA" } else { "A" };
                heard.lock().unwrap().push(format!("{letter} {name}"));
                if let Some(reply) = reply(&packet[..end], kind, &answer) {
                    let _ = socket.send_to(&reply, peer);
                }
            }
        });
        Self { address, queries }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `A name` and `AAAA name`, in the order asked.
    pub fn queries(&self) -> Vec<String> {
        self.queries.lock().unwrap().clone()
    }
}

/// The name and type asked for, and where the question ends.
fn question(packet: &[u8]) -> Option<(String, u16, usize)> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(packet.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]);
    Some((labels.join("."), kind, at + 4))
}

fn reply(query: &[u8], kind: u16, answer: &DnsAnswer) -> Option<Vec<u8>> {
    const SERVER_FAILURE: u8 = 2;
    const NAME_ERROR: u8 = 3;
    let (code, links, addresses) = match answer {
        DnsAnswer::Silence => return None,
        DnsAnswer::Failure => (SERVER_FAILURE, 0, &[][..]),
        DnsAnswer::NoSuchName => (NAME_ERROR, 0, &[][..]),
        DnsAnswer::Addresses(all) => (0, 0, all.as_slice()),
        DnsAnswer::Aliased { links, addresses } => (0, *links, addresses.as_slice()),
    };
    // A pointer to the name in the question; behind aliases, the last alias.
    let mut owner = vec![0xc0, 12];
    let mut records = Vec::new();
    for link in 0..links {
        let label = format!("link{link}");
        let alias = [&[u8::try_from(label.len()).ok()?], label.as_bytes(), b"\x04test\0"].concat();
        records.push(record(&owner, TYPE_CNAME, &alias)?);
        owner = alias;
    }
    for address in addresses {
        match address {
            IpAddr::V4(v4) if kind == TYPE_A => records.push(record(&owner, kind, &v4.octets())?),
            IpAddr::V6(v6) if kind == TYPE_AAAA => records.push(record(&owner, kind, &v6.octets())?),
            _ => {}
        }
    }
    let mut packet = query[..2].to_vec();
    packet.extend([0x81, 0x80 | code]);
    packet.extend([0, 1]);
    packet.extend(u16::try_from(records.len()).ok()?.to_be_bytes());
    packet.extend([0, 0, 0, 0]);
    packet.extend_from_slice(&query[12..]);
    packet.extend(records.concat());
    Some(packet)
}

/// A record that lives for no time.
fn record(owner: &[u8], kind: u16, data: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = owner.to_vec();
    bytes.extend(kind.to_be_bytes());
    bytes.extend([0, 1, 0, 0, 0, 0]);
    bytes.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
    bytes.extend(data);
    Some(bytes)
}
