//! Every short chain of calls, with a crash at every point and every lag of the disk behind the run.
//!
//! The decisions are the real ones (`advance`, `save`, `load`, `take_up`, `before_call`); only the disk, the upstream
//! and the crash are made up. The upstream counts, so that a call that is made twice is told apart by its answer and by
//! all that is rendered from it.

use std::collections::{BTreeMap, VecDeque};

use callout_flow::flow::Flow;
use callout_flow::id::RunId;
use callout_flow::outcome::{Answer, AnswerBody, Outcome, Timing};
use callout_flow::read::read_flow;
use callout_flow::request::{Method, PreparedRequest};
use callout_flow::run::{Action, AttemptOver, Input, Run, Start, advance, take_up};
use callout_flow::step::Effect;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{BeforeCall, First, before_call};

/// What a chain is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Get,
    Put,
    Keyed,
    Unkeyed,
    Message,
}

const LINKS: [Link; 5] = [Link::Get, Link::Put, Link::Keyed, Link::Unkeyed, Link::Message];

fn chains() -> Vec<Vec<Link>> {
    let mut chains: Vec<Vec<Link>> = Vec::new();
    for first in LINKS {
        chains.push(vec![first]);
        for second in LINKS {
            chains.push(vec![first, second]);
            for third in LINKS {
                chains.push(vec![first, second, third]);
            }
        }
    }
    chains
}

/// Each call sends what the one before it was answered.
fn flow(chain: &[Link]) -> Flow {
    let mut nodes = serde_json::Map::new();
    for (index, link) in chain.iter().enumerate() {
        let next = if index + 1 == chain.len() { "done".to_owned() } else { format!("n{}", index + 1) };
        let url = format!("https://api.example/{index}");
        let body = json!({ "type": "json", "value": { "seen": "{{ vars.n }}" } });
        let outputs = json!([{ "var": "n", "path": "$.n" }]);
        let call = |method: &str| {
            json!({
                "type": "apiCall", "mode": "http", "method": method, "url": url, "body": body,
                "outputs": outputs, "next": next, "cases": [{ "on": "unknown", "to": next }],
            })
        };
        let node = match link {
            Link::Get => {
                json!({ "type": "apiCall", "mode": "http", "url": url, "outputs": outputs, "next": next })
            }
            Link::Put => call("PUT"),
            Link::Unkeyed => call("POST"),
            Link::Keyed => {
                let mut call = call("POST");
                call["idempotency"] = json!({ "header": "Idempotency-Key" });
                call
            }
            Link::Message => json!({ "type": "message", "text": "n is {{ vars.n }}", "next": next }),
        };
        nodes.insert(format!("n{index}"), node);
    }
    nodes.insert("done".into(), json!({ "type": "end", "result": "{{ vars.n }}" }));
    let document = json!({
        "kind": "flow", "slug": "f", "trigger": { "type": "api" }, "start": "n0", "nodes": nodes,
    });
    let read = read_flow(&document.to_string(), "flow.json");
    let mut problems = read.problems;
    let flow = read
        .draft
        .and_then(|draft| Flow::compile(&draft, &callout_flow::integration::Known::default(), &mut problems));
    flow.unwrap_or_else(|| panic!("{problems:#?}"))
}

/// What a record carries.
#[derive(Clone, Debug)]
struct Record {
    state: Vec<u8>,
    effects: Vec<Effect>,
    /// The request that is about to be sent, where the run stands at one.
    intent: Option<PreparedRequest>,
    result: Option<Value>,
}

/// One history: a run, its disk, its upstream, and what the world has seen.
struct World<'f> {
    flow: &'f Flow,
    /// Taken by the disk, in order.
    disk: Vec<Record>,
    queue: VecDeque<Record>,
    /// The run was promised to someone, so it is in the database from the start.
    accepted: bool,
    /// Points passed since the last start; the crash comes at this one.
    point: usize,
    crash_at: Option<usize>,
    requests: Vec<PreparedRequest>,
    told: BTreeMap<String, Effect>,
    reported: Option<Value>,
}

struct Crash;

impl World<'_> {
    /// A point at which the process may end.
    fn pass(&mut self) -> Result<(), Crash> {
        self.point += 1;
        if self.crash_at == Some(self.point) { Err(Crash) } else { Ok(()) }
    }

    /// The disk catches up with the first `count` records of the queue; what it takes is told to the world.
    fn commit(&mut self, count: usize) {
        for record in self.queue.drain(..count.min(self.queue.len())).collect::<Vec<_>>() {
            for effect in &record.effects {
                let before = self.told.insert(effect.id.clone(), effect.clone());
                assert!(
                    before.is_none_or(|before| before == *effect),
                    "an effect was told twice, differently"
                );
            }
            if let Some(result) = &record.result {
                let before = self.reported.replace(result.clone());
                assert!(before.is_none_or(|before| before == *result), "a reported result changed");
            }
            self.disk.push(record);
        }
    }

    fn commit_all(&mut self) {
        self.commit(self.queue.len());
    }

    fn send(&mut self, request: &PreparedRequest) -> AttemptOver {
        if !request.method.is_safe() {
            let on_disk = self.disk.last().and_then(|record| record.intent.as_ref());
            assert_eq!(on_disk, Some(request), "a call left whose intent is not the last thing on disk");
        }
        self.requests.push(request.clone());
        let answer = Answer {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: AnswerBody::Whole(json!({ "n": self.requests.len() }).to_string().into()),
            notes: Vec::new(),
        };
        AttemptOver {
            not_before: None,
            outcome: Outcome::Answered(answer),
            started_at: Timestamp::UNIX_EPOCH,
            timing: Timing::default(),
            hops: Vec::new(),
        }
    }

    /// The engine's loop, with its points.
    fn drive(&mut self, run: &mut Run, mut input: Input) -> Result<(), Crash> {
        let mut news: Vec<Effect> = Vec::new();
        let (mut has_news, mut done) = (false, false);
        loop {
            let advanced = advance(self.flow, run, input, Timestamp::UNIX_EPOCH);
            has_news |= !advanced.steps.is_empty() || !advanced.effects.is_empty();
            news.extend(advanced.effects);
            self.pass()?;
            let mut record = Record {
                state: run.save(),
                effects: Vec::new(),
                intent: run.pending().map(|pending| pending.request.clone()),
                result: None,
            };
            match advanced.action {
                Action::Connect { .. } => panic!("no call here has a connection"),
                Action::Call => {
                    let effectful = !run.pending().unwrap().request.method.is_safe();
                    let first = before_call(&BeforeCall {
                        effectful,
                        begun: self.accepted || !self.disk.is_empty() || !self.queue.is_empty(),
                        news: has_news,
                        effects: !news.is_empty(),
                        done,
                        age: SignedDuration::ZERO,
                    });
                    if first != First::Nothing {
                        record.effects = std::mem::take(&mut news);
                        has_news = false;
                        self.queue.push_back(record);
                        self.pass()?;
                    }
                    if first == First::Durable {
                        self.commit_all();
                        self.pass()?;
                    }
                    done = effectful;
                    let request = run.pending().unwrap().request.clone();
                    let over = self.send(&request);
                    self.pass()?;
                    input = Input::Attempt(Box::new(over));
                }
                Action::Sleep { .. } => {
                    record.effects = std::mem::take(&mut news);
                    has_news = false;
                    self.queue.push_back(record);
                    self.pass()?;
                    self.commit_all();
                    self.pass()?;
                    let state = self.disk.last().unwrap().state.clone();
                    *run = load(&state);
                    input = take_up(self.flow, run, Timestamp::UNIX_EPOCH).unwrap();
                }
                Action::Open => panic!("no flow goes to another here"),
                Action::Finish => {
                    record.effects = std::mem::take(&mut news);
                    record.result = Some(run.ended.as_ref().unwrap().result.clone());
                    self.queue.push_back(record);
                    self.pass()?;
                    self.commit_all();
                    return Ok(());
                }
            }
        }
    }

    /// From what the disk has, until the run ends or the process does.
    fn live(&mut self) -> Result<(), Crash> {
        self.point = 0;
        let Some(last) = self.disk.last().cloned() else {
            let mut run = Run::new(RunId::new("run_1"), self.flow, Start::default());
            return self.drive(&mut run, Input::Flow);
        };
        if last.result.is_some() {
            return Ok(());
        }
        let mut run = load(&last.state);
        let input = take_up(self.flow, &mut run, Timestamp::UNIX_EPOCH).unwrap();
        self.drive(&mut run, input)
    }
}

fn load(state: &[u8]) -> Run {
    Run::load(RunId::new("run_1"), Value::Null, Value::Null, state).unwrap()
}

/// One history with its crashes: at which point, and how many queued records the disk still took.
fn history(flow: &Flow, accepted: bool, crashes: &[(usize, usize)]) -> (usize, bool) {
    let mut world = World {
        flow,
        disk: Vec::new(),
        queue: VecDeque::new(),
        accepted,
        point: 0,
        crash_at: None,
        requests: Vec::new(),
        told: BTreeMap::new(),
        reported: None,
    };
    let (mut points, mut crashed) = (0, true);
    for crash in crashes.iter().copied().map(Some).chain([None]) {
        world.crash_at = crash.map(|(point, _)| point);
        let lived = world.live();
        points = points.max(world.point);
        match (lived, crash) {
            (Ok(()), _) => {
                crashed &= crash.is_none();
                break;
            }
            (Err(Crash), Some((_, lag))) => {
                world.commit(lag);
                world.queue.clear();
                // A run that nobody was promised, and of which nothing is on disk, never was.
                if !accepted && world.disk.is_empty() {
                    assert!(world.requests.iter().all(|request| request.method.is_safe()));
                    assert!(world.told.is_empty());
                    return (points, crashed);
                }
            }
            (Err(Crash), None) => panic!("nothing ended the last life"),
        }
    }
    check(&world);
    (points, crashed)
}

/// What must hold however it went.
fn check(world: &World<'_>) {
    assert!(world.reported.is_some(), "the run did not end");
    let accounted: BTreeMap<&str, &Effect> = world
        .disk
        .iter()
        .flat_map(|record| &record.effects)
        .map(|effect| (effect.id.as_str(), effect))
        .collect();
    for (id, effect) in &world.told {
        assert_eq!(accounted.get(id.as_str()), Some(&effect), "an effect that the disk does not account for");
    }
    let mut by_key: BTreeMap<&str, &PreparedRequest> = BTreeMap::new();
    let mut unkeyed: Vec<&str> = Vec::new();
    for request in &world.requests {
        match (request.method, request.header("Idempotency-Key")) {
            (Method::Post, Some(key)) => {
                let before = by_key.insert(key, request);
                assert!(before.is_none_or(|before| before == request), "one key, two bodies");
            }
            (Method::Post, None) => {
                assert!(!unkeyed.contains(&request.url.path()), "an unkeyed POST was sent twice");
                unkeyed.push(request.url.path());
            }
            _ => {}
        }
    }
}

#[test]
fn nothing_leaves_that_the_disk_does_not_account_for() {
    let mut histories = 0;
    for chain in chains() {
        let flow = flow(&chain);
        for accepted in [true, false] {
            // Lives are as many points long as the longest that was seen; beyond that no crash comes.
            let (points, _) = history(&flow, accepted, &[]);
            for first in 1..=points {
                for lag in 0..=2 {
                    history(&flow, accepted, &[(first, lag)]);
                    histories += 1;
                    // Of the long chains only a second crash that takes all with it: the others are the short ones'.
                    let (seconds, lags) = if chain.len() < 3 {
                        (points + 2, 1)
                    } else {
                        ((points + 2) * usize::from(lag == 1), 0)
                    };
                    for second in 1..=seconds {
                        for second_lag in 0..=lags {
                            let (_, crashed) =
                                history(&flow, accepted, &[(first, lag), (second, second_lag)]);
                            histories += 1;
                            if !crashed {
                                break;
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(histories > 20_000, "only {histories} histories");
}
