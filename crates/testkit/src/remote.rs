//! A loopback server that answers by script and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::reply::{Act, Reply, Signal};
use crate::request::{self, Arrived, Request};
use crate::tls::{CertificateKind, ClientCa, TestCa};

/// How long a test waits for something that must come before it says that it did not.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a connection is tried that needs nobody to accept it.
const NOW: Duration = Duration::from_millis(100);
/// The longest segment that a narrow remote takes, and what its sockets hold, in bytes: a sender then notices at once
/// when nobody reads.
const NARROW_SEGMENT: u32 = 1_000;
const NARROW_BUFFER: usize = 16 * 1024;
/// Connections that may wait to be accepted, as the standard library has it.
const QUEUE: i32 = 128;

type Script = dyn Fn(&Request) -> Reply + Send + Sync;
/// Asked with a request's head: how many bytes of its body to read.
type Take = dyn Fn(&Request) -> usize + Send + Sync;

#[derive(Clone)]
struct Ways {
    take: Arc<Take>,
    script: Arc<Script>,
}

/// A remote. It stops when it is dropped: stalled answers end, its port closes.
#[derive(Debug)]
pub struct Remote {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Arc<TcpListener>,
    scheme: &'static str,
    ca: Option<TestCa>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    arrived: Condvar,
    door: Mutex<Door>,
    door_moved: Condvar,
    stop: Signal,
}

/// Whether connections are accepted.
#[derive(Debug, Default)]
struct Door {
    closed: bool,
    /// The accepting thread has seen that it is closed.
    at_rest: bool,
    /// What fills the queue of connections while it is closed.
    fillers: Vec<TcpStream>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Request>,
    broken: Vec<Request>,
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
        Self::serve_at(SocketAddr::new(Self::IP, 0), None, Ways::whole(script))
    }

    /// As `serve`, on an address of the test's choice.
    pub fn serve_on(ip: IpAddr, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve_at(SocketAddr::new(ip, 0), None, Ways::whole(script))
    }

    /// As `serve`, over TLS with a certificate of this kind from a fresh authority.
    pub fn serve_tls(
        kind: CertificateKind,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::serve_at(SocketAddr::new(Self::IP, 0), Some(TestCa::new(kind)), Ways::whole(script))
    }

    /// As `serve_tls`, for clients only whose certificate is of this authority.
    pub fn serve_mtls(
        clients: &ClientCa,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let ca = TestCa::asking(clients, rustls::DEFAULT_VERSIONS);
        Self::serve_at(SocketAddr::new(Self::IP, 0), Some(ca), Ways::whole(script))
    }

    /// As `serve_mtls`, in TLS 1.2: it turns clients away during the handshake, not after it.
    pub fn serve_mtls_1_2(
        clients: &ClientCa,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let ca = TestCa::asking(clients, &[&rustls::version::TLS12]);
        Self::serve_at(SocketAddr::new(Self::IP, 0), Some(ca), Ways::whole(script))
    }

    /// As `serve`, on sockets that hold little. `take` is asked when a request's head has come, and says how many bytes
    /// of its body are read before the script answers; after an answer to a part the connection ends.
    pub fn serve_narrow(
        take: impl Fn(&Request) -> usize + Send + Sync + 'static,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let remote = Self::serve_at(
            SocketAddr::new(Self::IP, 0),
            None,
            Ways { take: Arc::new(take), script: Arc::new(script) },
        );
        let socket = socket2::SockRef::from(&*remote.listener);
        socket.set_tcp_mss(NARROW_SEGMENT).unwrap();
        socket.set_recv_buffer_size(NARROW_BUFFER).unwrap();
        remote
    }

    fn serve_at(address: SocketAddr, ca: Option<TestCa>, ways: Ways) -> Self {
        let listener = Arc::new(TcpListener::bind(address).unwrap());
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let scheme = if ca.is_some() { "https" } else { "http" };
        let remote = Self {
            address,
            shared: Arc::clone(&shared),
            listener: Arc::clone(&listener),
            scheme,
            ca: ca.clone(),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                shared.wait_for_the_door();
                if shared.stop.is_given() {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (shared, ways, ca) = (Arc::clone(&shared), ways.clone(), ca.clone());
                std::thread::spawn(move || connection(&stream, &shared, &ways, ca.as_ref()));
            }
        });
        remote
    }

    /// Accepts no connection from here on: who connects waits. Connections that are open stay so.
    pub fn close_door(&self) {
        let mut door = self.shared.door.lock().unwrap();
        door.closed = true;
        // The accepting thread looks at the door once a connection comes.
        let knock = TcpStream::connect(self.address).unwrap();
        door.fillers.push(knock);
        let (mut door, out) =
            self.shared.door_moved.wait_timeout_while(door, PATIENCE, |door| !door.at_rest).unwrap();
        assert!(!out.timed_out(), "the accepting thread did not come to rest");
        socket2::SockRef::from(&*self.listener).listen(0).unwrap();
        // One connection fills a queue of length zero; it may be full already.
        door.fillers.extend(TcpStream::connect_timeout(&self.address, NOW));
    }

    /// Accepts again what comes, and what has waited since.
    pub fn open_door(&self) {
        socket2::SockRef::from(&*self.listener).listen(QUEUE).unwrap();
        let mut door = self.shared.door.lock().unwrap_or_else(PoisonError::into_inner);
        *door = Door::default();
        self.shared.door_moved.notify_all();
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

    /// The authority's certificate, PEM.
    pub fn ca_pem(&self) -> String {
        self.ca.as_ref().expect("the remote speaks no TLS").ca_pem.clone()
    }

    /// Every request so far, in the order in which they were read.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().requests.clone()
    }

    /// Requests that broke off before they were whole, as far as they came.
    pub fn broken_requests(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().broken.clone()
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
        self.open_door();
        // The accepting thread looks at the flag once a connection comes.
        let _ = TcpStream::connect(self.address);
    }
}

impl Ways {
    fn whole(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self { take: Arc::new(|_| usize::MAX), script: Arc::new(script) }
    }
}

impl Shared {
    fn wait_for_the_door(&self) {
        let mut door = self.door.lock().unwrap();
        while door.closed {
            // Said each time: it may have been opened and closed again before this thread woke.
            door.at_rest = true;
            self.door_moved.notify_all();
            door = self.door_moved.wait(door).unwrap();
        }
    }
}

fn connection(stream: &TcpStream, shared: &Shared, ways: &Ways, ca: Option<&TestCa>) {
    let number = {
        let mut seen = shared.seen.lock().unwrap();
        seen.connections += 1;
        seen.connections
    };
    let _ = stream.set_nodelay(true);
    let mut plain = stream;
    match ca {
        None => converse(&mut plain, stream, shared, ways, number),
        Some(ca) => {
            let Ok(server) = rustls::ServerConnection::new(ca.server.clone()) else { return };
            let mut tls = rustls::StreamOwned::new(server, stream);
            converse(&mut tls, stream, shared, ways, number);
            if tls.conn.is_handshaking() {
                // Why it was refused is on its way: closing with bytes unread would take that back.
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = std::io::copy(&mut plain, &mut std::io::sink());
            }
        }
    }
}

fn converse<S: Read + Write>(
    stream: &mut S,
    socket: &TcpStream,
    shared: &Shared,
    ways: &Ways,
    number: usize,
) {
    let mut left = Vec::new();
    let Ok(peer) = socket.peer_addr() else { return };
    while let Some(arrived) = request::read(stream, &mut left, number, peer, &*ways.take) {
        let (request, part) = match arrived {
            Arrived::Whole(request) => (request, false),
            Arrived::Part(request) => (request, true),
            Arrived::Broken(request) => {
                shared.seen.lock().unwrap().broken.push(request);
                return;
            }
        };
        let reply = (ways.script)(&request);
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
        if !open || part {
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
