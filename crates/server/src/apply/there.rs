//! What a server has of what a folder names.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use callout_flow::draft::FlowDraft;
use callout_flow::integration::ConnectionDraft;
use callout_flow::integration::draft::{
    ConnectionKind, ConnectionLimitsDraft, IntegrationAuthDraft, SecretSourceDraft, TlsDraft,
};
use callout_store::Document;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::folder::Folder;
use crate::remote::{Failed, Remote};

/// A flow or an integration in its list.
#[derive(Clone, Debug, Deserialize)]
pub struct Listed {
    pub slug: String,
    pub version: Option<u32>,
    /// Whether the draft was written since it was published.
    pub changed: bool,
    revision: u64,
}

/// A flow or an integration, with its texts.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The draft's.
    pub revision: u64,
    pub version: Option<u32>,
    pub draft: Document,
    pub published: Option<Document>,
}

/// A connection, as the API shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionThere {
    pub id: String,
    pub name: String,
    pub integration_slug: Option<String>,
    pub auth: Option<IntegrationAuthDraft>,
    pub tls: Option<TlsDraft>,
    pub config: Map<String, Value>,
    pub secrets: BTreeMap<String, Value>,
    pub allowed_hosts: Vec<String>,
    pub limits: ConnectionLimitsDraft,
    pub expires_at: Option<String>,
    pub disabled: bool,
    pub revision: u64,
}

impl ConnectionThere {
    /// As a file has it, with these places for its secrets.
    pub fn draft(&self, secrets: impl IntoIterator<Item = (String, SecretSourceDraft)>) -> ConnectionDraft {
        ConnectionDraft {
            kind: ConnectionKind::Connection,
            id: self.id.clone(),
            name: Some(self.name.clone()).filter(|name| *name != self.id),
            integration_slug: self.integration_slug.clone(),
            auth: self.auth.clone(),
            tls: self.tls.clone(),
            config: self.config.clone(),
            secrets: secrets.into_iter().collect(),
            allowed_hosts: self.allowed_hosts.clone(),
            limits: self.limits.clone(),
            expires_at: self.expires_at.clone(),
            disabled: self.disabled,
        }
    }
}

/// The two kinds of documents that are drafted and published, as paths name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integration,
    Flow,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Integration => "integration",
            Self::Flow => "flow",
        }
    }

    /// The path of one of them.
    pub fn path(self, slug: &str) -> String {
        format!("/v1/{}s/{slug}", self.word())
    }

    pub fn list(self, remote: &Remote) -> Result<Vec<Listed>> {
        remote.items(&format!("/v1/{}s", self.word()))
    }

    /// The texts of one that is listed; `None` where it has gone meanwhile.
    pub fn fetch(self, remote: &Remote, listed: &Listed) -> Result<Option<Kept>> {
        let path = self.path(&listed.slug);
        let Some(draft) = remote.find(&format!("{path}/draft"))? else { return Ok(None) };
        let revision =
            draft.revision.ok_or_else(|| Failed::new("the server gave a draft without its revision"))?;
        let draft = draft.document()?;
        let published = match listed.version {
            None => None,
            Some(_) if !listed.changed && revision == listed.revision => Some(draft.clone()),
            Some(version) => Some(remote.get(&format!("{path}/versions/{version}"))?.document()?),
        };
        Ok(Some(Kept { revision, version: listed.version, draft, published }))
    }
}

/// What a server has.
#[derive(Debug, Default)]
pub struct There {
    /// By slug, those that the folder has too.
    pub integrations: BTreeMap<String, Kept>,
    pub flows: BTreeMap<String, Kept>,
    /// By id, all of them.
    pub connections: BTreeMap<String, ConnectionThere>,
    /// All slugs, each with its last version.
    pub integration_versions: BTreeMap<String, Option<u32>>,
    pub flow_slugs: BTreeSet<String>,
    /// Versions of integrations that flows of the folder pin, and the last ones of those that its connections are for.
    pub pinned: BTreeMap<(String, u32), Document>,
}

impl There {
    pub fn ask(remote: &Remote, folder: &Folder) -> Result<Self> {
        let mut there = Self::default();
        for listed in Kind::Integration.list(remote)? {
            if folder.integration(&listed.slug).is_some()
                && let Some(kept) = Kind::Integration.fetch(remote, &listed)?
            {
                there.integrations.insert(listed.slug.clone(), kept);
            }
            there.integration_versions.insert(listed.slug, listed.version);
        }
        for listed in Kind::Flow.list(remote)? {
            if folder.flows.iter().any(|file| file.slug() == Some(&listed.slug))
                && let Some(kept) = Kind::Flow.fetch(remote, &listed)?
            {
                there.flows.insert(listed.slug.clone(), kept);
            }
            there.flow_slugs.insert(listed.slug);
        }
        let connections: Vec<ConnectionThere> = remote.items("/v1/connections")?;
        there.connections = connections.into_iter().map(|one| (one.id.clone(), one)).collect();
        there.fetch_pinned(remote, folder)?;
        Ok(there)
    }

    fn fetch_pinned(&mut self, remote: &Remote, folder: &Folder) -> Result<()> {
        let drafts = folder.flows.iter().filter_map(|file| file.read.draft.as_ref());
        let mut wanted: BTreeSet<(&str, u32)> = drafts.flat_map(FlowDraft::pins).collect();
        let connections = folder.connections.iter().filter_map(|file| file.read.draft.as_ref());
        for slug in connections.filter_map(|draft| draft.integration_slug.as_deref()) {
            wanted.extend(self.last_version(slug).map(|version| (slug, version)));
        }
        for (slug, version) in wanted {
            if self.last_version(slug).is_some_and(|last| (1..=last).contains(&version)) {
                let path = format!("{}/versions/{version}", Kind::Integration.path(slug));
                let document = remote.get(&path)?.document()?;
                self.pinned.insert((slug.to_owned(), version), document);
            }
        }
        Ok(())
    }

    pub fn last_version(&self, slug: &str) -> Option<u32> {
        self.integration_versions.get(slug).copied().flatten()
    }
}
