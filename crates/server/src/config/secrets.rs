//! `[secrets]`: where the master key is.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use callout_store::{Keys, MasterKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Where the master key is: what opens the secrets of connections and the states of runs. It stands in no configuration
/// itself. The server does not start without.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsConfig {
    /// The file that holds the master key; nobody but its owner may be able to read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key_file: Option<PathBuf>,
    /// The name of the environment variable that holds the master key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key_env: Option<String>,
    /// A command that prints the master key, for `sh -c`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key_command: Option<String>,
    /// The file that holds the master keys from before, one a line, while the change to the new one goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_keys_file: Option<PathBuf>,
    /// The name of the environment variable that holds the master keys from before, with white space between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_keys_env: Option<String>,
    /// A command that prints the master keys from before, for `sh -c`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_keys_command: Option<String>,
}

/// The most that is read of what holds keys, bytes: a thousand of them.
const KEYS_BYTES_MAX: u64 = 64 << 10;
/// How a printed key begins, and nothing that leads to one.
const KEY_PREFIX: &str = "cmk_";
/// Any right of the group or of others.
const OTHERS: u32 = 0o077;

/// One way to keys, with the key of the configuration that names it.
#[derive(Debug)]
struct Source<'a> {
    key: &'static str,
    from: From<'a>,
}

#[derive(Debug)]
enum From<'a> {
    File(&'a Path),
    Env(&'a str),
    Command(&'a str),
}

impl SecretsConfig {
    /// What the types alone do not hold.
    pub(super) fn check(&self) -> Result<()> {
        let all = [self.master(), self.former()].into_iter().flatten();
        for source in all {
            source.check()?;
        }
        one_of(self.master())?;
        one_of(self.former()).map(drop)
    }

    /// Reads the keys; none where no master key is named.
    pub fn keys(&self) -> Result<Option<Keys>> {
        let Some(source) = one_of(self.master())? else {
            if let Some(former) = one_of(self.former())? {
                bail!("secrets.{} is set, and no master key is named that comes after those", former.key);
            }
            return Ok(None);
        };
        let mut read = source.keys()?;
        let current = match (read.next(), read.next()) {
            (Some(current), None) => current?,
            (None, _) => {
                bail!("{} holds no master key; `callout key generate` makes one", source.told())
            }
            (Some(_), Some(_)) => bail!("{} must hold one master key, and no more", source.told()),
        };
        let mut keys = Keys::new(current);
        if let Some(source) = one_of(self.former())? {
            keys.former = source.keys()?.collect::<Result<_>>()?;
        }
        Ok(Some(keys))
    }

    fn master(&self) -> Vec<Source<'_>> {
        sources(
            ["master_key_file", "master_key_env", "master_key_command"],
            (&self.master_key_file, &self.master_key_env, &self.master_key_command),
        )
    }

    fn former(&self) -> Vec<Source<'_>> {
        sources(
            ["former_keys_file", "former_keys_env", "former_keys_command"],
            (&self.former_keys_file, &self.former_keys_env, &self.former_keys_command),
        )
    }
}

/// Refuses a configuration in which a key stands.
pub(super) fn holds_none(text: &str) -> Result<()> {
    for (number, line) in text.lines().enumerate() {
        if line.contains(KEY_PREFIX) {
            bail!(
                "line {}: a master key does not stand in the configuration; put it into a file that only its owner can read, \
                 and name that with secrets.master_key_file",
                number + 1
            );
        }
    }
    Ok(())
}

fn sources<'a>(
    [file_key, env_key, command_key]: [&'static str; 3],
    (file, env, command): (&'a Option<PathBuf>, &'a Option<String>, &'a Option<String>),
) -> Vec<Source<'a>> {
    let file = file.as_deref().map(|path| Source { key: file_key, from: From::File(path) });
    let env = env.as_deref().map(|name| Source { key: env_key, from: From::Env(name) });
    let command = command.as_deref().map(|text| Source { key: command_key, from: From::Command(text) });
    [file, env, command].into_iter().flatten().collect()
}

fn one_of(sources: Vec<Source<'_>>) -> Result<Option<Source<'_>>> {
    if let [one, other, ..] = sources.as_slice() {
        bail!("secrets.{} and secrets.{} are both set; keep the one that counts", one.key, other.key);
    }
    Ok(sources.into_iter().next())
}

impl Source<'_> {
    /// A key where its place should be named would be shown by every error about that place.
    fn check(&self) -> Result<()> {
        let text = match &self.from {
            From::File(path) => path.to_string_lossy(),
            From::Env(text) | From::Command(text) => (*text).into(),
        };
        if text.contains(KEY_PREFIX) {
            bail!("secrets.{} seems to hold a key itself; it names where the key is", self.key);
        }
        if text.trim().is_empty() {
            bail!("secrets.{} is empty; leave it out, or name where the key is", self.key);
        }
        Ok(())
    }

    fn keys(&self) -> Result<impl Iterator<Item = Result<MasterKey>>> {
        let text = self.read().with_context(|| self.told())?;
        let words: Vec<Zeroizing<String>> =
            text.split_whitespace().map(|word| Zeroizing::new(word.to_owned())).collect();
        let told = self.told();
        Ok(words.into_iter().map(move |word| MasterKey::parse(&word).with_context(|| told.clone())))
    }

    fn told(&self) -> String {
        match &self.from {
            From::File(path) => format!("secrets.{}, the file {}", self.key, path.display()),
            From::Env(name) => format!("secrets.{}, the environment variable {name}", self.key),
            From::Command(_) => format!("secrets.{}", self.key),
        }
    }

    fn read(&self) -> Result<Zeroizing<String>> {
        match &self.from {
            From::File(path) => read_file(path),
            From::Env(name) => match std::env::var(name) {
                Ok(text) => Ok(Zeroizing::new(text)),
                Err(std::env::VarError::NotPresent) => bail!("it is not set"),
                Err(std::env::VarError::NotUnicode(_)) => bail!("it is not text"),
            },
            From::Command(command) => read_command(command),
        }
    }
}

fn read_file(path: &Path) -> Result<Zeroizing<String>> {
    let file = File::open(path)?;
    // Of what was opened, and not of what is there by then.
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        let path = path.display();
        bail!(
            "others than its owner can read or change it (its mode is {mode:04o}): `chmod 600 {path}`; if someone may have \
             read it, change to a new key, as docs/keys.md says"
        );
    }
    Ok(read_some(file)?)
}

fn read_command(command: &str) -> Result<Zeroizing<String>> {
    // What it says of itself goes where our own errors go.
    let shell = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = shell.context("`sh` cannot be started")?;
    let text = child.stdout.take().map_or_else(|| Ok(Zeroizing::default()), read_some);
    let status = child.wait()?;
    if !status.success() {
        bail!("the command failed: {status}");
    }
    Ok(text?)
}

fn read_some(from: impl Read) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    from.take(KEYS_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
