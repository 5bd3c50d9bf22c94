//! An engine with a store and published flows.

use std::path::Path;

use callout_engine::{Engine, EngineLimits, Outbound, Resolver, Store, Told};
use callout_flow::id::{OrgId, RunId};
use callout_outbound::{Allowed, EgressPolicy, FixedNames, HostPattern};
use callout_store::{Document, Keys, MasterKey, NewVersion, StoreOptions};
use callout_testkit::Remote;
use jiff::Timestamp;
use serde_json::Value;

/// The tests' clock is the machine's: what is asserted does not depend on it.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

pub fn org() -> OrgId {
    OrgId::default_org()
}

pub fn engine_on(store: Store, policy: EgressPolicy, limits: EngineLimits) -> Engine {
    let policy = EgressPolicy {
        allow: vec![Allowed::new("127.0.0.2", "127.0.0.2/32").unwrap()],
        http_hosts: vec![HostPattern::parse("127.0.0.2").unwrap()],
        ..policy
    };
    let outbound = Outbound::new(policy, Resolver::fixed(FixedNames::new())).unwrap();
    Engine::new(store, outbound, limits, now)
}

pub fn in_memory() -> Engine {
    engine_on(Store::in_memory().unwrap(), EgressPolicy::default(), EngineLimits::default())
}

/// The same at every start on a folder.
const MASTER: &str = "cmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9pDHP5";

/// An engine on a folder, as a process that starts there has it.
pub fn on_disk(folder: &Path) -> Engine {
    let keys = Keys::new(MasterKey::parse(MASTER).unwrap());
    let options = StoreOptions { folder: folder.to_owned(), readers: 1, keys: Some(keys) };
    let store = Store::open(&options, now()).unwrap();
    engine_on(store, EgressPolicy::default(), EngineLimits::default())
}

/// Publishes a flow's text; the version.
pub async fn publish(engine: &Engine, text: &str) -> u32 {
    publish_for(engine, &org(), text).await
}

pub async fn publish_for(engine: &Engine, org: &OrgId, text: &str) -> u32 {
    let slug = text.lines().find_map(|line| line.strip_prefix("slug: ")).unwrap();
    let document = Document { text: text.to_owned(), json: false };
    let store = engine.store();
    let row = store.put_draft(org, slug, slug, &document, None, now()).await.unwrap();
    let new = NewVersion { number: row.number, revision: row.revision, by: "test", now: now() };
    let version = store.publish(org, &new).await.unwrap().version;
    engine.forget_flows(org);
    version
}

/// One call with these lines in it, then an end.
pub fn one_call(remote: &Remote, rest: &str) -> String {
    format!(
        "kind: flow\nslug: f\ntrigger: {{ type: event, event: e }}\nstart: call\nnodes:\n  call:\n    type: apiCall\n    \
         mode: http\n    url: {}\n{}    next: done\n  done: {{ type: end, result: '{{{{ vars.httpStatus }}}}' }}\n",
        remote.url("/"),
        rest.lines().map(|line| format!("    {line}\n")).collect::<String>()
    )
}

/// Follows a run until something is told that holds.
pub async fn until(engine: &Engine, run: &RunId, holds: impl Fn(&Told) -> bool) {
    let mut follower = engine.follow(&org(), run, 0);
    while let Some(news) = follower.next().await.unwrap() {
        if news.iter().any(|(_, told)| holds(told)) {
            return;
        }
    }
}

/// The record of a run that is over, waited for.
pub async fn ended(engine: &Engine, run: &RunId) -> Value {
    serde_json::from_slice(&engine.over(&org(), run).await.unwrap().unwrap()).unwrap()
}
