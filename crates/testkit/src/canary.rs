//! A listener that nobody may reach.

use std::net::{IpAddr, SocketAddr, TcpListener};

/// A canary. It keeps its port open and accepts nothing; a connection in its queue is a failure.
#[derive(Debug)]
pub struct Canary {
    listener: TcpListener,
}

impl Canary {
    /// On a loopback address that no test's allow-list opens.
    pub fn start(ip: IpAddr) -> Self {
        let listener = TcpListener::bind(SocketAddr::new(ip, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.local_addr().unwrap())
    }

    /// The kernel finishes a handshake before anyone accepts it, so that a connection cannot be missed here.
    #[track_caller]
    pub fn assert_untouched(&self) {
        if let Ok((_, peer)) = self.listener.accept() {
            panic!("a connection from {peer} reached a canary");
        }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_untouched();
        }
    }
}
