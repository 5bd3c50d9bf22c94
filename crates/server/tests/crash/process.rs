//! The real server on a folder that outlives it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use tempfile::TempDir;

use crate::plan::Plan;

/// The folder of one server: its configuration, its data, and a token.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    pub token: String,
}

/// A running `callout serve`; killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    listens: Receiver<SocketAddr>,
    log: Option<JoinHandle<String>>,
}

impl Home {
    pub fn new(plan: &Plan) -> Self {
        let folder = TempDir::new().unwrap();
        let config = format!(
            "[egress]\nallow = [{{ host = \"127.0.0.2\", cidr = \"127.0.0.2/32\" }}]\nhttp_hosts = [\"127.0.0.2\"]\n\
             [secrets]\nmaster_key_file = \"master.key\"\n[server]\nthreads = {}\n[runs]\nin_flight_max = {}\n",
            plan.threads, plan.places
        );
        std::fs::write(folder.path().join("callout.toml"), config).unwrap();
        let mut home = Self { folder, token: String::new() };
        let made = home.command().args(["key", "generate", "--out", "master.key"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made = home
            .command()
            .args(["token", "create", "--data", "data", "--name", "crash", "--role", "admin"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        home.token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        home
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callout"));
        command.current_dir(self.folder.path()).env_clear();
        command
    }

    /// Begins a start, and does not wait for it.
    pub fn start(&self) -> Process {
        let mut child = self
            .command()
            .args(["serve", "--listen", "127.0.0.1:0", "--data", "data"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let (tell, listens) = channel();
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
        Process { child, listens, log: Some(log) }
    }
}

impl Process {
    /// Waits until it listens.
    pub fn address(&mut self) -> SocketAddr {
        self.listens.recv().unwrap_or_else(|_| panic!("the server did not start: {}", self.end_of_log()))
    }

    /// Ends it as the power ends it, and gives what it said.
    pub fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.end_of_log()
    }

    /// Ends it in order, and gives what it said.
    pub fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let log = self.end_of_log();
        assert_eq!(status.code(), Some(0), "{log}");
        log
    }

    fn end_of_log(&mut self) -> String {
        self.log.take().map(|log| log.join().unwrap()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
