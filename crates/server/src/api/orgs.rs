//! Orgs: made by the admins of the org `default`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callout_flow::id::OrgId;
use callout_store::StoreError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Admin, Caller};
use super::flows::is_slug;
use super::members::{MadeMember, NewMemberBody, Wanted, told};
use super::problem::{ApiProblem, Code, ProblemBody};
use super::query::{PageOf, PageQuery, Query, cursor};
use super::{Shared, json, json_with};

/// An org to be made.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrg, example = json!({ "name": "acme", "member": { "email": "ann@acme.example", "role": "admin" } }))]
pub struct NewOrgBody {
    /// It never changes: lower-case letters, digits and dashes.
    #[schema(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
    name: String,
    /// Its first member, who adds the others.
    #[serde(default)]
    #[schema(inline)]
    member: Option<NewMemberBody>,
}

shaped!(NewOrgBody);

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Org)]
pub struct OrgView {
    name: String,
}

/// An org that was made just now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeOrg)]
pub struct MadeOrg {
    name: String,
    /// Its first member, with the one-time password; null where none was asked for.
    #[schema(inline)]
    member: Option<MadeMember>,
}

/// List the orgs.
///
/// In the order in which they were made. Only for admins of the org `default`.
#[utoipa::path(get, path = "/v1/orgs", operation_id = "listOrgs", tag = "orgs", params(PageQuery),
    responses((status = 200, description = "A page of orgs.", body = PageOf<OrgView>)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn list(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    of_default(&caller)?;
    let (limit, from) = (page.limit()?, page.cursor::<usize>()?.unwrap_or(0));
    let all = api.store.orgs().await?;
    let next = from.saturating_add(limit);
    let next = (next < all.len()).then(|| cursor(next));
    let view = |org: OrgId| OrgView { name: org.as_str().to_owned() };
    let items = all.into_iter().skip(from).take(limit).map(view).collect();
    Ok(json(&PageOf { items, next }))
}

/// Make an org.
///
/// Only for admins of the org `default`. They see nothing of what is in it: its first member makes its tokens and members.
#[utoipa::path(post, path = "/v1/orgs", operation_id = "createOrg", tag = "orgs", request_body = NewOrgBody,
    responses(
        (status = 201, description = "The org.", body = MadeOrg),
        (status = 409, description = "There is an org of this name: `org-taken`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn create(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Json(body): Json<NewOrgBody>,
) -> Result<Response, ApiProblem> {
    of_default(&caller)?;
    check_name(&body.name).map_err(|why| field_invalid("name", why, "Give it a name as `acme`."))?;
    let (text, first) = match body.member {
        None => (None, None),
        Some(member) => {
            let (text, new) = Wanted::of(member)?.made(&api).await?;
            (Some(text), Some(new))
        }
    };
    let org = OrgId::new(body.name.clone());
    let after = value!({ "name": body.name, "member": first.as_ref().map(told) });
    let note = caller.note(&api, "org.create", "org", &body.name).becomes(after);
    api.store.noting(note).create_org(&org, first.as_ref(), api.now()).await.map_err(
        |error| match error {
            StoreError::Conflict(why) => {
                ApiProblem::new(Code::ORG_TAKEN, why).at("name").fix("Take another name.")
            }
            other => other.into(),
        },
    )?;
    let member = first.map(|first| MadeMember::new(first.made(), text));
    Ok(json_with(StatusCode::CREATED, &MadeOrg { name: body.name, member }))
}

/// Why a text cannot name an org.
pub fn check_name(name: &str) -> Result<(), String> {
    if is_slug(name) {
        return Ok(());
    }
    Err("an org's name has 1 to 64 lower-case letters, digits and dashes, with a letter or digit at either end".to_owned())
}

fn of_default(caller: &Caller<Admin>) -> Result<(), ApiProblem> {
    if *caller.org() == OrgId::default_org() {
        return Ok(());
    }
    Err(ApiProblem::new(
        Code::DEFAULT_ORG_ONLY,
        "only admins of the org `default` look at orgs and make them",
    )
    .fix("Ask whoever runs this server."))
}
