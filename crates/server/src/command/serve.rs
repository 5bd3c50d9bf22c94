//! `callout serve`: the API, and the runs behind it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use callout_engine::Engine;
use callout_flow::id::OrgId;
use callout_store::{Keys, NewToken, Role, Store};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::token::{note, open};
use crate::Exit;
use crate::api::caller::role_word;
use crate::api::calls::Nodes;
use crate::api::egress::EgressView;
use crate::api::figures::Figures;
use crate::api::{self, Api, Callers, Rules};
use crate::args::ServeArgs;
use crate::config::{Config, now};
use crate::keys::{Door, NO_KEY};
use crate::serve::{ServeRules, listen, run, runtime, upkeep};
use crate::{log, token};

/// How a process ends that a second signal ended, as shells count it.
const ENDED_AT_ONCE: i32 = 130;

pub fn serve(args: &ServeArgs) -> Result<Exit> {
    if args.database.is_some() {
        bail!("--database is not in this version yet; the embedded store is: --data names its folder");
    }
    let mut config = Config::load(args.config.as_deref())?;
    if let Some(data) = &args.data {
        config.store.data.clone_from(data);
    }
    if let Some(listen) = args.listen {
        config.server.listen = listen;
    }
    log::begin(&config.log);
    no_core_dumps();
    let keys = config.secrets.keys()?.context(NO_KEY)?;
    runtime()?.block_on(serve_until_stopped(&config, args.config.clone(), keys))?;
    Ok(Exit::Completed)
}

async fn serve_until_stopped(config: &Config, config_file: Option<PathBuf>, keys: Keys) -> Result<()> {
    let (stopping, stop_seen) = watch::channel(false);
    let stop = stop_signal()?;
    let listener = listen(config.server.listen)?;
    let address = listener.local_addr().context("cannot listen")?;
    let store = open(&config.store.data, Some(keys))?;
    let keys = key_door(config, config_file, &store);
    let engine = config.engine(store.clone(), &[address])?;
    first_token(&store, &config.server.page_origin(address)?).await?;
    let mut process = [0; 4];
    getrandom::fill(&mut process)
        .map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    let api = Arc::new(Api {
        store: store.clone(),
        engine: engine.clone(),
        rules: Rules {
            request_bytes_max: config.server.request_bytes_max,
            import_bytes_max: config.server.import_bytes_max,
            body_timeout: Duration::from_millis(config.server.body_timeout_ms),
            public_origin: config.server.public_origin()?,
            log_requests: config.log.requests,
        },
        callers: Callers::default(),
        egress: EgressView::of(config),
        nodes: Nodes::default(),
        rooms: crate::api::Rooms::default(),
        calls: Arc::new(Semaphore::new(config.runs.calls_in_flight_max.get().min(Semaphore::MAX_PERMITS))),
        figures: Figures::new(api::paths(), engine.clone()),
        stopping: stop_seen.clone(),
        process: u32::from_be_bytes(process),
    });
    let rules = ServeRules {
        threads: config.server.threads(),
        connections_max: config.server.connections_max,
        head_timeout: Duration::from_millis(config.server.head_timeout_ms),
        drain: Duration::from_secs(config.server.drain_seconds),
    };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data = %config.store.data.display(),
        threads = rules.threads,
        "listening on http://{address}"
    );
    let upkeep = tokio::spawn(upkeep::keep(store.clone(), config.store.retention.get(), stop_seen.clone()));
    let work = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let drain = tokio::spawn(drain_when_told(engine.clone(), stop_seen, rules.drain));
    let share = |threads| engine.share_work(threads);
    let drained = run(listener, api::router(api), &rules, stopping, stop, share).await?;
    let left = drain.await.unwrap_or(0);
    if left > 0 {
        tracing::warn!(
            runs = left,
            "runs were still under way when the time to drain was over; the next start goes on with them"
        );
    }
    let _ = tokio::join!(work, upkeep);
    if !drained {
        tracing::warn!(
            seconds = config.server.drain_seconds,
            "requests were still under way when the time to drain was over"
        );
    }
    if let Some(keys) = keys {
        keys.abort();
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// A dump of this process would hold the master key, and every secret that is open.
fn no_core_dumps() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "a crash of this process may leave a dump with secrets in it");
    }
}

/// Answers `callout key`. Where it cannot, all else goes on, and keys are changed while no server runs.
fn key_door(config: &Config, config_file: Option<PathBuf>, store: &Store) -> Option<JoinHandle<()>> {
    match Door::open(&config.store.data) {
        Ok(door) => Some(tokio::spawn(door.answer(store.clone(), config_file))),
        Err(error) => {
            tracing::warn!("`callout key` cannot ask this server: {error:#}");
            None
        }
    }
}

/// Puts the runs down as soon as the stop begins; how many were still under way when the time was over.
async fn drain_when_told(engine: Engine, mut stopping: watch::Receiver<bool>, patience: Duration) -> usize {
    let _ = stopping.wait_for(|stopping| *stopping).await;
    engine.drain(patience).await
}

/// Done at the first signal to stop; the second ends the process at once.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let (tell, told) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut tell = Some(tell);
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            match tell.take() {
                Some(tell) => {
                    tracing::info!("stopping: what is under way may end; a second signal ends at once");
                    let _ = tell.send(());
                }
                None => std::process::exit(ENDED_AT_ONCE),
            }
        }
    });
    Ok(async move {
        let _ = told.await;
    })
}

/// A store without any token gets one for an admin, shown this once: without it nobody could call the API. Where there is no
/// member either, the address that makes one with it is shown too.
async fn first_token(store: &Store, origin: &str) -> Result<()> {
    let org = OrgId::default_org();
    if !store.tokens(&org).await?.is_empty() {
        return Ok(());
    }
    let text = token::new_token()?;
    let new = NewToken {
        name: "first".to_owned(),
        role: Role::Admin,
        hash: token::hash(&text),
        created_at: now(),
        expires_at: None,
    };
    let after = json!({ "name": new.name, "role": role_word(new.role) });
    store.noting(note(&org, "token.create", "token", &new.id()).becomes(after)).add_token(&org, &new).await?;
    anstream::eprintln!("The store has no token yet. This one is an admin's, and is shown only now:");
    anstream::println!("{text}");
    if !store.has_members(&org).await? {
        anstream::eprintln!("The page makes the first member with it:");
        anstream::println!("{origin}/setup#token={text}");
    }
    Ok(())
}
