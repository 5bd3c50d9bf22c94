//! What a run costs the store: processor time of the writing thread and of the one that asks, bytes written and kept.
//!
//! `cargo run --release -p callout-store --example cost -- [runs] [at once] [folder]`
//!
//! A run here is three visits with one answer of half a kilobyte, 1.4 KB in all, and where it writes an intent 1.6 KB of sealed
//! state. The figures are of this machine and disk;
//! the folder should be on the disk that would be used.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use callout_flow::id::{OrgId, RunId};
use callout_store::{
    Accepted, Begin, Keys, MasterKey, Part, Record, RunStatus, Stand, Store, StoreOptions, Tally,
};
use jiff::Timestamp;

const ANSWER: &str = r#"{"id":"c-1042","name":"Ada Example","email":"ada@example.com","plan":"gold","since":"2019-04-02","address":{"street":"12 Long Lane","city":"Springfield","region":"North","country":"NL","postcode":"1234 AB"},"orders":[{"id":"o-1","total":"10.50","state":"sent"},{"id":"o-2","total":"99.00","state":"open"}],"notes":"prefers to be called in the morning","tags":["vip","newsletter"],"balance":"0.00","currency":"EUR","locale":"nl-NL","timeZone":"Europe/Amsterdam","score":87,"active":true,"checked":"2024-05-05T10:00:00Z"}"#;

fn id(number: u64) -> RunId {
    let (millis, count) = (1_800_000_000_000 + number / 30, number % 30);
    RunId::new(format!(
        "run_{millis:012x}7{count:03x}8{:015x}",
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 4
    ))
}

fn begin(number: u64) -> Begin {
    let head = format!(
        r#""event":{{"name":"call.started","from":"+31612345{:03}","line":"main"}},"contact":{{"id":"contact-{}","name":"Ada"}},"inputs":{{}}"#,
        number % 1000,
        number % 5000
    );
    Begin {
        flow: 1 + (number % 7) as u32,
        version: 3,
        started_at: Timestamp::from_millisecond(1_800_000_000_000 + (number / 30) as i64).unwrap(),
        contact: Some(format!("contact-{}", number % 5000)),
        event: Some("call.started".into()),
        head: head.into_bytes(),
    }
}

fn part(begin: &Begin) -> Part {
    let steps = format!(
        r#"{{"node":"get","type":"apiCall","at":"2027-01-15T08:00:00.000Z","ms":7,"request":{{"method":"GET","url":"https://api.example.com/customers/1042","headers":{{"accept":"application/json"}}}},"response":{{"status":200,"body":{ANSWER}}},"outcome":"200","case":0}},{{"node":"is gold","type":"branch","ms":0,"case":1}},{{"node":"done","type":"end","ms":0}}"#
    );
    let tally = |node: &str, outcome: Option<&str>| Tally {
        flow: begin.flow,
        version: 3,
        node: node.to_owned(),
        case: "0".to_owned(),
        outcome: outcome.map(str::to_owned),
        success: true,
        at: begin.started_at,
        duration_ms: 7,
    };
    let tallies = vec![tally("get", Some("200")), tally("is gold", None), tally("done", None)];
    Part { steps: steps.into_bytes(), effects: Vec::new(), tallies }
}

fn over(begin: &Begin) -> Stand {
    let tail =
        br#""vars":{"name":"Ada Example","plan":"gold"},"result":{"queue":"gold","greet":"Hello Ada"}"#;
    let ended_at = begin.started_at + Duration::from_millis(8);
    Stand::Over { status: RunStatus::Completed, ended_at, tail: tail.to_vec(), head: None, error: None }
}

async fn insert_once(store: Store, number: u64) {
    let begin = begin(number);
    let record = Record {
        run: id(number),
        epoch: 0,
        seq: 1,
        part: part(&begin),
        stand: over(&begin),
        begin: Some(begin),
        inbox_up_to: None,
    };
    store.record(&OrgId::default_org(), record).durable().await.unwrap();
}

async fn accept_and_finish(store: Store, number: u64) {
    let (org, begin) = (OrgId::default_org(), begin(number));
    let (part, stand, at) = (part(&begin), over(&begin), begin.started_at);
    let accepted = store.accept(&org, vec![(id(number), begin)], 1, None, at).await.unwrap();
    let Accepted::New { epochs } = accepted else { panic!("{accepted:?}") };
    let record =
        Record { run: id(number), epoch: epochs[0], seq: 1, begin: None, part, stand, inbox_up_to: None };
    store.record(&org, record).durable().await.unwrap();
}

/// A run that writes what it is about to send before it sends it, as one does that changes something.
async fn intent_and_finish(store: Store, number: u64) {
    let begin = begin(number);
    let (org, epoch) = (OrgId::default_org(), store.boot_epoch());
    let (part, stand) = (part(&begin), over(&begin));
    let state = ANSWER.repeat(3).into_bytes();
    let intent = Record {
        run: id(number),
        epoch: 0,
        seq: 1,
        part: Part::default(),
        stand: Stand::Going { state },
        begin: Some(begin),
        inbox_up_to: None,
    };
    store.record(&org, intent).durable().await.unwrap();
    let end = Record { run: id(number), epoch, seq: 2, begin: None, part, stand, inbox_up_to: None };
    store.record(&org, end).durable().await.unwrap();
}

/// A thread, as the kernel counts it.
struct Thread(PathBuf);

impl Thread {
    /// This one, which asks the store.
    fn own() -> Self {
        Self(PathBuf::from("/proc/thread-self").canonicalize().unwrap())
    }

    /// The store's writing thread.
    fn writer() -> Self {
        let tasks = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
        Self(
            tasks
                .into_iter()
                .find(|task| fs::read_to_string(task.join("comm")).unwrap().trim() == "store-writer")
                .unwrap(),
        )
    }

    fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(self.0.join("schedstat")).unwrap();
        Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
    }

    /// Of it in the kernel, in ticks of ten milliseconds.
    fn kernel(&self) -> Duration {
        let stat = fs::read_to_string(self.0.join("stat")).unwrap();
        let ticks: u64 = stat.split(' ').nth(14).unwrap().parse().unwrap();
        Duration::from_millis(ticks * 10)
    }

    fn written(&self) -> u64 {
        let io = fs::read_to_string(self.0.join("io")).unwrap();
        io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().parse().unwrap()
    }
}

fn measure<F: Future<Output = ()>>(
    name: &str,
    folder: &Path,
    runs: u64,
    at_once: u64,
    one: impl Fn(Store, u64) -> F,
) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let options = StoreOptions {
        folder: folder.path().to_owned(),
        readers: 2,
        keys: Some(Keys::new(MasterKey::generate().unwrap())),
    };
    let store = Store::open(&options, Timestamp::from_second(1_800_000_000).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rounds = |from: u64, to: u64| {
        let next = std::cell::Cell::new(from);
        let worker = async || {
            while next.get() < to {
                let number = next.replace(next.get() + 1);
                one(store.clone(), number).await;
            }
        };
        runtime.block_on(async {
            let mut workers: Vec<_> = (0..at_once).map(|_| Box::pin(worker())).collect();
            futures_join(&mut workers).await;
        });
    };
    // The first ones meet cold caches and an empty tree.
    let warm = runs / 10;
    rounds(0, warm);
    let (thread, caller) = (Thread::writer(), Thread::own());
    let asked = caller.cpu();
    let (cpu, kernel, written) = (thread.cpu(), thread.kernel(), thread.written());
    let (before, began) = (store.health(), Instant::now());
    rounds(warm, warm + runs);
    let (took, after) = (began.elapsed(), store.health());
    let asked = caller.cpu() - asked;
    let (cpu, kernel, written) = (thread.cpu() - cpu, thread.kernel() - kernel, thread.written() - written);
    runtime.block_on(store.close());
    let kept = store.health().file_bytes;
    println!(
        "{name:<18} {at_once:>4} at once: writer {:5.2} µs/run ({:5.2} in the kernel), caller {:5.2} µs/run, log {:6.0} bytes/run, file {:5.0} bytes/run, {:4.1} writes/commit, {:6.0} runs/s",
        cpu.as_secs_f64() * 1e6 / runs as f64,
        kernel.as_secs_f64() * 1e6 / runs as f64,
        asked.as_secs_f64() * 1e6 / runs as f64,
        written as f64 / runs as f64,
        kept as f64 / (runs + warm) as f64,
        (after.writes - before.writes) as f64 / (after.commits - before.commits) as f64,
        runs as f64 / took.as_secs_f64(),
    );
}

/// Polls all until all are done; a few hundred at most.
async fn futures_join<F: Future<Output = ()> + Unpin>(all: &mut Vec<F>) {
    std::future::poll_fn(|context| {
        all.retain_mut(|one| std::pin::Pin::new(one).poll(context).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runs = arguments.next().map_or(100_000, |runs| runs.parse().unwrap());
    let at_once = arguments.next().map(|count| count.parse().unwrap());
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    for at_once in at_once.map_or_else(|| vec![64, 256], |count| vec![count]) {
        measure("insert once", &folder, runs, at_once, insert_once);
        measure("accept and finish", &folder, runs, at_once, accept_and_finish);
        measure("intent and finish", &folder, runs, at_once, intent_and_finish);
    }
}
