//! `callout key`: makes a master key, says which keys seal what, and changes them.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use callout_store::{Keys, MasterKey};

use super::token::open;
use crate::Exit;
use crate::args::{KeyArgs, KeyGenerateArgs, KeyRotateArgs};
use crate::config::Config;
use crate::keys::{self, Ask, Asked, NO_KEY};
use crate::serve::runtime;

/// For the owner only, as the server wants it.
const FILE_MODE: u32 = 0o600;

pub fn generate(args: &KeyGenerateArgs) -> Result<Exit> {
    let key = MasterKey::generate()?;
    match &args.out {
        Some(path) => {
            write(path, &key).with_context(|| format!("cannot write the key to {}", path.display()))?;
            anstream::eprintln!(
                "The master key {} is in {}. Keep a copy of it apart from the database: without it no secret opens.",
                key.id(),
                path.display()
            );
        }
        None => {
            anstream::println!("{}", key.printed().as_str());
            anstream::eprintln!("This master key is {}, and is kept nowhere else.", key.id());
        }
    }
    Ok(Exit::Completed)
}

/// Never over another: a key that is lost opens nothing.
fn write(path: &Path, key: &MasterKey) -> Result<()> {
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("it is there already; name a file that is not")
        }
        opened => opened?,
    };
    let written = file
        .write_all(key.printed().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all());
    if let Err(error) = written {
        // What is of no use is no use left there; the error above tells.
        let _ = std::fs::remove_file(path);
        return Err(error.into());
    }
    Ok(())
}

pub fn rotate(args: &KeyRotateArgs) -> Result<Exit> {
    let (config, keys) = configured(&args.store)?;
    let ask = Ask::Rotate { master: keys.current.id().to_owned(), data_keys: args.data_keys };
    ask_of(&config, keys, &ask)
}

pub fn status(args: &KeyArgs) -> Result<Exit> {
    let (config, keys) = configured(args)?;
    ask_of(&config, keys, &Ask::Status)
}

fn configured(args: &KeyArgs) -> Result<(Config, Keys)> {
    let mut config = Config::load(args.config.as_deref())?;
    if let Some(data) = &args.data {
        config.store.data.clone_from(data);
    }
    let keys = config.secrets.keys()?.context(NO_KEY)?;
    if !config.store.data.is_dir() {
        bail!("there is no data folder {} (`store.data`, --data)", config.store.data.display());
    }
    Ok((config, keys))
}

/// Of the server that has the store open, or else of the store itself.
fn ask_of(config: &Config, keys: Keys, ask: &Ask) -> Result<Exit> {
    let show = |line: &str| anstream::println!("{line}");
    let asked = match keys::ask_server(&config.store.data, ask, show)? {
        Some(asked) => asked,
        None => {
            let store = open(&config.store.data, Some(keys.clone()))?;
            runtime()?.block_on(async {
                let asked = match ask {
                    Ask::Status => keys::status(&store).await.map(|lines| {
                        lines.iter().for_each(|line| show(line));
                        Asked::Done
                    }),
                    Ask::Rotate { master, data_keys } => {
                        keys::rotate(&store, keys, master, *data_keys, show).await
                    }
                };
                store.close().await;
                asked
            })?
        }
    };
    Ok(match asked {
        Asked::Done => Exit::Completed,
        Asked::Left => Exit::Failed,
    })
}
