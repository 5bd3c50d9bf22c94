//! The remote that the chain calls: it remembers every byte, and holds a call at the point where the server is killed.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use callout_testkit::{Remote, Reply, Request, Signal};

use crate::history::History;
use crate::plan::{Dice, Kind, Plan, Point};

/// How long a call may take to reach the point that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is read of a body that is held: of a larger part the sockets on the way would have made room for all of it.
const PART_BYTES: usize = 8;

/// One visit of one node of one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visit {
    pub run: String,
    pub node: String,
    pub lap: usize,
}

/// A request that came, or a part of one.
#[derive(Clone)]
pub struct Seen {
    pub kind: Kind,
    pub visit: Visit,
    pub tag: String,
    /// The flow's.
    pub version: String,
    pub key: Option<String>,
    pub body: Vec<u8>,
    pub whole: bool,
    pub order: u64,
    /// Status and number of the answer that was begun.
    pub answer: Option<(u16, u64)>,
    /// All of the answer was written, or the connection was gone.
    pub answered: Signal,
}

/// One remote for each kind of call, so that one kind can be held while the others go on.
#[derive(Debug)]
pub struct Upstream {
    remotes: Vec<Remote>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    seed: u64,
    history: History,
    keeps_connections: bool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    log: Vec<Seen>,
    begun: HashSet<Visit>,
    answers: u64,
    trap: Option<Trap>,
}

/// What is done with the calls of one kind until the server is killed.
#[derive(Debug)]
struct Trap {
    kind: Kind,
    point: Point,
    /// The runs whose calls came to the point, and the sign that they are there.
    caught: Vec<(String, Signal)>,
    release: Signal,
}

impl Upstream {
    pub fn start(plan: &Plan, history: &History) -> Self {
        let shared = Arc::new(Shared {
            seed: plan.seed,
            history: history.clone(),
            keeps_connections: plan.keeps_connections,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let remotes = Kind::ALL.iter().map(|kind| {
            let (kind, takes, answers) = (*kind, Arc::clone(&shared), Arc::clone(&shared));
            Remote::serve_narrow(
                move |_| takes.body_bytes_max(kind),
                move |request| answers.answer(kind, request),
            )
        });
        Self { remotes: remotes.collect(), shared }
    }

    fn remote(&self, kind: Kind) -> &Remote {
        &self.remotes[kind as usize]
    }

    pub fn url(&self, kind: Kind) -> String {
        self.remote(kind).url("/call")
    }

    /// From here on the calls of a kind come to this point and no further.
    pub fn arm(&self, kind: Kind, point: Point) {
        self.shared.lock().trap = Some(Trap { kind, point, caught: Vec::new(), release: Signal::new() });
        if point == Point::Unsent {
            self.remote(kind).close_door();
        }
    }

    /// Waits until so many calls have come to the point; the run of the last of them.
    pub fn until_caught(&self, count: usize) -> String {
        let few = |state: &mut State| state.trap.as_ref().is_none_or(|trap| trap.caught.len() < count);
        let (state, out) = self.shared.changed.wait_timeout_while(self.shared.lock(), PATIENCE, few).unwrap();
        assert!(!out.timed_out(), "no call came to the point");
        let (run, there) = state.trap.as_ref().unwrap().caught[count - 1].clone();
        drop(state);
        there.wait();
        run
    }

    /// Waits until a connection to the closed door of this kind is asked for.
    pub fn until_knocked(&self, kind: Kind) {
        let begun = std::time::Instant::now();
        let address = format!("{:08X}:{:04X}", u32::from_le_bytes([127, 0, 0, 2]), self.remote(kind).port());
        let knocks = |line: &str| {
            let mut words = line.split_whitespace().skip(2);
            words.next() == Some(&address) && words.next() == Some(SYN_SENT)
        };
        while !std::fs::read_to_string("/proc/net/tcp").unwrap().lines().any(knocks) {
            assert!(begun.elapsed() < PATIENCE, "nobody knocked");
            std::thread::yield_now();
        }
    }

    /// The server is dead: what was held ends, and everything is as usual again.
    pub fn disarm(&self) {
        let Some(trap) = self.shared.lock().trap.take() else { return };
        trap.release.give();
        if trap.point == Point::Unsent {
            self.remote(trap.kind).open_door();
        }
    }

    /// Waits until this many requests have come in all, at most so long.
    pub fn until_seen(&self, count: usize, at_most: Duration) {
        let few = |state: &mut State| state.log.len() < count;
        drop(self.shared.changed.wait_timeout_while(self.shared.lock(), at_most, few).unwrap());
    }

    pub fn count(&self) -> usize {
        self.shared.lock().log.len()
    }

    /// What comes from here on has at least this order, less what is just being read.
    pub fn order(&self) -> u64 {
        self.shared.lock().log.iter().map(|seen| seen.order + 1).max().unwrap_or_default()
    }

    /// All that came, also what broke off; each visit's requests in their order.
    pub fn log(&self) -> Vec<Seen> {
        let mut log = self.shared.lock().log.clone();
        for kind in Kind::ALL {
            log.extend(self.remote(kind).broken_requests().iter().map(|request| Seen::of(kind, request)));
        }
        log.sort_by(|a, b| (&a.visit, a.order).cmp(&(&b.visit, b.order)));
        log
    }
}

/// What a failure shows of a body.
const SHOWN_BYTES: usize = 200;

/// The state of a connection that is asked for, as /proc/net/tcp has it.
const SYN_SENT: &str = "02";

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, visit, tag, key, body, whole, order, .. } = self;
        let body = String::from_utf8_lossy(&body[..body.len().min(SHOWN_BYTES)]);
        write!(f, "{kind:?} {visit:?} of {tag}, key {key:?}, order {order}, ")?;
        write!(f, "whole {whole}, answered {:?} of {:?}: {body}", self.status(), self.answer)
    }
}

impl Seen {
    fn of(kind: Kind, request: &Request) -> Self {
        let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
        Self {
            kind,
            visit: Visit {
                run: header("x-run"),
                node: header("x-node"),
                lap: header("x-lap").parse().unwrap_or_default(),
            },
            tag: header("x-tag"),
            version: header("x-version"),
            key: request.header("idempotency-key").map(str::to_owned),
            body: request.body.clone(),
            whole: request.whole,
            order: request.order,
            answer: None,
            answered: Signal::new(),
        }
    }

    /// The status that the server may have got.
    pub fn status(&self) -> Option<u16> {
        self.answer.filter(|_| self.answered.is_given()).map(|(status, _)| status)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn body_bytes_max(&self, kind: Kind) -> usize {
        let state = self.lock();
        let part = state.trap.as_ref().is_some_and(|trap| trap.kind == kind && trap.point == Point::PartSent);
        if part { PART_BYTES } else { usize::MAX }
    }

    fn answer(&self, kind: Kind, request: &Request) -> Reply {
        let mut state = self.lock();
        let mut seen = Seen::of(kind, request);
        let first = state.begun.insert(seen.visit.clone());
        state.answers += 1;
        let number = state.answers;
        let there = Signal::new();
        let trap = state.trap.as_mut().filter(|trap| trap.kind == kind);
        let point = trap.as_ref().map(|trap| trap.point);
        let release = trap.as_ref().map(|trap| trap.release.clone()).unwrap_or_default();
        let hold = |reply: Reply| reply.then_give(&there).then_wait(&release).then_close();
        let mut answer = |status: u16, more: &[(&str, &str)]| {
            seen.answer = Some((status, number));
            let pad = "-".repeat(64);
            let body = format!("{{\"n\":{number},\"pad\":\"{pad}\"}}");
            let mut headers = vec![("Content-Type", "application/json")];
            headers.extend(more);
            if !self.keeps_connections {
                headers.push(("Connection", "close"));
            }
            (Reply::with_headers(status, &headers, body), seen.answered.clone())
        };
        let reply = match point {
            _ if !request.whole && point.is_none() => Reply::close(),
            Some(Point::PartSent | Point::Sent) => hold(Reply::default()),
            Some(Point::HalfAnswered) => hold(Reply::raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{\"n\":0",
            )),
            Some(Point::Parked) if first => {
                let (reply, answered) = answer(503, &[("Retry-After", "1")]);
                reply.then_give(&answered).then_give(&there)
            }
            _ => {
                let retries = request.header("x-retries") == Some("yes");
                let status = if first && retries && self.is_flaky(number) { 503 } else { 200 };
                let (reply, answered) = answer(status, &[]);
                reply.then_give(&answered).then_give(&there)
            }
        };
        let counts =
            point.is_some_and(|point| point != Point::Parked || seen.answer.is_none_or(|a| a.0 == 503));
        if let Some(trap) = state.trap.as_mut().filter(|_| counts) {
            trap.caught.push((seen.visit.run.clone(), there));
        }
        let Visit { run, node, lap } = &seen.visit;
        let answer = seen.answer.map(|(status, _)| status);
        self.history
            .add(format!("upstream: {run} {node} {lap} {kind:?}, trap {point:?}, answers {answer:?}"));
        state.log.push(seen);
        self.changed.notify_all();
        reply
    }

    fn is_flaky(&self, number: u64) -> bool {
        Dice::new(self.seed ^ (number << 32)).one_in(3)
    }
}
