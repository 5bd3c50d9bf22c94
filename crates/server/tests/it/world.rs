//! A folder with a configuration and flows, and the real binary run in it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use callout_testkit::Remote;
use rustix::pty::OpenptFlags;
use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder in which `callout` runs. Its configuration opens 127.0.0.2 and nothing else, and it has a master key.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// A master key, the same in every world.
pub const MASTER: &str = "cmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9pDHP5";

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    pub fn new() -> Self {
        let world = Self::without_key().with_env("CALLOUT_SECRETS_MASTER_KEY_FILE", "master.key");
        world.write_key("master.key", MASTER);
        world
    }

    /// The same as someone has it who has made no master key yet.
    pub fn without_key() -> Self {
        let world = Self { folder: TempDir::new().unwrap(), environment: Vec::new() };
        world.write(
            "callout.toml",
            "[egress]\nallow = [{ host = \"127.0.0.2\", cidr = \"127.0.0.2/32\" }]\nhttp_hosts = [\"127.0.0.2\"]\n",
        );
        world
    }

    /// Sets a variable of the environment for every command of this world.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes what nobody else may read, in place of what is there.
    pub fn write_key(&self, name: &str, text: &str) {
        let path = self.write(name, "");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The binary in this world's folder and environment, to be given arguments and started.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callout"));
        command.current_dir(self.folder.path()).env_clear().envs(self.environment.iter().cloned());
        command
    }

    /// Runs `callout` with these arguments in the folder.
    pub fn callout(&self, args: &[&str]) -> Ran {
        self.callout_with_input(args, "")
    }

    pub fn callout_with_input(&self, args: &[&str], input: &str) -> Ran {
        use std::io::Write as _;
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input closes the pipe early.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(child.wait_with_output().unwrap())
    }

    /// As at a terminal, where this is typed.
    pub fn callout_at_terminal(&self, args: &[&str], typed: &str) -> Ran {
        use std::io::Write as _;
        let terminal = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        rustix::pty::grantpt(&terminal).unwrap();
        rustix::pty::unlockpt(&terminal).unwrap();
        let name = rustix::pty::ptsname(&terminal, Vec::new()).unwrap();
        let its_end = std::fs::File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut ours = std::fs::File::from(terminal);
        ours.write_all(typed.as_bytes()).unwrap();
        let mut command = self.command();
        let ran = command.args(args).stdin(its_end).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Ran::of(ran.unwrap().wait_with_output().unwrap())
    }

    /// Writes `flow.yaml` and runs it with this event.
    pub fn run(&self, flow: &str, event: &Value) -> Ran {
        self.run_with(flow, event, &[])
    }

    pub fn run_with(&self, flow: &str, event: &Value, more: &[&str]) -> Ran {
        self.write("flow.yaml", flow);
        self.write("event.json", &event.to_string());
        let mut args = vec!["run", "flow.yaml", "--event", "event.json", "--json"];
        args.extend(more);
        self.callout(&args)
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What `--json` printed.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}: exit {}\n{}\n{}", self.code, self.stdout, self.stderr))
    }

    /// The one step of the node `call`.
    #[track_caller]
    pub fn call(&self) -> Value {
        let record = self.json();
        let steps = record["steps"].as_array().unwrap();
        steps.iter().find(|step| step["node"] == "call").unwrap_or_else(|| panic!("{record:#}")).clone()
    }
}

/// A flow of one `apiCall`, with these lines as the rest of the node.
pub fn one_call(url: &str, rest: &str) -> String {
    let rest: String = rest.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "kind: flow\nslug: one-call\ntrigger: {{ type: event, event: go }}\nstart: call\nnodes:\n  call:\n    \
         type: apiCall\n    mode: http\n    url: {}\n{rest}    next: done\n  done: {{ type: end }}\n",
        serde_json::Value::from(url)
    )
}

/// As `one_call`, of a remote's path.
pub fn call_of(remote: &Remote, rest: &str) -> String {
    one_call(&remote.url("/x"), rest)
}
