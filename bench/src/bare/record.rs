//! The record of a run as JSON: written while it runs, the answers' own bytes spliced in and not built a second time.

use std::time::Instant;

use anyhow::Result;
use hyper::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::job::branch;
use super::rows;

/// What a call has set, and a run ends with.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Vars<'a> {
    pub customer_name: Option<&'a str>,
    pub customer_tier: Option<&'a str>,
}

/// The steps so far, as the inside of a JSON list.
#[derive(Debug, Default)]
pub struct Steps {
    json: Vec<u8>,
    count: usize,
}

/// One call; the answer's body comes after it.
#[derive(Serialize)]
struct Step<'a> {
    node: &'static str,
    r#type: &'static str,
    visit: usize,
    started_at: u64,
    duration_us: u128,
    outcome: &'a str,
    case: &'static str,
    set: Vars<'a>,
    request: Request<'a>,
    response: Response,
}

#[derive(Serialize)]
struct Request<'a> {
    method: &'static str,
    host: &'static str,
    path: &'a str,
    headers: [(&'static str, &'static str); 3],
}

#[derive(Serialize)]
struct Response {
    status: u16,
    headers: [(&'static str, &'static str); 2],
    bytes: usize,
}

/// A run; its steps come after it.
#[derive(Serialize)]
struct Head<'a> {
    id: String,
    flow: &'static str,
    version: u32,
    status: &'static str,
    ended_at: u64,
    event: &'a Value,
    vars: Vars<'a>,
}

impl Steps {
    /// Adds a call whose answer was `body`, which has been found to be JSON.
    pub fn add(
        &mut self,
        started: Instant,
        path: &str,
        code: StatusCode,
        body: &[u8],
        set: Vars<'_>,
    ) -> Result<()> {
        let took = started.elapsed();
        self.count += 1;
        let step = Step {
            node: "lookup",
            r#type: "apiCall",
            visit: self.count,
            started_at: rows::now_millis().saturating_sub(took.as_millis() as u64),
            duration_us: took.as_micros(),
            outcome: code.as_str(),
            case: branch(code).0,
            set,
            request: Request {
                method: "GET",
                host: "127.0.0.2",
                path,
                headers: [
                    ("accept", "application/json, */*;q=0.5"),
                    ("user-agent", "bare/1"),
                    ("accept-encoding", "gzip, deflate"),
                ],
            },
            response: Response {
                status: code.as_u16(),
                headers: [("content-type", "application/json"), ("content-length", "530")],
                bytes: body.len(),
            },
        };
        if self.count > 1 {
            self.json.push(b',');
        }
        serde_json::to_writer(&mut self.json, &step)?;
        splice(&mut self.json, "body", b"", body, b"");
        Ok(())
    }

    /// The whole record.
    pub fn record(
        &self,
        id: [u8; 16],
        ended_at: u64,
        status: &'static str,
        event: &Value,
        vars: Vars<'_>,
    ) -> Result<Vec<u8>> {
        let id = format!("run_{:032x}", u128::from_be_bytes(id));
        let head = Head { id, flow: "main", version: 1, status, ended_at, event, vars };
        let mut json = Vec::with_capacity(self.json.len() + 1024);
        serde_json::to_writer(&mut json, &head)?;
        splice(&mut json, "steps", b"[", &self.json, b"]");
        Ok(json)
    }
}

/// Adds a last field to the object that `json` ends with.
fn splice(json: &mut Vec<u8>, name: &str, open: &[u8], value: &[u8], close: &[u8]) {
    json.pop();
    json.extend_from_slice(b",\"");
    json.extend_from_slice(name.as_bytes());
    json.extend_from_slice(b"\":");
    json.extend_from_slice(open);
    json.extend_from_slice(value);
    json.extend_from_slice(close);
    json.push(b'}');
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use hyper::StatusCode;
    use serde_json::{Value, json};

    use super::{Steps, Vars};

    #[test]
    fn a_record_is_json_and_holds_every_answer() {
        let vars = Vars { customer_name: Some("Ada"), customer_tier: None };
        let mut steps = Steps::default();
        for id in ["c-1", "c-2"] {
            let body = json!({ "id": id }).to_string();
            steps.add(Instant::now(), "/customers/1", StatusCode::OK, body.as_bytes(), vars).unwrap();
        }
        let event = json!({ "name": "bench" });
        let record = steps.record([7; 16], 1, "completed", &event, vars).unwrap();
        let record: Value = serde_json::from_slice(&record).unwrap();
        assert_eq!(record["event"], event);
        assert_eq!(record["steps"][1]["body"]["id"], "c-2");
        assert_eq!(record["steps"][1]["visit"], 2);
    }
}
