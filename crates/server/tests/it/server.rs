//! The real server on a free port, with a temporary data folder, and callers of it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use callout_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::world::World;

/// A running `callout serve`; it is killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// The admin's token, where this start was the first and printed one.
    pub first_token: Option<String>,
    /// The address that makes the first member with it.
    pub setup: Option<String>,
    log: Option<JoinHandle<String>>,
}

impl Server {
    /// With its data in the world's folder `data`.
    pub fn start(world: &World) -> Self {
        Self::try_start(world, &[]).unwrap_or_else(|log| panic!("the server did not start: {log}"))
    }

    /// The server, or what it said before it ended.
    pub fn try_start(world: &World, args: &[&str]) -> Result<Self, String> {
        // A file, for what a pipe holds cannot be read without waiting for more.
        let printed = world.path().join("printed.txt");
        let mut child = world
            .command()
            .args(["serve", "--listen", "127.0.0.1:0", "--data", "data"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(File::create(&printed).unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, told) = mpsc::channel();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            while matches!(lines.read_line(&mut log), Ok(read) if read > 0) {
                let last = log.lines().last().unwrap_or_default();
                if let Some((_, rest)) = last.split_once("listening on http://") {
                    let _ = tell.send(rest.split_whitespace().next().unwrap().parse().unwrap());
                }
            }
            log
        });
        let Ok(address) = told.recv() else {
            child.wait().unwrap();
            return Err(log.join().unwrap());
        };
        let printed = std::fs::read_to_string(printed).unwrap();
        let mut printed = printed.lines().map(str::to_owned);
        let (first_token, setup) = (printed.next(), printed.next());
        Ok(Self { child, address, first_token, setup, log: Some(log) })
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// A caller with the first token.
    #[track_caller]
    pub fn admin(&self) -> Caller {
        self.caller(self.first_token.as_deref().expect("this start was not the first"))
    }

    /// A caller with this token.
    pub fn caller(&self, token: &str) -> Caller {
        Caller { address: self.address, token: Some(token.to_owned()), cookie: None }
    }

    /// A caller without any.
    pub fn nobody(&self) -> Caller {
        Caller { address: self.address, token: None, cookie: None }
    }

    /// Makes a token with this role, and a caller with it.
    #[track_caller]
    pub fn with_role(&self, role: &str) -> Caller {
        let made = self.admin().post("/v1/tokens", &json!({ "name": format!("a {role}"), "role": role }));
        assert_eq!(made.status, 201, "{}", made.text());
        self.caller(made.json()["token"].as_str().unwrap())
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, as `kill` names it.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the process to end: how it did, and all that it said on standard error.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// Stops it in order, and gives what it said.
    #[track_caller]
    pub fn stop(self) -> String {
        self.signal("TERM");
        let (status, log) = self.ended();
        assert_eq!(status.code(), Some(0), "{log}");
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Someone who calls the API, each time on a connection of its own.
#[derive(Clone, Debug)]
pub struct Caller {
    address: SocketAddr,
    pub token: Option<String>,
    /// A session's, as a browser sends it back: with word of which page asks.
    pub cookie: Option<String>,
}

impl Caller {
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    pub fn put_yaml(&self, path: &str, text: &str) -> Answer {
        self.ask("PUT", path, &[("Content-Type", "application/yaml")], text.as_bytes())
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask("PUT", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// The same caller with this cookie.
    #[must_use]
    pub fn with_cookie(self, cookie: String) -> Self {
        Self { cookie: Some(cookie), ..self }
    }

    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if let Some(token) = &self.token {
            head += &format!("Authorization: Bearer {token}\r\n");
        }
        if let Some(cookie) = &self.cookie {
            head += &format!("Cookie: theme=dark; {cookie}\r\nSec-Fetch-Site: same-origin\r\n");
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut client = Client::connect(self.address);
        client.send(&[head.as_bytes(), b"\r\n", body].concat());
        client.answer_to(method).expect("the connection ended without an answer")
    }

    /// Writes a draft, and wants it written.
    #[track_caller]
    pub fn draft(&self, text: &str) -> Answer {
        let slug = text.lines().find_map(|line| line.strip_prefix("slug: ")).unwrap();
        let answer = self.put_yaml(&format!("/v1/flows/{slug}/draft"), text);
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
        answer
    }

    /// Writes a draft and publishes it.
    #[track_caller]
    pub fn publish(&self, text: &str) -> Value {
        let slug = self.draft(text).json()["flow"]["slug"].as_str().unwrap().to_owned();
        let answer = self.ask("POST", &format!("/v1/flows/{slug}/publish"), &[], b"");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// Holds an answer to the shape of a problem, and gives its code.
#[track_caller]
pub fn problem(answer: &Answer) -> String {
    let told = format!("{} {}", answer.status, answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{told}");
    let problem = answer.json();
    let code = problem["code"].as_str().unwrap_or_else(|| panic!("{told}"));
    assert_eq!(problem["status"], answer.status, "{told}");
    assert_eq!(problem["type"], format!("/docs/problems/{code}.md"), "{told}");
    for key in ["title", "detail"] {
        assert!(problem[key].as_str().is_some_and(|text| !text.is_empty()), "{told}");
    }
    assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{told}");
    assert!(answer.header("x-request-id").is_some(), "{told}");
    code.to_owned()
}

/// A flow that can be published.
pub fn small_flow(slug: &str) -> String {
    format!(
        "kind: flow\nslug: {slug}\nname: Small\ntrigger: {{ type: api }}\nstart: a\nnodes:\n  \
         a: {{ type: setVars, set: {{ n: 1 }}, next: b }}\n  b: {{ type: end, result: {{ n: '{{{{ vars.n }}}}' }} }}\n"
    )
}
