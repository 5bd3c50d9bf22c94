//! A CONNECT proxy on a loopback address of its own.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::reply::Signal;

/// What a proxy does with a CONNECT.
#[derive(Clone, Debug)]
pub enum TunnelReply {
    Opens,
    Answers(&'static str),
    HangsUp,
    Stalls,
}

/// A proxy that opens tunnels to any address, or does not. It stops when it is dropped.
#[derive(Debug)]
pub struct TunnelProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    peers: Arc<Mutex<Vec<IpAddr>>>,
    stop: Signal,
}

impl Drop for TunnelProxy {
    fn drop(&mut self) {
        self.stop.give();
        // The accepting thread looks at the flag once a connection comes.
        let _ = TcpStream::connect(self.address);
    }
}

impl TunnelProxy {
    /// Where it listens: 127.0.0.3, which tests do not open.
    pub const IP: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));

    pub fn start(does: TunnelReply) -> Self {
        let listener = TcpListener::bind((Self::IP, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let stop = Signal::new();
        let peers = Arc::new(Mutex::new(Vec::new()));
        let (seen, came, stopped) = (Arc::clone(&heads), Arc::clone(&peers), stop.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if stopped.is_given() {
                    return;
                }
                let (client, seen, does) = (client.unwrap(), Arc::clone(&seen), does.clone());
                came.lock().unwrap().push(client.peer_addr().unwrap().ip());
                std::thread::spawn(move || serve(client, &seen, &does));
            }
        });
        Self { address, heads, peers, stop }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where each connection so far came from.
    pub fn peers(&self) -> Vec<IpAddr> {
        self.peers.lock().unwrap().clone()
    }

    /// Every CONNECT so far, as it came.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(mut client: TcpStream, seen: &Mutex<Vec<String>>, does: &TunnelReply) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if client.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    seen.lock().unwrap().push(head.clone());
    match does {
        TunnelReply::Opens => {}
        TunnelReply::Answers(text) => {
            let _ = client.write_all(text.as_bytes());
            return;
        }
        TunnelReply::HangsUp => return,
        TunnelReply::Stalls => {
            // Until the client gives up.
            let _ = client.read(&mut [0]);
            return;
        }
    }
    let to: SocketAddr = head.split(' ').nth(1).unwrap().parse().expect("an address, and no name");
    let Ok(mut upstream) = TcpStream::connect(to) else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").unwrap();
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").unwrap();
    let (mut from, mut into) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut into);
        let _ = into.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut upstream, &mut client);
    let _ = client.shutdown(Shutdown::Both);
}
