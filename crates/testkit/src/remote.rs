//! A loopback server that answers by script and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::reply::{Act, Reply, Signal};
use crate::request::{self, Request};
use crate::tls::{CertificateKind, TestCa};

/// How long a test waits for something that must come before it says that it did not.
const PATIENCE: Duration = Duration::from_secs(20);

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

/// A remote. It stops when it is dropped: stalled answers end, its port closes.
#[derive(Debug)]
pub struct Remote {
    address: SocketAddr,
    shared: Arc<Shared>,
    scheme: &'static str,
    ca: Option<TestCa>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    arrived: Condvar,
    stop: Signal,
}

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Request>,
    connections: usize,
    /// How many requests `next_request` has handed out.
    taken: usize,
}

impl Remote {
    /// The address that tests open in an allow-list: 127.0.0.2.
    pub const IP: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

    /// Answers the n-th request with the n-th reply, and all after the last with the last.
    pub fn start(replies: Vec<Reply>) -> Self {
        let count = Mutex::new(0);
        Self::serve(move |_| {
            let mut count = count.lock().unwrap();
            let reply = replies[usize::min(*count, replies.len() - 1)].clone();
            *count += 1;
            reply
        })
    }

    /// Answers each request with what the script makes of it.
    pub fn serve(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve_at(SocketAddr::new(Self::IP, 0), None, Arc::new(script))
    }

    /// As `serve`, on an address of the test's choice.
    pub fn serve_on(ip: IpAddr, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve_at(SocketAddr::new(ip, 0), None, Arc::new(script))
    }

    /// As `serve`, over TLS with a certificate of this kind from a fresh authority.
    pub fn serve_tls(
        kind: CertificateKind,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::serve_at(SocketAddr::new(Self::IP, 0), Some(TestCa::new(kind)), Arc::new(script))
    }

    fn serve_at(address: SocketAddr, ca: Option<TestCa>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let scheme = if ca.is_some() { "https" } else { "http" };
        let remote = Self { address, shared: Arc::clone(&shared), scheme, ca: ca.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stop.is_given() {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (shared, script, ca) = (Arc::clone(&shared), Arc::clone(&script), ca.clone());
                std::thread::spawn(move || connection(&stream, &shared, &*script, ca.as_ref()));
            }
        });
        remote
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.2:port` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// A URL under another host name.
    pub fn url_as(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// The authority's certificate, DER.
    pub fn ca_der(&self) -> Vec<u8> {
        self.ca.as_ref().expect("the remote speaks no TLS").ca_der.clone()
    }

    /// Every request so far, in the order in which they were read.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().requests.clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.seen.lock().unwrap().connections
    }

    /// The next request that this method has not given yet; waits for it.
    pub fn next_request(&self) -> Request {
        let seen = self.shared.seen.lock().unwrap();
        let (mut seen, out) = self
            .shared
            .arrived
            .wait_timeout_while(seen, PATIENCE, |seen| seen.requests.len() <= seen.taken)
            .unwrap();
        assert!(!out.timed_out(), "no further request came");
        seen.taken += 1;
        seen.requests[seen.taken - 1].clone()
    }

    /// The one request that came.
    pub fn only_request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests[0].clone()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.shared.stop.give();
        // The accepting thread looks at the flag once a connection comes.
        let _ = TcpStream::connect(self.address);
    }
}

fn connection(stream: &TcpStream, shared: &Shared, script: &Script, ca: Option<&TestCa>) {
    let number = {
        let mut seen = shared.seen.lock().unwrap();
        seen.connections += 1;
        seen.connections
    };
    let _ = stream.set_nodelay(true);
    let mut plain = stream;
    match ca {
        None => converse(&mut plain, stream, shared, script, number),
        Some(ca) => {
            let Ok(server) = rustls::ServerConnection::new(ca.server.clone()) else { return };
            let mut tls = rustls::StreamOwned::new(server, plain);
            converse(&mut tls, stream, shared, script, number);
        }
    }
}

fn converse<S: Read + Write>(
    stream: &mut S,
    socket: &TcpStream,
    shared: &Shared,
    script: &Script,
    number: usize,
) {
    let mut left = Vec::new();
    let Ok(peer) = socket.peer_addr() else { return };
    while let Some(request) = request::read(stream, &mut left, number, peer) {
        let reply = script(&request);
        shared.seen.lock().unwrap().requests.push(request);
        shared.arrived.notify_all();
        let mut open = true;
        for act in reply.acts {
            match act {
                // Also after the end of the connection: it is what the test waits for.
                Act::Give(signal) => signal.give(),
                act => open = open && perform(act, stream, socket, &shared.stop),
            }
        }
        if !open {
            return;
        }
    }
}

/// Whether the connection goes on.
fn perform<S: Write>(act: Act, stream: &mut S, socket: &TcpStream, stop: &Signal) -> bool {
    match act {
        Act::Write(bytes) => stream.write_all(&bytes).and_then(|()| stream.flush()).is_ok(),
        Act::Drip(bytes, every) => bytes.iter().all(|byte| {
            stream.write_all(&[*byte]).and_then(|()| stream.flush()).is_ok() && !stop.wait_for(every)
        }),
        Act::Repeat(bytes) => {
            while !stop.is_given() {
                if stream.write_all(&bytes).is_err() {
                    break;
                }
            }
            false
        }
        Act::WaitFor(signal) => {
            signal.wait();
            true
        }
        Act::Give(_) => true,
        Act::Stall => {
            stop.wait();
            false
        }
        Act::Close => {
            let _ = stream.flush();
            let _ = socket.shutdown(std::net::Shutdown::Both);
            false
        }
        Act::Reset => {
            let _ = stream.flush();
            let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
            false
        }
    }
}
