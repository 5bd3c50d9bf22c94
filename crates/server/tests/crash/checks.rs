//! What must hold when all has ended, whatever was killed: the upstream's log against the records.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::host::Posted;
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
    pub streamed: Vec<(String, Vec<Value>)>,
}

impl End<'_> {
    pub fn check(&self) {
        self.no_event_is_lost_or_run_twice();
        self.nothing_left_that_no_record_accounts_for();
        self.keys_are_one_for_each_visit();
        for (run, record) in &self.records {
            self.check_run(run, record);
        }
        self.effects_are_told_once();
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
        assert_eq!(record["status"], "completed", "{}", told());
        let steps = record["steps"].as_array().unwrap();
        let mut effects = record["effects"].as_array().unwrap().iter();
        let path = self.plan.path();
        assert_eq!(steps.len(), path.len(), "{}", told());
        let mut last = "none".to_owned();
        for (step, (name, lap)) in steps.iter().zip(path) {
            assert_eq!((&step["node"], &step["visit"]), (&name.as_str().into(), &lap.into()), "{}", told());
            match self.plan.node(&name) {
                Some(Node::Call { kind, .. }) => {
                    let visit = Visit { run: run.to_owned(), node: name, lap };
                    last = self.check_call(kind, &visit, step, &last);
                }
                Some(Node::Message) => {
                    let effect = effects.next().unwrap_or_else(|| panic!("an effect is missing: {}", told()));
                    assert_eq!(effect["data"]["text"], format!("{lap}: {last}"), "{}", told());
                }
                Some(Node::Wait) | None => {}
            }
        }
        assert_eq!(effects.next(), None, "{}", told());
        assert_eq!(record["result"].to_string().trim_matches('"'), last, "{}", told());
    }

    /// Holds one visit's step to what the upstream saw; what the next body must say.
    fn check_call(&self, kind: Kind, visit: &Visit, step: &Value, before: &str) -> String {
        let requests = self.requests(visit);
        let told = || format!("{visit:?}\nthe upstream saw {requests:#?}\nthe record says {step:#}");
        let last = requests.last();
        let outcome = step["outcome"].as_str().unwrap();
        let status = last.and_then(|last| last.status());
        let all_but_last = &requests[..requests.len().saturating_sub(1)];
        if kind.may_repeat() {
            assert_eq!((outcome, status), ("200", Some(200)), "{}", told());
        } else {
            let put_off = all_but_last.iter().all(|seen| seen.status() == Some(503));
            assert!(put_off, "a write that may not be repeated was: {}", told());
            assert!(outcome == "unknown" || (outcome == "200" && status == Some(200)), "{}", told());
        }
        if kind != Kind::Get {
            let whole: Vec<_> = requests.iter().filter(|seen| seen.whole).collect();
            let longest = requests.iter().max_by_key(|seen| seen.body.len());
            assert!(whole.iter().all(|seen| seen.body == whole[0].body), "{}", told());
            let starts = |seen: &&Seen| longest.is_none_or(|whole| whole.body.starts_with(&seen.body));
            assert!(requests.iter().all(starts), "{}", told());
        }
        if let Some(last) = last.filter(|last| last.whole) {
            let asked: Value = serde_json::from_slice(&last.body).unwrap();
            assert_eq!(asked["prev"].to_string().trim_matches('"'), before, "{}", told());
            if last.body.len() < RECORDED_BODY_BYTES {
                let recorded = step["request"]["body"].as_str().unwrap();
                assert_eq!(recorded.as_bytes(), last.body, "{}", told());
            }
        }
        if outcome != "200" {
            return "none".to_owned();
        }
        let number = last.and_then(|last| last.answer).unwrap().1;
        assert_eq!(step["set"]["n"], number, "{}", told());
        number.to_string()
    }

    /// No effect has two ids or one id twice, and a stream told what the record tells, from the beginning.
    fn effects_are_told_once(&self) {
        let mut ids = HashSet::new();
        for effect in self.records.values().flat_map(|record| record["effects"].as_array().unwrap()) {
            assert!(ids.insert(effect["id"].as_str().unwrap()), "an effect's id twice: {effect}");
        }
        for (run, told) in &self.streamed {
            let Some(record) = self.records.get(run) else { panic!("a stream of {run}, which is lost") };
            let recorded = record["effects"].as_array().unwrap();
            assert!(recorded.starts_with(told), "{run}: the stream told {told:?}, the record {recorded:?}");
        }
    }
}
