//! Callout by its REST contract alone: nothing here knows its code.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::load::{Expect, Job};
use crate::process::{Cores, Process};
use crate::rest;

/// How long a start may take before it has failed.
const START_TIME: Duration = Duration::from_secs(30);
/// What every token begins with.
const TOKEN_PREFIX: &str = "cot_";
/// A run that its caller waits for: shorter than the load's patience, far longer than any scenario's delay.
const WAIT: &str = "10s";
/// The largest answer that a call reads: 5 MB with room.
const RESPONSE_BYTES_MAX: u64 = 16 << 20;
/// Connections to the upstream: more than any scenario has in flight, as in the bare servers.
const CONNECTIONS_MAX: u64 = 1024;

/// A running `callout serve`.
#[derive(Debug)]
pub struct Callout {
    pub process: Process,
    pub address: SocketAddr,
    token: String,
}

/// What a start of Callout needs.
#[derive(Clone, Debug)]
pub struct Installation {
    pub binary: PathBuf,
    /// Configuration, key, token and data live here.
    pub folder: PathBuf,
    /// How long the server keeps runs, as `30s`; its default where not given.
    pub retention: Option<String>,
}

impl Installation {
    /// An error that says so where the binary is too old to serve.
    pub fn check(binary: &Path) -> Result<()> {
        let help = Command::new(binary)
            .args(["serve", "--help"])
            .output()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        if !help.status.success() {
            bail!(
                "{} does not know `serve`: there is no server to measure. `--bare-only` measures the bare servers.",
                binary.display()
            );
        }
        Ok(())
    }

    /// Starts the server and waits until it is healthy. The first start of a folder yields its token, later ones use it.
    pub fn start(&self, cores: &Cores) -> Result<Callout> {
        let address = rest::free_port([127, 0, 0, 1])?;
        let process = self.spawn(address, cores)?;
        let mut callout = Callout { process, address, token: String::new() };
        callout.wait_until_healthy()?;
        let file = self.folder.join("token");
        callout.token = match std::fs::read_to_string(&file) {
            Ok(token) => token,
            Err(_) => {
                let token = callout.process.find_line(token_in).with_context(|| {
                    format!("the first start printed no token:\n{}", callout.process.last_lines())
                })?;
                std::fs::write(&file, &token)?;
                token
            }
        };
        Ok(callout)
    }

    /// Starts the server and returns without waiting for anything.
    pub fn spawn(&self, address: SocketAddr, cores: &Cores) -> Result<Process> {
        let config = self.folder.join("callout.toml");
        if !config.exists() {
            std::fs::write(&config, self.config()?)?;
        }
        let mut command = Command::new(&self.binary);
        command
            .arg("serve")
            .args(["--listen", &address.to_string()])
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(self.folder.join("data"));
        Process::start("callout", command, cores, &cores.server)
    }

    fn config(&self) -> Result<String> {
        let mut text = format!(
            r#"[egress]
allow = [{{ host = "127.0.0.2", cidr = "127.0.0.2/32" }}]
http_hosts = ["127.0.0.2"]
response_bytes_max = {RESPONSE_BYTES_MAX}
max_connections = {CONNECTIONS_MAX}
"#
        );
        let file = self.folder.join("master.key");
        let made = Command::new(&self.binary).args(["key", "generate", "--out"]).arg(&file).output()?;
        if !made.status.success() {
            bail!("no master key could be made: {}", String::from_utf8_lossy(&made.stderr));
        }
        text.push_str(&format!("[secrets]\nmaster_key_file = {:?}\n", file.display().to_string()));
        if let Some(retention) = &self.retention {
            text.push_str(&format!("[store]\nretention = {retention:?}\n"));
        }
        Ok(text)
    }
}

fn token_in(line: &str) -> Option<String> {
    let rest = &line[line.find(TOKEN_PREFIX)?..];
    let letters = rest[TOKEN_PREFIX.len()..].chars().take_while(char::is_ascii_alphanumeric).count();
    (letters > 0).then(|| rest[..TOKEN_PREFIX.len() + letters].to_owned())
}

impl Callout {
    fn wait_until_healthy(&mut self) -> Result<()> {
        let request = rest::request(self.address, "GET", "/healthz", None, None);
        let start = Instant::now();
        loop {
            self.process.still_runs()?;
            if let Ok((200, _)) = rest::call(self.address, &request) {
                return Ok(());
            }
            if start.elapsed() > START_TIME {
                bail!("callout was not healthy in time:\n{}", self.process.last_lines());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Saves the flow as a draft and publishes it.
    pub fn publish(&self, flow: &Value) -> Result<()> {
        let slug = flow["slug"].as_str().context("a flow without a slug")?;
        self.set_up("PUT", &format!("/v1/flows/{slug}/draft"), flow)?;
        self.set_up("POST", &format!("/v1/flows/{slug}/publish"), &json!({}))
    }

    fn set_up(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let request = rest::request(self.address, method, path, Some(&self.token), Some(body));
        let (status, answer) = rest::call(self.address, &request)?;
        if !(200..300).contains(&status) {
            bail!("{method} {path} was answered {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }

    /// A run of the flow whose caller waits for its end.
    pub fn run_job(&self, slug: &str) -> Job {
        let path = format!("/v1/flows/{slug}/runs?wait={WAIT}");
        let markers = [r#""status":"completed""#, r#""customer_tier":"gold""#];
        self.job(&path, &json!({ "event": event(slug) }), Expect::new(200, &markers))
    }

    /// An event that is accepted at once and run behind the answer.
    pub fn event_job(&self, slug: &str) -> Job {
        self.job("/v1/events", &event(slug), Expect::new(202, &[r#""runs":[{"#, r#""id":"#]))
    }

    /// One stateless call.
    pub fn call_job(&self, node: &Value) -> Job {
        let body = json!({ "node": node, "scope": { "vars": {}, "event": event("call") } });
        self.job("/v1/calls", &body, Expect::new(200, &[r#""outcome":"200""#, r#""customer_tier":"gold""#]))
    }

    fn job(&self, path: &str, body: &Value, expect: Expect) -> Job {
        let request = rest::request(self.address, "POST", path, Some(&self.token), Some(body));
        Job { address: self.address, request, expect }
    }
}

/// The event of every scenario; its name chooses the flow.
pub fn event(name: &str) -> Value {
    json!({
        "name": name,
        "customerId": "c-123",
        "from": "+442079460018",
        "channel": "voice",
        "agent": "agent-7",
        "at": "2026-01-01T09:00:00Z",
        "details": { "queue": "front-desk", "priority": 3, "language": "en-GB" },
    })
}

/// A flow of `calls` calls, each for the customer that the one before it named.
pub fn flow(slug: &str, upstream: SocketAddr, calls: usize, query: &str) -> Value {
    let mut nodes = serde_json::Map::new();
    for ordinal in 1..=calls {
        let id = if ordinal == 1 { "event.customerId" } else { "vars.next_id" };
        let to = if ordinal == calls { "done".to_owned() } else { format!("call{}", ordinal + 1) };
        let url = format!("http://{upstream}/customers/{{{{ {id} }}}}{query}");
        nodes.insert(format!("call{ordinal}"), api_call(&url, calls > 1, Some(&to)));
    }
    ending(slug, nodes)
}

/// A flow that picks two fields of a document.
pub fn body_flow(slug: &str, upstream: SocketAddr, bytes: usize) -> Value {
    let url = format!("http://{upstream}/bodies/{bytes}");
    let nodes = [("call1".to_owned(), api_call(&url, false, Some("done")))].into_iter().collect();
    ending(slug, nodes)
}

/// One call of a document, for `POST /v1/calls`.
pub fn body_node(upstream: SocketAddr, bytes: usize) -> Value {
    api_call(&format!("http://{upstream}/bodies/{bytes}"), false, None)
}

/// One call of a customer, for `POST /v1/calls`.
pub fn customer_node(upstream: SocketAddr) -> Value {
    api_call(&format!("http://{upstream}/customers/{{{{ event.customerId }}}}"), false, None)
}

fn ending(slug: &str, mut nodes: serde_json::Map<String, Value>) -> Value {
    nodes.insert("done".into(), json!({ "type": "end" }));
    nodes.insert("unknown".into(), json!({ "type": "end" }));
    nodes.insert("broken".into(), json!({ "type": "end", "status": "failed" }));
    json!({
        "kind": "flow",
        "slug": slug,
        "name": slug,
        "trigger": { "type": "event", "event": slug },
        "start": "call1",
        "nodes": nodes,
    })
}

/// Cases lead to nodes: a node on its own, for `/v1/calls`, has none.
fn api_call(url: &str, chained: bool, to: Option<&str>) -> Value {
    let mut outputs = vec![
        json!({ "var": "customer_name", "path": "$.name" }),
        json!({ "var": "customer_tier", "path": "$.tier" }),
    ];
    if chained {
        // Without a default the check would warn that a later call may find nothing.
        outputs.push(json!({ "var": "next_id", "path": "$.next", "default": "c-0" }));
    }
    let mut node = json!({
        "type": "apiCall",
        "mode": "http",
        "url": url,
        "responseBytesMax": RESPONSE_BYTES_MAX,
        "outputs": outputs,
    });
    if let Some(to) = to {
        node["cases"] = json!([
            { "on": "2xx", "to": to },
            { "on": "404", "to": "unknown" },
            { "on": "other", "to": "broken" },
        ]);
    }
    node
}

#[cfg(test)]
mod tests {
    use super::token_in;

    #[test]
    fn a_token_is_found_by_its_prefix() {
        assert_eq!(token_in("admin token: cot_Ab9, shown once"), Some("cot_Ab9".to_owned()));
        assert_eq!(token_in("no token, cot_"), None);
        assert_eq!(token_in("nothing"), None);
    }
}
