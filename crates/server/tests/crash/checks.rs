//! What must hold when all has ended, whatever was killed: the upstream's log against the records.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::flow::{Stop, path};
use crate::host::{Heard, Posted};
use crate::plan::{Kind, Node, Plan};
use crate::upstream::{Seen, Visit};

/// Bodies in a record are whole up to here and a little more.
const RECORDED_BODY_BYTES: usize = 60 * 1024;

/// Everything that is known at the end.
#[derive(Debug)]
pub struct End<'e> {
    pub plan: &'e Plan,
    /// Sorted by visit, each visit's requests in their order.
    pub log: Vec<Seen>,
    pub records: BTreeMap<String, Value>,
    pub posted: Vec<Posted>,
    pub streamed: BTreeMap<String, Heard>,
    pub cancels: Vec<Cancel>,
    /// Visits of each node, by flow.
    pub counts: BTreeMap<&'static str, BTreeMap<String, u64>>,
}

/// A run that someone asked to be stopped.
#[derive(Clone, Debug)]
pub struct Cancel {
    pub run: String,
    /// Where the server promised it: the order from which on at most the call under way may come.
    pub promised: Option<u64>,
}

impl End<'_> {
    pub fn check(&self) {
        self.no_event_is_lost_or_run_twice();
        self.nothing_left_that_no_record_accounts_for();
        self.keys_are_one_for_each_visit();
        for (run, record) in &self.records {
            self.check_run(run, record);
        }
        self.what_is_cancelled_calls_no_more();
        self.streams_tell_what_is_recorded();
        self.visits_are_counted_once();
    }

    fn requests(&self, visit: &Visit) -> Vec<&Seen> {
        self.log.iter().filter(|seen| seen.visit == *visit).collect()
    }

    fn no_event_is_lost_or_run_twice(&self) {
        let mut runs: HashMap<&str, Vec<&str>> = HashMap::new();
        for (run, record) in &self.records {
            runs.entry(record["event"]["tag"].as_str().unwrap()).or_default().push(run);
        }
        for Posted { post, run } in &self.posted {
            // A post without a key is one event; one with a key is the same event however often it came.
            let begun = runs.get(post.tag.as_str()).map(Vec::as_slice).unwrap_or_default();
            assert!(begun.len() <= 1, "{} was posted and has {begun:?}", post.tag);
            if let Some(run) = run {
                assert_eq!(begun, [run], "the run promised for {}", post.tag);
            }
        }
        let posted: HashSet<&str> = self.posted.iter().map(|posted| posted.post.tag.as_str()).collect();
        assert!(runs.keys().all(|tag| posted.contains(tag)), "nobody posted what started {runs:?}");
    }

    /// A run that nobody was told of may be lost, with what it only asked for.
    fn nothing_left_that_no_record_accounts_for(&self) {
        for seen in &self.log {
            if seen.visit.run.is_empty() && seen.body.is_empty() {
                continue; // not even the head came
            }
            match self.records.get(&seen.visit.run) {
                Some(record) => assert_eq!(record["event"]["tag"], seen.tag, "{seen:?}"),
                None => assert_eq!(seen.kind, Kind::Get, "a write without a run: {seen:?}"),
            }
        }
    }

    fn keys_are_one_for_each_visit(&self) {
        let mut visits: HashMap<&str, &Visit> = HashMap::new();
        for seen in &self.log {
            let Some(key) = &seen.key else {
                assert!(seen.kind != Kind::Keyed || seen.visit.run.is_empty(), "no key: {seen:?}");
                continue;
            };
            assert_eq!(seen.kind, Kind::Keyed, "{seen:?}");
            let first = *visits.entry(key).or_insert(&seen.visit);
            assert_eq!(*first, seen.visit, "two visits share the key {key}");
        }
        let keyed: HashSet<&Visit> = visits.values().copied().collect();
        assert_eq!(keyed.len(), visits.len(), "a visit has two keys");
    }

    /// Walks a record along the chain: each call's body says what the answer before it said.
    fn check_run(&self, run: &str, record: &Value) {
        let told = || format!("{run}: {record:#}");
        let cancelled = record["status"] == "cancelled";
        let may_be = self.cancels.iter().any(|cancel| cancel.run == run);
        assert!(record["status"] == "completed" || (cancelled && may_be), "{}", told());
        let mut steps = record["steps"].as_array().unwrap().as_slice();
        // Whoever called a sub-flow is recorded as it stood, behind what was stopped in there.
        if let (true, [front @ .., last]) = (cancelled && !returned(steps), steps) {
            steps = if last["node"] == "sub" { front } else { steps };
        }
        let mut effects = record["effects"].as_array().unwrap().iter();
        let path = path(self.plan);
        assert!(steps.len() == path.len() || (cancelled && steps.len() <= path.len()), "{}", told());
        let mut last = "none".to_owned();
        for (step, Stop { node, flow, visit, lap }) in steps.iter().zip(path) {
            let stop = (&node.as_str().into(), &visit.into(), &flow.into());
            assert_eq!((&step["node"], &step["visit"], &step["flow"]), stop, "{}", told());
            match self.plan.node(&node) {
                Some(Node::Call { kind, .. }) => {
                    let visit = Visit { run: run.to_owned(), node, lap };
                    last = self.check_call(kind, &visit, step, &last, cancelled);
                }
                Some(Node::Message) => {
                    let effect = effects.next().unwrap_or_else(|| panic!("an effect is missing: {}", told()));
                    assert_eq!(effect["data"]["text"], format!("{lap}: {last}"), "{}", told());
                }
                Some(Node::Wait) | None => {}
            }
        }
        assert_eq!(effects.next(), None, "{}", told());
        if !cancelled {
            assert_eq!(record["result"].to_string().trim_matches('"'), last, "{}", told());
        }
        let version = record["version"].to_string();
        let of_run = self.log.iter().filter(|seen| seen.visit.run == run);
        for seen in of_run.filter(|seen| !self.is_inner(&seen.visit.node)) {
            assert_eq!(seen.version, version, "{seen:?} left its version: {}", told());
        }
    }

    fn is_inner(&self, node: &str) -> bool {
        (self.plan.inner_from()..self.plan.nodes.len()).any(|at| node == format!("n{at}"))
    }

    /// Holds one visit's step to what the upstream saw; what the next body must say.
    fn check_call(&self, kind: Kind, visit: &Visit, step: &Value, before: &str, cancelled: bool) -> String {
        let requests = self.requests(visit);
        let told = || format!("{visit:?}\nthe upstream saw {requests:#?}\nthe record says {step:#}");
        let outcome = step["outcome"].as_str();
        let last = requests.last();
        let status = last.and_then(|last| last.status());
        let put_off = |seen: &&Seen| seen.status() == Some(503);
        if !kind.may_repeat() {
            let all_but_last = &requests[..requests.len().saturating_sub(1)];
            assert!(all_but_last.iter().all(put_off), "a write that may not be repeated was: {}", told());
        }
        match outcome {
            Some("200") => assert_eq!(status, Some(200), "{}", told()),
            Some("unknown") => assert!(!kind.may_repeat(), "{}", told()),
            None => {
                assert!(cancelled, "{}", told());
                let attempts = step["attempts"].as_array().unwrap().len();
                assert!(kind == Kind::Get || requests.len() <= attempts, "hushed up: {}", told());
            }
            Some(_) => panic!("{}", told()),
        }
        check_bodies(kind, &requests, &told);
        if let Some(last) = last.filter(|last| last.whole) {
            let asked: Value = serde_json::from_slice(&last.body).unwrap();
            assert_eq!(asked["prev"].to_string().trim_matches('"'), before, "{}", told());
            if last.body.len() < RECORDED_BODY_BYTES {
                let recorded = step["request"]["body"].as_str().unwrap();
                assert_eq!(recorded.as_bytes(), last.body, "{}", told());
            }
        }
        if outcome != Some("200") {
            return "none".to_owned();
        }
        let number = last.and_then(|last| last.answer).unwrap().1;
        assert_eq!(step["set"]["n"], number, "{}", told());
        number.to_string()
    }

    /// At most the call that was under way, or just about to be, when the promise was made.
    fn what_is_cancelled_calls_no_more(&self) {
        for Cancel { run, promised } in &self.cancels {
            let Some(promised) = promised else { continue };
            let later = self.log.iter().filter(|seen| seen.visit.run == *run && seen.order >= *promised);
            let visits: HashSet<&Visit> = later.map(|seen| &seen.visit).collect();
            assert!(visits.len() <= 1, "{run} was to be cancelled and called on: {visits:?}");
        }
    }

    /// No effect's id comes twice, and streams that went on where others broke off told all of the record once.
    fn streams_tell_what_is_recorded(&self) {
        let mut ids = HashSet::new();
        for effect in self.records.values().flat_map(|record| record["effects"].as_array().unwrap()) {
            assert!(ids.insert(effect["id"].as_str().unwrap()), "an effect's id twice: {effect}");
        }
        for (run, heard) in &self.streamed {
            let Some(record) = self.records.get(run) else { panic!("a stream of {run}, which is lost") };
            assert_eq!(record["effects"].as_array(), Some(&heard.effects), "{run}");
            assert_eq!(record["steps"].as_array(), Some(&heard.steps), "{run}");
        }
    }

    fn visits_are_counted_once(&self) {
        let mut visits: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
        for step in self.records.values().flat_map(|record| record["steps"].as_array().unwrap()) {
            let flow = step["flow"].as_str().unwrap_or("chain");
            let node = step["node"].as_str().unwrap().to_owned();
            *visits.entry(flow).or_default().entry(node).or_default() += 1;
        }
        for (flow, counts) in &self.counts {
            assert_eq!(visits.remove(flow).unwrap_or_default(), *counts, "counts of {flow}");
        }
        assert!(visits.is_empty(), "{visits:?}");
    }
}

/// Whether the sub-flow of the last of these steps came to its end.
fn returned(steps: &[Value]) -> bool {
    steps.iter().rev().nth(1).is_some_and(|step| step["node"] == "out")
}

/// A write is rendered once: every attempt carries the same bytes, as far as they came.
fn check_bodies(kind: Kind, requests: &[&Seen], told: &dyn Fn() -> String) {
    if kind == Kind::Get {
        return;
    }
    let whole: Vec<_> = requests.iter().filter(|seen| seen.whole).collect();
    assert!(whole.iter().all(|seen| seen.body == whole[0].body), "{}", told());
    let longest = requests.iter().max_by_key(|seen| seen.body.len());
    let begins = |seen: &&Seen| longest.is_none_or(|longest| longest.body.starts_with(&seen.body));
    assert!(requests.iter().all(begins), "{}", told());
}
