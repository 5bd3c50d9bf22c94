//! An engine with a store and published flows.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use callout_engine::{Engine, EngineLimits, NewEvent, Outbound, Resolver, Store, Told};
use callout_flow::id::{OrgId, RunId};
use callout_flow::request::SecretText;
use callout_outbound::{Allowed, EgressPolicy, FixedAnswer, FixedNames, HostPattern};
use callout_store::{
    ConnectionChange, Document, Keys, MasterKey, NewConnection, NewIntegrationVersion, NewVersion,
    OpenConnection, StoreOptions,
};
use callout_testkit::Remote;
use jiff::Timestamp;
use serde_json::{Value, json};

/// How long a test waits for something that must come before it says that it did not.
const PATIENCE: Duration = Duration::from_secs(20);

/// Names that lead to remotes, and are opened for them.
pub const NAMES: [&str; 2] = ["api.test", "other.test"];

/// The tests' clock is the machine's: what is asserted does not depend on it.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Where the clock stands that moves by `pass` alone; each test is a process of its own.
static STANDS_AT: AtomicI64 = AtomicI64::new(1_800_000_000_000);

pub fn standing() -> Timestamp {
    Timestamp::from_millisecond(STANDS_AT.load(Ordering::SeqCst)).unwrap()
}

pub fn pass(seconds: i64) {
    STANDS_AT.fetch_add(seconds * 1000, Ordering::SeqCst);
}

pub fn org() -> OrgId {
    OrgId::default_org()
}

pub fn engine_on(store: Store, policy: EgressPolicy, limits: EngineLimits) -> Engine {
    engine_at(store, policy, limits, now)
}

fn engine_at(store: Store, policy: EgressPolicy, limits: EngineLimits, clock: fn() -> Timestamp) -> Engine {
    let hosts = || ["127.0.0.2"].into_iter().chain(NAMES);
    let opened = hosts().map(|host| Allowed::new(host, "127.0.0.2/32").unwrap());
    let policy = EgressPolicy {
        allow: opened.chain(policy.allow).collect(),
        http_hosts: hosts().map(|host| HostPattern::parse(host).unwrap()).collect(),
        ..policy
    };
    let names = NAMES
        .into_iter()
        .fold(FixedNames::new(), |names, name| names.with(name, [FixedAnswer::addresses([Remote::IP])]));
    Engine::new(store, Outbound::new(policy, Resolver::fixed(names)).unwrap(), limits, clock)
}

/// An engine whose clock stands still, and whose calls wait for their slots.
pub fn with_standing_clock(store: Store) -> Engine {
    let policy = EgressPolicy { slot_wait: PATIENCE, ..EgressPolicy::default() };
    engine_at(store, policy, EngineLimits::default(), standing)
}

pub fn in_memory() -> Engine {
    engine_on(Store::in_memory().unwrap(), EgressPolicy::default(), EngineLimits::default())
}

/// The same at every start on a folder.
const MASTER: &str = "cmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9pDHP5";

/// A store in a folder, whose secrets are sealed.
pub fn sealed(folder: &Path) -> Store {
    let keys = Keys::new(MasterKey::parse(MASTER).unwrap());
    let options = StoreOptions { folder: folder.to_owned(), readers: 1, keys: Some(keys) };
    Store::open(&options, now()).unwrap()
}

/// An engine on a folder, as a process that starts there has it.
pub fn on_disk(folder: &Path) -> Engine {
    engine_on(sealed(folder), EgressPolicy::default(), EngineLimits::default())
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

/// Publishes an integration `api`: this `auth` (and whatever else, at the same depth), and some operations at `base`.
pub async fn publish_integration(engine: &Engine, base: &str, rest: &str) -> u32 {
    let text = format!(
        "kind: integration\nslug: api\nbaseUrl: '{base}'\n{rest}\noperations:\n  \
         get: {{ path: /get }}\n  \
         post: {{ method: POST, path: /post, body: {{ type: json, value: {{ a: 1 }} }} }}\n  \
         keyed: {{ method: POST, path: /keyed, idempotency: {{ header: Idempotency-Key }} }}\n  \
         holes:\n    method: POST\n    path: '/holes/{{{{ secret.key }}}}/end'\n    \
         query: [{{ name: k, value: '{{{{ secret.key }}}}' }}]\n    \
         headers: [{{ name: X-Hole, value: 'key {{{{ secret.key }}}}' }}]\n    \
         body: {{ type: json, value: {{ key: '{{{{ secret.key }}}}', in: 'a {{{{ secret.key }}}}' }} }}\n"
    );
    let store = engine.store();
    let document = Document { text, json: false };
    let row = store.put_integration_draft(&org(), "api", "api", &document, None, standing()).await.unwrap();
    let new = NewIntegrationVersion { slug: "api", revision: row.revision, by: "test", now: standing() };
    store.publish_integration(&org(), &new).await.unwrap().row.version
}

/// A connection `c` for the integration `api`, bound to 127.0.0.2.
pub fn connection(secrets: &[(&str, &str)]) -> NewConnection {
    let secrets = secrets.iter().map(|(name, text)| ((*name).to_owned(), SecretText::new(*text)));
    NewConnection {
        id: "c".to_owned(),
        name: "c".to_owned(),
        integration: Some("api".to_owned()),
        document: "{}".to_owned(),
        allowed_hosts: vec!["127.0.0.2".to_owned()],
        secrets: secrets.collect(),
        disabled: false,
        expires_at: None,
        by: "test".to_owned(),
        now: standing(),
    }
}

pub fn with_parts(connection: NewConnection, parts: &Value) -> NewConnection {
    NewConnection { document: parts.to_string(), ..connection }
}

pub async fn connect(engine: &Engine, new: &NewConnection) {
    engine.store().create_connection(&org(), new).await.unwrap();
}

/// Changes the connection `c`: its public parts, and these secrets.
pub async fn change(engine: &Engine, document: &str, secrets: &[(&str, &str)], disabled: bool) {
    let secrets = secrets.iter().map(|(name, text)| ((*name).to_owned(), Some(SecretText::new(*text))));
    let change = ConnectionChange {
        name: "c".to_owned(),
        document: document.to_owned(),
        secrets: secrets.collect(),
        disabled,
        expires_at: None,
        by: "test".to_owned(),
        now: standing(),
    };
    engine.store().update_connection(&org(), "c", &change, None).await.unwrap();
}

pub async fn opened(engine: &Engine) -> std::sync::Arc<OpenConnection> {
    engine.store().open_connection(&org(), "c").await.unwrap().unwrap()
}

/// A flow of one call of `api` by the connection `c`, with these lines in it.
pub fn by_operation(operation: &str, rest: &str) -> String {
    let pin = format!(
        "mode: integration\nintegrationSlug: api\nintegrationVersion: 1\noperationKey: {operation}\n"
    );
    flow_of(&format!("{pin}connectionId: c\n{rest}"))
}

/// A flow of one call that begins with the event `e`.
pub fn flow_of(call: &str) -> String {
    let call: String = call.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "kind: flow\nslug: f\ntrigger: {{ type: event, event: e }}\nstart: call\nnodes:\n  call:\n    type: apiCall\n\
         {call}    next: done\n  done: {{ type: end }}\n"
    )
}

/// Begins the flow of the event `e`.
pub async fn begin(engine: &Engine) -> RunId {
    let event = NewEvent { event: json!({ "name": "e" }), key: None };
    engine.accept(&org(), event).await.unwrap()[0].id.clone()
}

/// Runs the flow of the event `e` to its end; the record.
pub async fn run(engine: &Engine) -> Value {
    let id = begin(engine).await;
    ended(engine, &id).await
}

/// The one step's outcome, and the message of its failure.
pub fn outcome(record: &Value) -> (&str, &str) {
    let message =
        ["integrationError", "httpError"].iter().find_map(|name| record["vars"][name]["message"].as_str());
    (record["steps"][0]["outcome"].as_str().unwrap_or_default(), message.unwrap_or_default())
}

/// Waits for what must come, so long that it says when it does not.
pub async fn until_so(holds: impl AsyncFn() -> bool) {
    let come = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, come).await.expect("it did not come");
}

/// Waits until a run is parked, lets time pass, and works until it is over; nothing runs on this engine afterwards.
pub async fn after_its_pause(engine: &Engine, run: &RunId, seconds: i64) -> Value {
    until_so(async || engine.store().next_due(Timestamp::MIN).await.unwrap().is_some()).await;
    pass(seconds);
    let worker = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let record = ended(engine, run).await;
    engine.drain(Duration::from_secs(5)).await;
    worker.await.unwrap();
    record
}
