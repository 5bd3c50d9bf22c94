//! What is to be done for a connection of a server to be as its file.

use std::collections::BTreeMap;

use callout_flow::integration::check::check_connection;
use callout_flow::integration::{ConnectionDraft, Integration};
use callout_flow::problem::Severity;
use callout_flow::request::SecretText;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::plan::{Act, Environment};
use super::there::ConnectionThere;

/// What is done with a connection.
#[derive(Debug)]
pub struct ConnectionStep {
    pub id: String,
    pub file: String,
    pub act: Act,
    pub revision: Option<u64>,
    /// The fields that are written, by name.
    pub fields: Vec<&'static str>,
    /// The secrets that are written: each name, the environment variable, and its value.
    pub secrets: BTreeMap<String, (String, Option<SecretText>)>,
    pub notes: Vec<String>,
    /// The body of what is sent, but for the secrets.
    pub body: Map<String, Value>,
}

impl ConnectionStep {
    /// Variables of the environment that would be needed and are not set.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        let missing = self.secrets.iter().filter(|(_, (_, value))| value.is_none());
        missing.map(|(name, (variable, _))| (name.as_str(), variable.as_str()))
    }
}

/// What a file wants.
pub struct Wanted<'w> {
    pub draft: &'w ConnectionDraft,
    /// The newest version of its integration, as it is once the plan is carried out.
    pub integration: Option<&'w Integration>,
    pub rewrite_secrets: bool,
}

pub fn step(
    wanted: &Wanted<'_>,
    there: Option<&ConnectionThere>,
    environment: Environment<'_>,
) -> Result<ConnectionStep, Vec<String>> {
    let whys = refusals(wanted, there);
    if !whys.is_empty() {
        return Err(whys);
    }
    let draft = wanted.draft;
    let mut secrets = BTreeMap::new();
    for (name, source) in &draft.secrets {
        if wanted.rewrite_secrets || there.is_none_or(|there| !there.secrets.contains_key(name)) {
            let value = environment(&source.env).filter(|value| !value.is_empty());
            secrets.insert(name.clone(), (source.env.clone(), value.map(SecretText::new)));
        }
    }
    let (fields, body) = match there {
        None => (Vec::new(), new_body(draft)),
        Some(there) => changed(draft, there),
    };
    let act = match there {
        None => Act::Create,
        Some(_) if fields.is_empty() && secrets.is_empty() => Act::Nothing,
        Some(_) => Act::Change,
    };
    Ok(ConnectionStep {
        id: draft.id.clone(),
        file: String::new(),
        act,
        revision: there.map(|there| there.revision),
        fields,
        secrets,
        notes: there.map_or(Vec::new(), |there| notes(wanted, there)),
        body,
    })
}

/// Why it cannot be as its file has it.
fn refusals(wanted: &Wanted<'_>, there: Option<&ConnectionThere>) -> Vec<String> {
    let Wanted { draft, integration, .. } = wanted;
    let mut whys = Vec::new();
    if let (Some(slug), None) = (&draft.integration_slug, integration) {
        whys.push(format!(
            "the integration `{slug}` is neither in the folder nor published on the server: put its file beside"
        ));
    }
    let mut names: Vec<&str> = draft.secrets.keys().map(String::as_str).collect();
    names.extend(there.iter().flat_map(|there| there.secrets.keys()).map(String::as_str));
    let problems = check_connection(draft, integration.map(|one| &one.draft), &names);
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    whys.extend(errors.map(|problem| format!("{}: {}. {}", problem.at, problem.message, problem.fix)));
    let Some(there) = there else { return whys };
    let again = format!("give it another `id`, or remove it first: `DELETE /v1/connections/{}`", draft.id);
    if draft.integration_slug != there.integration_slug {
        let of = |slug: &Option<String>| slug.as_ref().map_or("none".to_owned(), |slug| format!("`{slug}`"));
        let (is, was) = (of(&draft.integration_slug), of(&there.integration_slug));
        whys.push(format!(
            "integrationSlug is {is} here and {was} on the server, where it is fixed since the connection was made: {again}"
        ));
    }
    if !are_hosts_alike(draft, there) {
        let (is, was) = (draft.allowed_hosts.join(", "), there.allowed_hosts.join(", "));
        whys.push(format!(
            "allowedHosts is [{is}] here and [{was}] on the server, where it is fixed since the connection was made: {again}"
        ));
    }
    let gone = [
        ("auth", there.auth.is_some() && draft.auth.is_none()),
        ("tls", there.tls.is_some() && draft.tls.is_none()),
    ];
    for (field, _) in gone.iter().filter(|(_, gone)| *gone) {
        whys.push(format!(
            "{field} is there on the server and not here, and cannot be taken away: write it here, or {again}"
        ));
    }
    whys
}

/// Whether what is fixed once a connection is made is as a file has it. A file that lists no hosts takes those there are.
pub fn is_fixed_alike(draft: &ConnectionDraft, there: &ConnectionThere) -> bool {
    draft.integration_slug == there.integration_slug && are_hosts_alike(draft, there)
}

fn are_hosts_alike(draft: &ConnectionDraft, there: &ConnectionThere) -> bool {
    draft.allowed_hosts.is_empty() || sorted(&draft.allowed_hosts) == sorted(&there.allowed_hosts)
}

fn sorted(hosts: &[String]) -> Vec<String> {
    let mut hosts: Vec<String> = hosts.iter().map(|host| host.to_lowercase()).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn new_body(draft: &ConnectionDraft) -> Map<String, Value> {
    let Value::Object(mut body) = json_of(draft) else { return Map::new() };
    body.remove("kind");
    body.remove("secrets");
    body
}

/// The fields that differ, and the body that writes them.
pub fn changed(draft: &ConnectionDraft, there: &ConnectionThere) -> (Vec<&'static str>, Map<String, Value>) {
    let time = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    let name = draft.name.clone().unwrap_or_else(|| draft.id.clone());
    let all = [
        ("name", name == there.name, json!(name)),
        ("auth", draft.auth == there.auth, json_of(&draft.auth)),
        ("tls", draft.tls == there.tls, json_of(&draft.tls)),
        ("config", draft.config == there.config, json_of(&draft.config)),
        ("limits", draft.limits == there.limits, json_of(&draft.limits)),
        (
            "expiresAt",
            time(&draft.expires_at) == time(&there.expires_at),
            json!(draft.expires_at.clone().unwrap_or_default()),
        ),
        ("disabled", draft.disabled == there.disabled, json!(draft.disabled)),
    ];
    let differing = all.into_iter().filter(|(_, same, _)| !same);
    let (mut fields, mut body) = (Vec::new(), Map::new());
    for (field, _, value) in differing {
        fields.push(field);
        body.insert(field.to_owned(), value);
    }
    (fields, body)
}

fn notes(wanted: &Wanted<'_>, there: &ConnectionThere) -> Vec<String> {
    let Wanted { draft, integration, .. } = wanted;
    let mut notes = Vec::new();
    let more = there.secrets.keys().filter(|name| !draft.secrets.contains_key(*name));
    notes.extend(more.map(|name| format!("the server has a secret `{name}` too, which stays")));
    let hosts = integration.and_then(|integration| integration.hosts(&draft.config).ok()).unwrap_or_default();
    if draft.allowed_hosts.is_empty() {
        let exactly = |host: &String| there.allowed_hosts.iter().any(|allowed| allows(allowed, host));
        notes.extend(hosts.iter().filter(|host| !exactly(host)).map(|host| {
            format!(
                "its calls to `{host}` will be blocked: its secrets may go to {} alone, fixed since it was made",
                there.allowed_hosts.join(", ")
            )
        }));
    }
    notes
}

/// Whether an allowed host, as `api.example.com` or `*.example.com`, covers a host.
fn allows(allowed: &str, host: &str) -> bool {
    callout_outbound::HostPattern::parse(allowed).is_ok_and(|pattern| {
        callout_outbound::HostPattern::parse(host).is_ok_and(|host| match host {
            callout_outbound::HostPattern::Exactly(key) => pattern.matches(&key),
            _ => false,
        })
    })
}
