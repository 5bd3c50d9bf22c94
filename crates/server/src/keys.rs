//! Which keys seal what, and how they are changed: of the store itself, or of the server that has it open.
//!
//! A master key is the operator's, above all orgs: no token of the API reaches it. Whoever may open the data folder may ask,
//! by a socket in it, and the server answers in lines.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use callout_flow::id::OrgId;
use callout_store::{Keys, Store};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::command::token::note;
use crate::config::{Config, now};

/// Why nothing is done without a key, and how to make one.
pub const NO_KEY: &str = "no master key: it seals the secrets of connections and the states of runs. Make one with \
    `callout key generate --out master.key`, and name it in callout.toml, `[secrets] master_key_file = \"master.key\"`, or in \
    the environment, CALLOUT_SECRETS_MASTER_KEY_FILE=master.key; docs/keys.md says how to keep it";

const SOCKET: &str = "callout.sock";
const SOCKET_MODE: u32 = 0o600;
/// How long accepting pauses after an error, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A question is one short line.
const ASK_BYTES_MAX: u64 = 4096;

/// What `callout key` asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask {
    Status,
    /// Seal all data keys with the master key of this id, and with `data_keys` all else with new data keys.
    Rotate {
        master: String,
        data_keys: bool,
    },
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asked {
    Done,
    /// Something is still sealed with a former key; it was said what.
    Left,
}

/// A line of the server's answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Told {
    Line(String),
    Ended(Asked),
    Refused(String),
}

/// Changes to these master keys, if the current one is that which was asked for, and with `data_keys` to new data keys.
pub async fn rotate(
    store: &Store,
    keys: Keys,
    master: &str,
    data_keys: bool,
    mut tell: impl FnMut(&str) + Send,
) -> Result<Asked> {
    if keys.current.id() != master {
        bail!(
            "the running server is configured with the master key {}, and this command with {master}: give both the same; a \
             server that takes its key from the environment needs a new start for that",
            keys.current.id()
        );
    }
    let former: Vec<String> = keys.former.iter().map(|key| key.id().to_owned()).collect();
    store.change_keys(keys).await?;
    let mut rewrapped = Vec::new();
    let wrapped = |org: &OrgId, keys: u64| {
        if keys > 0 {
            rewrapped.push(org.clone());
            tell(&format!("{org}: {} sealed with the new master key", count(keys, "data key", "data keys")));
        }
    };
    store.rotate_master_key(wrapped).await?;
    let mut left = 0;
    for org in store.orgs().await? {
        let rotated = match data_keys {
            true => store.rotate_data_key(&org, now()).await?,
            // What was begun and cut off.
            false => store.reseal(&org).await?,
        };
        left += rotated.left;
        if data_keys || rewrapped.contains(&org) || rotated.resealed + rotated.keys_removed > 0 {
            let after = json!({ "masterKey": master, "newDataKey": data_keys, "resealed": rotated.resealed });
            store.note(&note(&org, "key.rotate", "key", master).becomes(after)).await?;
        }
        if data_keys || rotated.resealed + rotated.keys_removed > 0 {
            tell(&format!(
                "{org}: {} sealed with the new data key, {} removed",
                count(rotated.resealed, "value", "values"),
                count(rotated.keys_removed, "former data key", "former data keys")
            ));
        }
    }
    let status = store.key_status().await?;
    for id in former.iter().filter(|id| status.sealed_by(id) == 0) {
        tell(&format!("nothing is sealed with the former master key {id} any more"));
    }
    tell(&format!("the master key is {master}"));
    if left > 0 {
        let left = count(left, "value does not open and is", "values do not open and are");
        tell(&format!("{left} still sealed with a former data key, which is kept"));
        return Ok(Asked::Left);
    }
    Ok(Asked::Done)
}

/// Which keys seal what, in lines.
pub async fn status(store: &Store) -> Result<Vec<String>> {
    let status = store.key_status().await?;
    let mut lines = Vec::new();
    for id in status.masters() {
        let keys = count(status.sealed_by(id) as u64, "key", "keys");
        let is = if status.given.as_deref() == Some(id) { "master key" } else { "former master key" };
        lines.push(format!("{is} {id}: seals {keys}"));
    }
    for key in &status.data_keys {
        let is = if key.retired_at.is_some() { "former data key" } else { "data key" };
        let (secrets, states) =
            (count(key.secrets, "secret", "secrets"), count(key.states, "state of a run", "states of runs"));
        lines.push(format!(
            "{}: {is} {}, sealed with {}: seals {secrets}, {states}",
            key.org, key.number, key.master
        ));
    }
    Ok(lines)
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Where a server is asked. The socket goes with it.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// In the data folder that this process has: what is there of an earlier one answers no more.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
        Ok(Self { listener, path })
    }

    /// Answers until it is dropped. The keys are read from the configuration as it is when they are asked for.
    pub async fn answer(self, store: Store, config: Option<PathBuf>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(converse(stream, store.clone(), config.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "`callout key` could not be answered");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Left there it does no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Answers one question. Who asked may go away meanwhile: what was begun is done all the same.
async fn converse(stream: UnixStream, store: Store, config: Option<PathBuf>) {
    let (from, mut to) = stream.into_split();
    let (tell, mut told) = mpsc::unbounded_channel();
    let doing = async move {
        let mut line = String::new();
        let ended = match tokio::io::BufReader::new(from.take(ASK_BYTES_MAX)).read_line(&mut line).await {
            Ok(_) => answer(&line, &store, config, &tell).await,
            Err(error) => Err(error.into()),
        };
        let last = match ended {
            Ok(asked) => Told::Ended(asked),
            Err(error) => {
                tracing::warn!("`callout key` was refused: {error:#}");
                Told::Refused(format!("{error:#}"))
            }
        };
        let _ = tell.send(last);
    };
    let telling = async move {
        while let Some(told) = told.recv().await {
            let mut line = serde_json::to_vec(&told).unwrap_or_default();
            line.push(b'\n');
            if to.write_all(&line).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(doing, telling);
}

async fn answer(
    line: &str,
    store: &Store,
    config: Option<PathBuf>,
    tell: &mpsc::UnboundedSender<Told>,
) -> Result<Asked> {
    let tell = |line: &str| drop(tell.send(Told::Line(line.to_owned())));
    let ask = serde_json::from_str(line)
        .context("the server does not know this question; is it of another version?")?;
    match ask {
        Ask::Status => {
            status(store).await?.iter().for_each(|line| tell(line));
            Ok(Asked::Done)
        }
        Ask::Rotate { master, data_keys } => {
            // A command that gives a key may take its time.
            let read = tokio::task::spawn_blocking(move || {
                Config::load(config.as_deref())?.secrets.keys()?.context(NO_KEY)
            });
            let keys = read.await.context("the configuration could not be read")??;
            let told = |line: &str| {
                tracing::info!("keys are changed: {line}");
                tell(line);
            };
            rotate(store, keys, &master, data_keys, told).await
        }
    }
}

/// Asks the server that has the folder open; none where there is no such server.
pub fn ask_server(folder: &Path, ask: &Ask, show: impl Fn(&str)) -> Result<Option<Asked>> {
    let mut stream = match StdStream::connect(folder.join(SOCKET)) {
        Ok(stream) => stream,
        // A socket that nobody listens at is of a server that was killed; a path that is too long is none of any.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error).context("the server that has the data folder open cannot be asked"),
    };
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    let cut_off =
        || anyhow!("the server ended before it was done: ask again, and what was begun is taken up");
    stream.write_all(&line).map_err(|_| cut_off())?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line.map_err(|_| cut_off())?).map_err(|_| cut_off())? {
            Told::Line(line) => show(&line),
            Told::Ended(asked) => return Ok(Some(asked)),
            Told::Refused(why) => bail!("{why}"),
        }
    }
    Err(cut_off())
}
