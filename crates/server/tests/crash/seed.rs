//! One seed from its first start to its last: post, kill at the point, start again, and hold the server to its word.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::checks::{Cancel, End};
use crate::flow;
use crate::history::History;
use crate::host::{Host, Post, Way, is_over};
use crate::plan::{Dice, Kill, Kind, Plan, Point};
use crate::process::{Home, Process};
use crate::upstream::Upstream;

/// Events posted in one life of the server, all at once.
const EVENTS: u64 = 6;
const EVENTS_AMONG_CALLERS: u64 = 16;
/// How long a run may take to come to where it is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// More than the sockets between the two take.
const LARGE_BLOB_BYTES: usize = 500 * 1024;
/// The latest that an answered call is killed behind, and that a start is killed in.
const MOMENT_MAX: Duration = Duration::from_millis(8);
const START_MAX: Duration = Duration::from_millis(120);

struct Seed<'s> {
    plan: &'s Plan,
    history: &'s History,
    home: &'s Home,
    host: Host<'s>,
    upstream: Upstream,
    dice: Dice,
    lives: u64,
    cancels: Mutex<Vec<Cancel>>,
}

/// Plays a seed; panics where something does not hold.
pub fn play(plan: &Plan, history: &History) {
    let home = Home::new(plan);
    let mut seed = Seed {
        plan,
        history,
        home: &home,
        host: Host::new(&home.token, history),
        upstream: Upstream::start(plan, history),
        dice: Dice::new(!plan.seed),
        lives: 0,
        cancels: Mutex::default(),
    };
    for kill in &plan.kills {
        seed.live_until(*kill);
        if let Kill::Starting(times) = kill {
            (0..*times).for_each(|_| seed.kill_a_start());
        }
    }
    seed.end();
}

impl Seed<'_> {
    fn start(&mut self) -> Process {
        let mut process = self.home.start();
        self.host.moved_to(process.address());
        self.history.add("started");
        // Runs stay on the version that they began with.
        for flow in flow::texts(self.plan, |kind| self.upstream.url(kind), self.lives) {
            self.host.publish(&flow);
        }
        self.lives += 1;
        process
    }

    fn posts(&mut self, kill: Kill) -> Vec<Post> {
        let blob_bytes = if matches!(kill, Kill::At(_, Point::PartSent)) { LARGE_BLOB_BYTES } else { 8 };
        let count = if kill == Kill::Accepting { EVENTS_AMONG_CALLERS } else { EVENTS };
        let mut posts = Vec::new();
        for number in 0..count {
            let told = kill == Kill::Told;
            let ways = [Way::Event, Way::Event, Way::Event, Way::Wait, Way::WaitBriefly];
            let way = if told { Way::Wait } else { self.dice.pick(&ways) };
            let keyed = !told && self.dice.one_in(3);
            let tag = format!("{}-{}-{number}", self.plan.seed, self.lives);
            let post = Post { tag, way, keyed, blob_bytes };
            // A host that is not sure posts again, perhaps while the first is under way.
            posts.extend((keyed && self.dice.one_in(2)).then(|| post.clone()));
            posts.push(post);
        }
        posts
    }

    /// One life of the server.
    fn live_until(&mut self, kill: Kill) {
        self.history.add(format!("to be killed: {kill:?}"));
        // Armed before the start, so that it also catches what the kill before interrupted.
        match kill {
            Kill::At(kind, point) => self.upstream.arm(kind, point),
            Kill::Starting(_) => self.upstream.arm(self.dice.pick(&Kind::ALL), Point::Sent),
            Kill::Waiting | Kill::Accepting | Kill::Told => {}
        }
        let process = self.start();
        let posts = self.posts(kill);
        let followed = self.dice.below(posts.len() as u64);
        let cancelled = self.dice.below(2 * posts.len() as u64);
        let mut dice = Dice::new(self.dice.below(u64::MAX));
        let seed = &*self;
        std::thread::scope(|scope| {
            let process = process;
            scope.spawn(|| {
                seed.host.look_at_all();
                seed.host.post_again();
            });
            for (at, post) in (0..).zip(&posts) {
                scope.spawn(move || {
                    let Some(run) = seed.host.post(post) else { return };
                    if at == cancelled {
                        seed.cancel(&run);
                    }
                    if at <= followed {
                        seed.host.follow(&run);
                    }
                });
            }
            seed.reach(kill, &mut dice);
            self.history.add("kill");
            no_panic(&process.kill());
            self.upstream.disarm();
        });
    }

    fn cancel(&self, run: &str) {
        let promised = self.host.cancel(run);
        let promised = promised.then(|| self.upstream.order());
        self.cancels.lock().unwrap().push(Cancel { run: run.to_owned(), promised });
    }

    fn reach(&self, kill: Kill, dice: &mut Dice) {
        match kill {
            Kill::At(kind, Point::Unsent) => self.upstream.until_knocked(kind),
            Kill::At(_, Point::Parked) => {
                let run = self.upstream.until_caught(1);
                // Someone may have cancelled it meanwhile.
                let parked =
                    |record: &Value| record["waitingUntil"].is_string() || is_over(&record["status"]);
                self.until(&run, parked);
            }
            Kill::At(_, Point::Answered) => {
                // All but one, which may be cancelled before.
                self.upstream.until_caught(1 + usize::try_from(dice.below(EVENTS - 1)).unwrap());
                moment(part_of(MOMENT_MAX, dice));
            }
            Kill::At(..) => {
                self.upstream.until_caught(1 + usize::try_from(dice.below(3)).unwrap());
            }
            Kill::Starting(_) => {
                self.upstream.until_caught(2);
            }
            Kill::Waiting => {
                let begun = Instant::now();
                while !self.host.has_waiting() {
                    assert!(begun.elapsed() < PATIENCE, "no run waits");
                }
            }
            Kill::Told => self.host.until_answered(1),
            Kill::Accepting => self.host.until_answered(1 + usize::try_from(dice.below(12)).unwrap()),
        }
    }

    /// Asks for a run's record until it is as it should be.
    fn until(&self, run: &str, holds: impl Fn(&Value) -> bool) {
        let begun = Instant::now();
        while !self.host.look(run).is_some_and(|record| holds(&record)) {
            assert!(begun.elapsed() < PATIENCE, "{run} did not come to it");
        }
    }

    fn kill_a_start(&mut self) {
        let seen = self.upstream.count();
        let mut process = self.home.start();
        match self.dice.below(3) {
            0 => moment(part_of(START_MAX, &mut self.dice)),
            1 => {
                process.address();
                moment(part_of(MOMENT_MAX, &mut self.dice));
            }
            _ => {
                process.address();
                self.upstream.until_seen(seen + 1, START_MAX);
            }
        }
        self.history.add("kill during a start");
        no_panic(&process.kill());
    }

    /// Lets everything end, and looks at all of it.
    fn end(mut self) {
        let process = self.start();
        assert!(self.host.is_ready());
        self.host.look_at_all();
        assert!(self.host.post_again(), "the server is gone");
        let mut records = BTreeMap::new();
        for run in self.host.known().into_iter().chain(self.host.listed()) {
            if !records.contains_key(&run) {
                assert!(self.host.follow(&run), "the stream of {run} ended before the run");
                records.insert(run.clone(), self.host.look(&run).expect("the server is gone"));
            }
        }
        assert!(self.host.is_ready());
        let flows = ["chain", "inner"];
        let flows = &flows[..1 + usize::from(self.plan.inner_from() < self.plan.nodes.len())];
        let counts = flows.iter().map(|flow| (*flow, self.host.counts(flow))).collect();
        no_panic(&process.stop());
        self.history.add("all has ended");
        let process = self.start();
        self.host.look_at_all();
        no_panic(&process.stop());
        let end = End {
            plan: self.plan,
            log: self.upstream.log(),
            records,
            posted: self.host.posted(),
            streamed: self.host.streamed(),
            cancels: self.cancels.into_inner().unwrap(),
            counts,
        };
        end.check();
    }
}

fn no_panic(log: &str) {
    assert!(!log.contains("panicked"), "{log}");
}

fn part_of(length: Duration, dice: &mut Dice) -> Duration {
    Duration::from_micros(dice.below(u64::try_from(length.as_micros()).unwrap()))
}

/// A time at random: what is struck, not what is waited for.
fn moment(length: Duration) {
    let (keep_open, never) = channel::<()>();
    let _ = never.recv_timeout(length);
    drop(keep_open);
}
