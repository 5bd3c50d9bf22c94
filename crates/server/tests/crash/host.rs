//! The host application: it posts events, remembers every promise it got, and holds the server to it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use callout_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::history::History;

/// How long something that must come may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How an event is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `POST /v1/events`
    Event,
    /// `POST /v1/flows/{slug}/runs?wait=15s`
    Wait,
    /// With a wait that is over before most runs are.
    WaitBriefly,
}

#[derive(Clone, Debug)]
pub struct Post {
    /// Tells this event from all others.
    pub tag: String,
    pub way: Way,
    pub keyed: bool,
    pub blob_bytes: usize,
}

/// A post and the runs that the server promised for it; none where no answer came.
#[derive(Clone, Debug)]
pub struct Posted {
    pub post: Post,
    pub run: Option<String>,
}

/// What a run's record showed last.
#[derive(Clone, Debug)]
struct Shown {
    bytes: Vec<u8>,
    record: Value,
}

#[derive(Debug, Default)]
struct Memory {
    posted: Vec<Posted>,
    /// Posts that were answered in this life of the server.
    answered: usize,
    shown: BTreeMap<String, Shown>,
    streamed: BTreeMap<String, Heard>,
}

/// What a run's streams told, one going on where the other broke off.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub steps: Vec<Value>,
    pub effects: Vec<Value>,
    last_id: u32,
}

#[derive(Debug)]
pub struct Host<'h> {
    token: &'h str,
    history: &'h History,
    address: Mutex<Option<SocketAddr>>,
    memory: Mutex<Memory>,
    answered: Condvar,
}

impl Shown {
    fn is_over(&self) -> bool {
        is_over(&self.record["status"])
    }
}

pub fn is_over(status: &Value) -> bool {
    status.as_str().is_some_and(|status| !matches!(status, "running" | "waiting"))
}

impl<'h> Host<'h> {
    pub fn new(token: &'h str, history: &'h History) -> Self {
        Self { token, history, address: Mutex::default(), memory: Mutex::default(), answered: Condvar::new() }
    }

    pub fn moved_to(&self, address: SocketAddr) {
        *self.address.lock().unwrap() = Some(address);
        self.memory().answered = 0;
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Client> {
        let address = self.address.lock().unwrap().expect("the server was never started");
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n",
            self.token
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut client = Client::try_connect(address)?;
        client.send(&[head.as_bytes(), body].concat());
        Some(client)
    }

    /// None where the server died over it.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        self.send(method, path, headers, body)?.answer_to(method)
    }

    pub fn publish(&self, flow: &str) {
        let slug = flow.lines().find_map(|line| line.strip_prefix("slug: ")).unwrap();
        let yaml = [("Content-Type", "application/yaml")];
        let path = format!("/v1/flows/{slug}");
        let put = self.ask("PUT", &format!("{path}/draft"), &yaml, flow.as_bytes()).unwrap();
        assert!(matches!(put.status, 200 | 201), "{}", put.text());
        let published = self.ask("POST", &format!("{path}/publish"), &[], b"").unwrap();
        assert_eq!(published.status, 200, "{}\n{flow}", published.text());
    }

    /// Asks for a run to be stopped; whether the server promised it.
    pub fn cancel(&self, run: &str) -> bool {
        let Some(answer) = self.ask("POST", &format!("/v1/runs/{run}/cancel"), &[], b"") else {
            return false;
        };
        self.history.add(format!("cancel {run} -> {}", answer.status));
        match answer.status {
            409 => {}
            200 => drop(self.note(run, answer.body)),
            _ => assert_eq!(answer.status, 202, "{}", answer.text()),
        }
        answer.status == 202
    }

    /// How often each node of a flow was visited, as the server counts.
    pub fn counts(&self, flow: &str) -> BTreeMap<String, u64> {
        let path = format!("/v1/flows/{flow}/counts?from=2000-01-01T00:00:00Z&to=2200-01-01T00:00:00Z");
        let counts = self.ask("GET", &path, &[], b"").expect("the server is gone").json();
        let nodes = counts["nodes"].as_array().unwrap_or_else(|| panic!("{counts}")).iter();
        let visits = |node: &Value| node["success"].as_u64().unwrap() + node["fail"].as_u64().unwrap();
        nodes.map(|node| (node["node"].as_str().unwrap().to_owned(), visits(node))).collect()
    }

    fn ask_to_run(&self, post: &Post, tag: &str) -> Option<Answer> {
        let event = json!({ "name": "go", "tag": tag, "blob": "b".repeat(post.blob_bytes) });
        let mut headers = vec![("Content-Type", "application/json")];
        if post.keyed {
            headers.push(("Idempotency-Key", &post.tag));
        }
        match post.way {
            Way::Event => self.ask("POST", "/v1/events", &headers, event.to_string().as_bytes()),
            Way::Wait | Way::WaitBriefly => {
                let wait = if post.way == Way::Wait { "15s" } else { "20ms" };
                let (path, body) = (format!("/v1/flows/chain/runs?wait={wait}"), json!({ "event": event }));
                self.ask("POST", &path, &headers, body.to_string().as_bytes())
            }
        }
    }

    /// The run that an answer promises; the record that it holds is noted.
    fn promised(&self, post: &Post, answer: &Answer) -> String {
        let told = answer.json();
        match (post.way, answer.status) {
            (Way::Event, 202) => {
                let runs = told["runs"].as_array().unwrap();
                assert_eq!(runs.len(), 1, "{told}");
                runs[0]["id"].as_str().unwrap().to_owned()
            }
            (Way::Wait | Way::WaitBriefly, 202) => told["id"].as_str().unwrap().to_owned(),
            (Way::Wait | Way::WaitBriefly, 200) => {
                let run = told["id"].as_str().unwrap().to_owned();
                assert!(is_over(&told["status"]), "an answer of a run that is not over: {told}");
                self.note(&run, answer.body.clone());
                run
            }
            (_, status) => panic!("{post:?} was answered {status}: {told}"),
        }
    }

    /// Posts once, and remembers what was promised.
    pub fn post(&self, post: &Post) -> Option<String> {
        let answer = self.ask_to_run(post, &post.tag);
        // Before anything is made of it: a kill may be waiting for this moment.
        self.memory().answered += usize::from(answer.is_some());
        self.answered.notify_all();
        let run = answer.map(|answer| self.promised(post, &answer));
        self.history.add(format!("post {} {:?} keyed={} -> {run:?}", post.tag, post.way, post.keyed));
        self.memory().posted.push(Posted { post: post.clone(), run: run.clone() });
        run
    }

    /// Waits until so many posts were answered.
    pub fn until_answered(&self, count: usize) {
        let few = |memory: &mut Memory| memory.answered < count;
        let waited = self.answered.wait_timeout_while(self.memory(), PATIENCE, few).unwrap();
        assert!(!waited.1.timed_out(), "posts were not answered");
    }

    pub fn posted(&self) -> Vec<Posted> {
        self.memory().posted.clone()
    }

    /// Posts again what had a key: it must be the same run, and another event under that key is refused. Stops where
    /// the server dies over it; whether it did not.
    pub fn post_again(&self) -> bool {
        let mut keyed: Vec<Posted> = self.posted();
        keyed.retain(|posted| posted.post.keyed);
        keyed.iter().all(|Posted { post, run }| {
            let Some(again) = self.ask_to_run(post, &post.tag) else { return false };
            let again = self.promised(post, &again);
            self.history.add(format!("post {} again -> {again}", post.tag));
            match run {
                Some(run) => assert_eq!(*run, again, "{} has another run", post.tag),
                None => self.settle(&post.tag, &again),
            }
            let Some(other) = self.ask_to_run(post, &format!("{}-other", post.tag)) else { return false };
            assert_eq!(other.status, 422, "another body under a used key: {}", other.text());
            true
        })
    }

    fn settle(&self, tag: &str, run: &str) {
        let mut memory = self.memory();
        for posted in memory.posted.iter_mut().filter(|posted| posted.post.tag == tag) {
            let promised = posted.run.get_or_insert_with(|| run.to_owned());
            assert_eq!(promised, run, "{tag} has another run");
        }
    }

    /// Every run that was promised, and every one that a record was seen of.
    pub fn known(&self) -> Vec<String> {
        let memory = self.memory();
        let told = memory.posted.iter().filter_map(|posted| posted.run.clone());
        let mut known: Vec<String> = told.chain(memory.shown.keys().cloned()).collect();
        known.sort();
        known.dedup();
        known
    }

    /// Reads a run's record and holds it to what was shown before. None where the server died over it.
    pub fn look(&self, run: &str) -> Option<Value> {
        let answer = self.ask("GET", &format!("/v1/runs/{run}"), &[], b"")?;
        if answer.status == 404 {
            return Some(Value::Null);
        }
        assert_eq!(answer.status, 200, "{run}: {}", answer.text());
        Some(self.note(run, answer.body))
    }

    /// Every run that was promised is there, and none tells another story than before.
    pub fn look_at_all(&self) {
        for run in self.known() {
            match self.look(&run) {
                Some(Value::Null) => panic!("{run} was promised and is lost"),
                Some(_) => {}
                None => return,
            }
        }
    }

    fn note(&self, run: &str, bytes: Vec<u8>) -> Value {
        let record: Value = serde_json::from_slice(&bytes).unwrap();
        let mut memory = self.memory();
        if let Some(before) = memory.shown.get(run) {
            if before.is_over() {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                assert_eq!(text(&before.bytes), text(&bytes), "a reported result changed");
            }
            for list in ["effects", "steps"] {
                let (before, now) =
                    (before.record[list].as_array().unwrap(), record[list].as_array().unwrap());
                // Another look at the same run may have been quicker.
                let both = before.len().min(now.len());
                assert_eq!(before[..both], now[..both], "{run}: recorded {list} changed");
            }
            if before.record["steps"].as_array().unwrap().len() > record["steps"].as_array().unwrap().len() {
                return record;
            }
        }
        memory.shown.insert(run.to_owned(), Shown { bytes, record: record.clone() });
        record
    }

    /// Follows a run's stream as long as it lasts, from where it broke off the last time; whether it told the end.
    pub fn follow(&self, run: &str) -> bool {
        let heard = self.memory().streamed.get(run).cloned().unwrap_or_default();
        let last = heard.last_id.to_string();
        let path = format!("/v1/runs/{run}/stream");
        let Some(mut client) = self.send("GET", &path, &[("Last-Event-ID", &last)], b"") else {
            return false;
        };
        let Some(head) = client.head() else { return false };
        assert_eq!(head.status, 200, "{run}");
        let mut text = Vec::new();
        while let Some(chunk) = client.chunk().filter(|chunk| !chunk.is_empty()) {
            text.extend(chunk);
        }
        let text = String::from_utf8(text).unwrap();
        let mut heard = heard;
        let is_over = text.split_inclusive("\n\n").filter(|told| heard.hear(told)).count() > 0;
        self.memory().streamed.insert(run.to_owned(), heard);
        is_over
    }

    pub fn streamed(&self) -> BTreeMap<String, Heard> {
        self.memory().streamed.clone()
    }

    /// The ids of all runs that the server lists.
    pub fn listed(&self) -> Vec<String> {
        let mut runs = Vec::new();
        let mut path = "/v1/runs?limit=100".to_owned();
        loop {
            let page = self.ask("GET", &path, &[], b"").expect("the server is gone").json();
            let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
            runs.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return runs };
            path = format!("/v1/runs?limit=100&cursor={next}");
        }
    }

    pub fn has_waiting(&self) -> bool {
        let page = self.ask("GET", "/v1/runs?status=waiting", &[], b"").expect("the server is gone").json();
        !page["items"].as_array().unwrap_or_else(|| panic!("{page}")).is_empty()
    }

    pub fn is_ready(&self) -> bool {
        self.ask("GET", "/readyz", &[], b"").is_some_and(|answer| answer.status == 200)
    }
}

impl Heard {
    /// Takes in one message of a stream, unless it broke off; whether it tells the run's end.
    fn hear(&mut self, message: &str) -> bool {
        let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name));
        let whole = message.ends_with("\n\n");
        let (Some(event), Some(data), true) = (field("event:"), field("data:"), whole) else { return false };
        let data: Value = serde_json::from_str(data).unwrap();
        self.last_id = field("id:").unwrap().trim().parse().unwrap();
        match event.trim() {
            "step" => self.steps.push(data),
            "effect" => self.effects.push(data),
            _ => return is_over(&data["status"]),
        }
        false
    }
}
