//! The audit log, for admins.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use callout_store::{AuditFilter, AuditRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::caller::{Admin, Caller};
use super::problem::ApiProblem;
use super::query::{PageOf, PageQuery, Query, cursor};
use super::{Shared, json};

/// Which entries to list; all that is given must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// By the actor with this id: `tok_…` or `mem_…`.
    actor: Option<String>,
    /// Of this action: `flow.publish`.
    action: Option<String>,
    /// On this object: its kind, or its kind and id, as `flow` or `flow/caller-lookup`.
    object: Option<String>,
    /// At this time or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// The most items on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// Who did what, and when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditView {
    /// From 1, without gaps.
    number: u64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(inline)]
    actor: ActorView,
    /// The address that the request came from; null at the terminal.
    from: Option<String>,
    /// As `flow.publish`.
    action: String,
    #[schema(inline)]
    object: ObjectView,
    /// How it stood before, as far as that tells something; never a secret.
    before: Value,
    /// How it stands after.
    after: Value,
    /// SHA-256 over the hash of the entry before and this one, in hex.
    hash: String,
}

/// A caller as at that time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorView {
    /// `token`, `member`, `server` for Callout itself, `terminal` for the operator's command line, `nobody` for a refused login.
    kind: &'static str,
    /// Empty at the terminal and for nobody.
    id: String,
    name: String,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditObject)]
pub struct ObjectView {
    kind: String,
    id: String,
}

impl From<AuditRow> for AuditView {
    fn from(row: AuditRow) -> Self {
        let note = row.note;
        Self {
            number: row.number,
            at: note.at,
            actor: ActorView { kind: note.actor.kind.word(), id: note.actor.id, name: note.actor.name },
            from: note.from.map(|from| from.to_string()),
            action: note.action,
            object: ObjectView { kind: note.object.kind, id: note.object.id },
            before: note.before.unwrap_or_default(),
            after: note.after.unwrap_or_default(),
            hash: hex(&row.hash),
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Kind and id of an object in a query, as `flow` or `flow/caller-lookup`.
pub fn object_of(text: Option<String>) -> (Option<String>, Option<String>) {
    match text.as_deref().map(|text| text.split_once('/')) {
        None => (None, None),
        Some(None) => (text, None),
        Some(Some((kind, id))) => (Some(kind.to_owned()), Some(id.to_owned())),
    }
}

/// List the audit log.
///
/// The latest first. `callout audit verify` holds the whole log against its hashes.
#[utoipa::path(get, path = "/v1/audit", operation_id = "listAudit", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page of entries.", body = PageOf<AuditView>)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn list(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Query(query): Query<AuditQuery>,
) -> Result<Response, ApiProblem> {
    let page = PageQuery::new(query.limit, query.cursor);
    let (object_kind, object_id) = object_of(query.object);
    let filter = AuditFilter {
        actor: query.actor,
        action: query.action,
        object_kind,
        object_id,
        from: query.from,
        to: query.to,
    };
    let rows = api.store.audit(caller.org(), &filter, page.cursor()?, page.limit()?).await?;
    let next = rows.items.last().filter(|_| rows.more).map(|row| cursor(row.number));
    Ok(json(&PageOf { items: rows.items.into_iter().map(AuditView::from).collect(), next }))
}
