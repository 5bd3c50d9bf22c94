//! The server as a process: one listener, a runtime on each thread, and an orderly end.

mod connection;
mod framing;
pub mod upkeep;

pub use connection::{Ambiguous, Peer};

use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Semaphore, mpsc, watch};

use connection::{ConnectionRules, serve};

/// How the listener and its threads behave.
#[derive(Clone, Debug)]
pub struct ServeRules {
    pub threads: NonZeroUsize,
    pub connections_max: NonZeroUsize,
    pub head_timeout: Duration,
    pub drain: Duration,
}

/// How long accepting pauses after an error that has nothing to do with one caller, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes the address, without answering yet.
pub fn listen(address: SocketAddr) -> Result<StdListener> {
    let listener = StdListener::bind(address).with_context(|| {
        format!("cannot listen on {address}; `server.listen` or --listen names another address")
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A runtime whose tasks stay on one thread.
pub fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("cannot start the runtime")
}

/// One thread's share of the connections.
#[derive(Clone)]
struct Share {
    router: Router,
    rules: ConnectionRules,
    stopping: watch::Receiver<bool>,
    /// Held by everything under way: once all are dropped, nothing is.
    alive: mpsc::Sender<()>,
}

impl Share {
    /// Serves a connection on this thread's runtime.
    fn take(&self, stream: TcpStream, permit: tokio::sync::OwnedSemaphorePermit) {
        let Self { router, rules, stopping, alive } = self.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            serve(stream, router, rules, stopping).await;
            drop((permit, alive));
        });
    }
}

/// What is handed to a thread.
type Dealt = (StdStream, tokio::sync::OwnedSemaphorePermit);

/// Answers callers until `stop` is done, then lets what is under way come to its end, at most for the time of the rules.
/// `stopping` is told as soon as the stop begins, and `threads` is
/// handed the runtimes. Returns whether all came to its end.
pub async fn run(
    listener: StdListener,
    router: Router,
    rules: &ServeRules,
    stopping: watch::Sender<bool>,
    stop: impl Future<Output = ()>,
    threads: impl FnOnce(Vec<Handle>),
) -> Result<bool> {
    let (alive, mut none_alive) = mpsc::channel(1);
    let share = Share {
        router,
        rules: ConnectionRules { head_timeout: rules.head_timeout },
        stopping: stopping.subscribe(),
        alive,
    };
    let others = (1..rules.threads.get())
        .map(|index| start_thread(index, share.clone()))
        .collect::<Result<Vec<_>>>()?;
    let (handles, others): (Vec<Handle>, Vec<_>) = others.into_iter().unzip();
    threads(handles.into_iter().chain([Handle::current()]).collect());
    let listener = TcpListener::from_std(listener).context("cannot listen")?;
    let permits = Arc::new(Semaphore::new(rules.connections_max.get().min(Semaphore::MAX_PERMITS)));
    tokio::select! {
        () = stop => {}
        () = accept(&listener, &permits, &share, &others) => {}
    }
    drop(listener);
    stopping.send_replace(true);
    drop((others, share));
    let drained = tokio::time::timeout(rules.drain, none_alive.recv()).await.is_ok();
    Ok(drained)
}

/// Takes connections and deals them out in turn; never done.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    share: &Share,
    others: &[mpsc::UnboundedSender<Dealt>],
) {
    let mut turn = 0;
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        match others.get(turn) {
            None => share.take(stream, permit),
            Some(other) => {
                if let Ok(stream) = stream.into_std() {
                    // Its thread ends only with the process.
                    let _ = other.send((stream, permit));
                }
            }
        }
        turn = (turn + 1) % (others.len() + 1);
    }
}

fn start_thread(index: usize, share: Share) -> Result<(Handle, mpsc::UnboundedSender<Dealt>)> {
    let (deal, mut dealt) = mpsc::unbounded_channel::<Dealt>();
    let runtime = runtime()?;
    let handle = runtime.handle().clone();
    let work = move || {
        runtime.block_on(async move {
            while let Some((stream, permit)) = dealt.recv().await {
                match TcpStream::from_std(stream) {
                    Ok(stream) => share.take(stream, permit),
                    Err(error) => tracing::warn!(%error, "a connection could not be taken"),
                }
            }
            // Connections of this thread live as long as its runtime does: until the process ends.
            drop(share);
            std::future::pending::<()>().await;
        });
    };
    std::thread::Builder::new()
        .name(format!("callout-{index}"))
        .spawn(work)
        .context("cannot start a thread")?;
    Ok((handle, deal))
}
