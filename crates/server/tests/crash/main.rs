//! The real server, killed with SIGKILL at seeded points and started again, held to every promise it made.
//!
//! A seed stands for a flow, the events that are posted, and up to three points of a kill (`plan.rs`). In the short
//! form, which is one of the tests, each point comes once with each kind of call. For other seeds:
//!
//! ```text
//! CRASH_SEED=17      cargo test -p callout-server --test crash -- --nocapture    this seed alone
//! CRASH_SECONDS=600  cargo test -p callout-server --test crash -- --nocapture    new seeds for so long: `make crash`
//! ```
//!
//! A failure prints its seed and what happened. The seed gives the same plan again, not the same race: it may have to
//! be run more than once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod checks;
mod flow;
mod history;
mod host;
mod plan;
mod process;
mod seed;
mod upstream;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use history::History;
use plan::{Kill, Plan};

/// Seeds at once: most of their time they wait.
const AT_ONCE: usize = 4;

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn whatever_is_killed_no_promise_is_broken() {
    let mut seeds = 0..Kill::cells().len() as u64;
    let mut until = None;
    if let Some(seed) = number("CRASH_SEED") {
        seeds = seed..seed + 1;
    } else if let Some(seconds) = number("CRASH_SECONDS") {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        seeds = now.as_secs()..u64::MAX;
        until = Some(Instant::now() + Duration::from_secs(seconds));
    }
    let (next, kills) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    let over = || until.is_some_and(|until| Instant::now() >= until);
    let play_some = || {
        let mut failed = Vec::new();
        while !over() && failed.is_empty() {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let plan = Plan::of(seed);
            kills.fetch_add(plan.kills.len() as u64, Ordering::Relaxed);
            let history = History::new();
            if let Err(why) = catch_unwind(AssertUnwindSafe(|| seed::play(&plan, &history))) {
                let why = why.downcast_ref::<String>().map_or("see above", String::as_str);
                println!("CRASH_SEED={seed} failed\n{plan:?}\n{}\n{why}", history.text());
                failed.push(seed);
            }
        }
        failed
    };
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let players: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(play_some)).collect();
        players.into_iter().flat_map(|player| player.join().unwrap()).collect()
    });
    let (played, kills) = (next.into_inner().min(seeds.end) - seeds.start, kills.into_inner());
    println!("{played} seeds from {} on, {kills} kills", seeds.start);
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}
