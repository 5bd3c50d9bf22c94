//! A listener that nobody may reach, and one that nobody gets an answer from.

use std::net::{IpAddr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

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

/// A listener whose queue is full: connecting to it neither succeeds nor fails.
#[derive(Debug)]
pub struct Unaccepting {
    listener: Socket,
    _queue: Vec<Socket>,
}

impl Unaccepting {
    /// More than a queue of length zero takes.
    const FILLERS: usize = 4;

    pub fn start(ip: IpAddr) -> Self {
        let socket = || Socket::new(Domain::for_address(SocketAddr::new(ip, 0)), Type::STREAM, None).unwrap();
        let listener = socket();
        listener.bind(&SocketAddr::new(ip, 0).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let queue: Vec<Socket> = (0..Self::FILLERS).map(|_| socket()).collect();
        for (turn, filler) in queue.iter().enumerate() {
            // The first is taken at once; what becomes of the others is not waited for.
            filler.set_nonblocking(turn > 0).unwrap();
            let _ = filler.connect(&address);
        }
        Self { listener, _queue: queue }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().as_socket().unwrap().port()
    }
}
