//! A port where nobody listens, and nobody else can.

use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A bound socket that does not listen: connections to it are refused for as long as it lives.
#[derive(Debug)]
pub struct ClosedPort {
    socket: Socket,
}

impl ClosedPort {
    pub fn start(ip: IpAddr) -> Self {
        let socket = Socket::new(Domain::for_address(SocketAddr::new(ip, 0)), Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(ip, 0).into()).unwrap();
        Self { socket }
    }

    pub fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().as_socket().unwrap().port()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.socket.local_addr().unwrap().as_socket().unwrap())
    }
}
