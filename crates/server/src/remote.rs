//! A server of ours, as the command line calls it: through the guarded door, opened for this one host.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use callout_flow::id::OrgId;
use callout_flow::outcome::{Answer, AnswerBody, Outcome};
use callout_flow::request::{Header, Method, PreparedRequest, RenderedAuth, SecretText};
use callout_outbound::{
    Allowed, Credential, EgressPolicy, FixedNames, HostPattern, Limits, Outbound, Owner, Resolver,
};
use callout_store::Document;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;
use url::{Host, Url};

use crate::args::RemoteArgs;
use crate::config::{Config, now};
use crate::report::{ERROR, paint, visible};
use crate::{Exit, config};

/// Where the token comes from: never from an argument, which other users of a machine can read.
const TOKEN: &str = "CALLOUT_TOKEN";
/// The server where `--server` does not name one.
const SERVER: &str = "CALLOUT_SERVER";
/// The longest that one request may take. Checking a large flow takes seconds on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer: a document is at most as large as a request may be, and this is as much as can be read.
const RESPONSE_BYTES_MAX: u64 = callout_outbound::RESPONSE_BYTES_LIMIT;
/// Items on a page of a list, the most that the server gives.
const PAGE_ITEMS: usize = 200;
/// How many problems of a refusal are told.
const PROBLEMS_TOLD_MAX: usize = 10;

/// What a server did not do, in words.
#[derive(Debug)]
pub struct Failed(String);

impl Failed {
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// How a command ends that asks a server: what the server refused is no wrong input.
pub fn ended(done: Result<Exit>) -> Result<Exit> {
    match done {
        Err(error) if error.is::<Failed>() => {
            anstream::eprintln!("{}: {}", paint("error", ERROR), visible(&format!("{error:#}")));
            Ok(Exit::Failed)
        }
        done => done,
    }
}

/// What must hold of a thing for it to be written.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// There is none yet.
    Absent,
    /// It has this revision.
    Revision(u64),
}

impl When {
    pub fn of(revision: Option<u64>) -> Self {
        revision.map_or(Self::Absent, Self::Revision)
    }

    fn header(self) -> Header {
        let (name, value) = match self {
            Self::Absent => ("If-None-Match", "*".to_owned()),
            Self::Revision(revision) => ("If-Match", format!("\"{revision}\"")),
        };
        Header { name: name.to_owned(), value }
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct Reply {
    /// From the `ETag`.
    pub revision: Option<u64>,
    pub json: bool,
    body: Bytes,
}

impl Reply {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failed::new(format!("the server's answer is not as expected: {error}")).into())
    }

    /// The body as the document that it is.
    pub fn document(&self) -> Result<Document> {
        let text = String::from_utf8(self.body.to_vec());
        let text = text.map_err(|_| Failed::new("the server's answer is not UTF-8 text"))?;
        Ok(Document { text, json: self.json })
    }
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// A refusal, as `application/problem+json` tells it.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    fix: Option<String>,
    #[serde(default)]
    problems: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    at: String,
    message: String,
}

/// A server, and who asks it.
pub struct Remote {
    runtime: Runtime,
    outbound: Outbound,
    credential: Credential,
    base: Url,
}

impl Remote {
    pub fn of(args: &RemoteArgs) -> Result<Self> {
        let config = Config::load(args.config.as_deref())?;
        let base = base_url(args, &config)?;
        let token = std::env::var(TOKEN).unwrap_or_default();
        // One that was read from a file ends with a line break.
        let token = Some(token.trim()).filter(|token| !token.is_empty());
        let token = token.with_context(|| {
            format!(
                "{TOKEN} is not set: put a token of the server into it, as `callout token create` makes one"
            )
        })?;
        let outbound = Outbound::new(policy(&config, &base, args.insecure_http)?, resolver(&config)?)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let credential = RenderedAuth::Bearer { token: SecretText::new(token) }.into();
        Ok(Self { runtime, outbound, credential, base })
    }

    /// Its address, for people.
    pub fn shown(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Masks these wherever an answer says them back.
    pub fn hide<'s>(&mut self, secrets: impl IntoIterator<Item = &'s SecretText>) {
        self.credential = std::mem::take(&mut self.credential).with_secrets(secrets);
    }

    pub fn get(&self, path: &str) -> Result<Reply> {
        let answer = self.ask(Method::Get, path, Vec::new(), None)?;
        self.reply(Method::Get, path, answer)
    }

    /// What is at a path; `None` where nothing is.
    pub fn find(&self, path: &str) -> Result<Option<Reply>> {
        match self.ask(Method::Get, path, Vec::new(), None)? {
            answer if answer.status == 404 => Ok(None),
            answer => self.reply(Method::Get, path, answer).map(Some),
        }
    }

    /// All items of a list, page by page.
    pub fn items<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let mut items = Vec::new();
        let mut query = format!("?limit={PAGE_ITEMS}");
        loop {
            let page: Page<T> = self.get(&format!("{path}{query}"))?.read()?;
            items.extend(page.items);
            let Some(next) = page.next else { return Ok(items) };
            let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            query = format!("?limit={PAGE_ITEMS}&cursor={next}");
        }
    }

    pub fn put(&self, path: &str, document: &Document, when: When) -> Result<Reply> {
        let media_type = if document.json { "application/json" } else { "application/yaml" };
        let headers = vec![content_type(media_type), when.header()];
        let answer = self.ask(Method::Put, path, headers, Some(document.text.as_bytes().to_vec()))?;
        self.reply(Method::Put, path, answer)
    }

    /// Sends JSON, or no body where there is none.
    pub fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        when: Option<When>,
    ) -> Result<Reply> {
        let mut headers: Vec<Header> = when.map(When::header).into_iter().collect();
        let body = body.map(|body| body.to_string().into_bytes());
        headers.extend(body.is_some().then(|| content_type("application/json")));
        let answer = self.ask(method, path, headers, body)?;
        self.reply(method, path, answer)
    }

    fn ask(
        &self,
        method: Method,
        path: &str,
        mut headers: Vec<Header>,
        body: Option<Vec<u8>>,
    ) -> Result<Answer> {
        let url = format!("{}{path}", self.shown());
        let url = Url::parse(&url).with_context(|| format!("{url} is no address"))?;
        let accept = "application/json, application/yaml, application/problem+json";
        headers.push(Header { name: "Accept".to_owned(), value: accept.to_owned() });
        let request = PreparedRequest { method, url, headers, body, holes: Vec::new() };
        let limits = Limits {
            timeout: TIMEOUT,
            response_bytes_max: RESPONSE_BYTES_MAX,
            redirects_max: 0,
            may_resend: method.is_safe(),
            max_connections: None,
            now: now(),
        };
        let owner = Owner::of(OrgId::default_org());
        let sent =
            self.runtime.block_on(self.outbound.send(&owner, &request, &self.credential, &limits)).outcome;
        let why = match sent {
            Outcome::Answered(answer) => return Ok(answer),
            Outcome::Refused(refusal) => refusal.message,
            Outcome::NotSent(failure) => failure.message,
            Outcome::NoAnswer(failure) => {
                format!("{} (it may have been done all the same)", failure.message)
            }
        };
        Err(Failed::new(format!("{method} {}{path}: {why}", self.shown())).into())
    }

    fn reply(&self, method: Method, path: &str, answer: Answer) -> Result<Reply> {
        let header = |name: &str| answer.header(name).map(str::to_owned);
        let revision = header("etag").and_then(|tag| tag.trim_matches('"').parse().ok());
        let json =
            header("content-type").is_some_and(|media_type| media_type.starts_with("application/json"));
        let body = match answer.body {
            AnswerBody::Whole(body) => body,
            AnswerBody::TooLarge { .. } | AnswerBody::Undecodable { .. } | AnswerBody::BrokenOff { .. } => {
                let why = format!("{method} {}{path}: the answer did not come whole", self.shown());
                return Err(Failed::new(why).into());
            }
        };
        if (200..300).contains(&answer.status) {
            return Ok(Reply { revision, json, body });
        }
        let why = refusal(answer.status, &body);
        Err(Failed::new(format!("{method} {}{path}: {why}", self.shown())).into())
    }
}

fn content_type(value: &str) -> Header {
    Header { name: "Content-Type".to_owned(), value: value.to_owned() }
}

fn refusal(status: u16, body: &[u8]) -> String {
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
        return format!("it answered {status}, and not as a server of Callout does: is the address right?");
    };
    let Problem { code, detail, fix, problems } = problem;
    let fix = fix.map_or(String::new(), |fix| format!(". {fix}"));
    let mut told = format!("{status} {code}: {detail}{fix}");
    for found in problems.iter().take(PROBLEMS_TOLD_MAX) {
        told.push_str(&format!("\n  {}: {}", found.at, found.message));
    }
    told
}

/// The server's address, by argument, environment, or where a server of this configuration listens.
fn base_url(args: &RemoteArgs, config: &Config) -> Result<Url> {
    let named = args.server.clone().or_else(|| std::env::var(SERVER).ok().filter(|url| !url.is_empty()));
    let text = named.unwrap_or_else(|| {
        let mut listen = config.server.listen;
        if listen.ip().is_unspecified() {
            listen.set_ip(if listen.is_ipv6() {
                std::net::Ipv6Addr::LOCALHOST.into()
            } else {
                std::net::Ipv4Addr::LOCALHOST.into()
            });
        }
        format!("http://{listen}")
    });
    let base = Url::parse(&text).with_context(|| format!("the server `{text}` is not an address"))?;
    let plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
    if !matches!(base.scheme(), "http" | "https") || !plain || base.password().is_some() {
        bail!("the server `{}` is not an address: write it as https://callout.example", base_shown(&base));
    }
    if base.scheme() == "http" && !is_this_machine(&base) && !args.insecure_http {
        bail!(
            "the token would go to {} over plain http: use https, or --insecure-http where the network is yours alone",
            base.host_str().unwrap_or_default()
        );
    }
    Ok(base)
}

/// Without what may be a password.
fn base_shown(base: &Url) -> String {
    format!("{}://{}", base.scheme(), base.host_str().unwrap_or_default())
}

fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The operator's way out, open for the one host that the operator named, wherever it is, and for no other.
fn policy(config: &Config, base: &Url, insecure_http: bool) -> Result<EgressPolicy> {
    let host = base.host_str().unwrap_or_default();
    let networks: Vec<String> = match base.host() {
        Some(Host::Ipv4(ip)) => vec![format!("{}/32", IpAddr::from(ip))],
        Some(Host::Ipv6(ip)) => vec![format!("{}/128", IpAddr::from(ip))],
        _ => vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()],
    };
    let allow = networks.iter().map(|network| Allowed::new(host, network)).collect::<Result<_, _>>()?;
    let local = is_this_machine(base);
    let http_hosts = if local || insecure_http { vec![HostPattern::parse(host)?] } else { Vec::new() };
    let own = config.policy()?;
    Ok(EgressPolicy {
        allow,
        http_hosts,
        // What leads to the world does not lead to this machine.
        proxy: own.proxy.filter(|_| !local),
        source_address: own.source_address.filter(|_| !local),
        extra_roots: own.extra_roots,
        ..EgressPolicy::default()
    })
}

fn resolver(config: &config::Config) -> Result<Resolver> {
    if !config.egress.dns.is_empty() {
        return Ok(Resolver::servers(&config.egress.dns)?);
    }
    // A machine without name servers can still call addresses.
    Ok(Resolver::system().unwrap_or_else(|_| Resolver::fixed(FixedNames::new())))
}
