//! Members: the people of an org, for its admins.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callout_store::{Member, MemberChange, NewMember, NewPassword, Role, StoreError};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Admin, Caller, role_word};
use super::path::Path;
use super::problem::{ApiProblem, Code, ProblemBody};
use super::query::{PageOf, PageQuery, Query, cursor};
use super::sessions::hashed;
use super::tokens::{RoleWord, check_name};
use super::{Api, Shared, json, json_with};
use crate::{password, token};

/// How long a one-time password may be used.
const ONE_TIME_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most characters of an e-mail address, as mail servers take it.
const EMAIL_CHARS_MAX: usize = 254;

/// A member to be added.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewMember, example = json!({ "email": "ann@example.com", "name": "Ann", "role": "editor" }))]
pub struct NewMemberBody {
    /// What the member logs in with; unique in the org. Upper and lower case are the same.
    #[schema(max_length = 254, pattern = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$")]
    pub email: String,
    /// For people; the part of the address before the `@` where it is not given.
    #[serde(default)]
    #[schema(pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,98}[^\s\x00-\x1f\x7f-\x9f])?$")]
    pub name: Option<String>,
    pub role: RoleWord,
}

/// What of a member shall change; what is not given stays.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MemberChange, example = json!({ "role": "viewer" }))]
pub struct MemberChangeBody {
    #[serde(default)]
    #[schema(pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,98}[^\s\x00-\x1f\x7f-\x9f])?$")]
    name: Option<String>,
    /// Ends the member's sessions.
    #[serde(default)]
    #[schema(inline)]
    role: Option<RoleWord>,
    /// Whether the member may not log in. Ends the member's sessions.
    #[serde(default)]
    disabled: Option<bool>,
    /// Yes: make a one-time password in place of the member's. Ends the member's sessions.
    #[serde(default)]
    reset_password: Option<bool>,
}

shaped!(NewMemberBody);
shaped!(MemberChangeBody);

/// A person of the org.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub struct MemberView {
    id: String,
    email: String,
    name: String,
    #[schema(value_type = RoleWord)]
    role: &'static str,
    disabled: bool,
    /// Whether a password of the member's own is still to be set.
    password_due: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null where the member never logged in.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login_at: Option<Timestamp>,
}

/// A member, and the password to begin with where one was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeMember)]
pub struct MadeMember {
    #[serde(flatten)]
    view: MemberView,
    /// It only serves to set a password of the member's own, within seven days. It is shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    one_time_password: Option<String>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            email: member.email,
            name: member.name,
            role: role_word(member.role),
            disabled: member.disabled,
            password_due: member.password_due,
            created_at: member.created_at,
            last_login_at: member.login_at,
        }
    }
}

impl MadeMember {
    pub fn new(member: Member, one_time_password: Option<String>) -> Self {
        Self { view: member.into(), one_time_password }
    }
}

/// List the members.
///
/// In the order in which they were added.
#[utoipa::path(get, path = "/v1/members", operation_id = "listMembers", tag = "members", params(PageQuery),
    responses((status = 200, description = "A page of members.", body = PageOf<MemberView>)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn list(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    let (limit, from) = (page.limit()?, page.cursor::<usize>()?.unwrap_or(0));
    let all = api.store.members(caller.org()).await?;
    let next = from.saturating_add(limit);
    let next = (next < all.len()).then(|| cursor(next));
    let items = all.into_iter().skip(from).take(limit).map(MemberView::from).collect();
    Ok(json(&PageOf { items, next }))
}

/// Look at a member.
#[utoipa::path(get, path = "/v1/members/{id}", operation_id = "readMember", tag = "members",
    params(("id" = String, Path, description = "The member's id, `mem_…`.")),
    responses((status = 200, description = "The member.", body = MemberView)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn show(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    Ok(json(&MemberView::from(api.store.member(caller.org(), &id).await?.ok_or_else(no_member)?)))
}

/// Add a member.
///
/// The answer has a one-time password: the member logs in with it and sets one of their own. Only its hash is kept.
#[utoipa::path(post, path = "/v1/members", operation_id = "addMember", tag = "members", request_body = NewMemberBody,
    responses(
        (status = 201, description = "The member.", body = MadeMember),
        (status = 409, description = "Another member has this e-mail address: `member-taken`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn create(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Json(body): Json<NewMemberBody>,
) -> Result<Response, ApiProblem> {
    let (text, new) = Wanted::of(body)?.made(&api).await?;
    let note = caller.note(&api, "member.create", "member", &new.id).becomes(told(&new));
    let made = api.store.noting(note).add_member(caller.org(), &new).await.map_err(|error| match error {
        StoreError::Conflict(why) => ApiProblem::new(Code::MEMBER_TAKEN, why)
            .at("email")
            .fix("Change that member, or take another address."),
        other => other.into(),
    })?;
    Ok(json_with(StatusCode::CREATED, &MadeMember::new(made, Some(text))))
}

/// Change a member.
///
/// At once: a change of role, of being disabled and of the password ends all sessions of the member. No member does these to
/// themselves, and the last admin among the members stays one.
#[utoipa::path(patch, path = "/v1/members/{id}", operation_id = "changeMember", tag = "members",
    request_body = MemberChangeBody,
    params(("id" = String, Path, description = "The member's id, `mem_…`.")),
    responses(
        (status = 200, description = "The member as it is now.", body = MadeMember),
        (status = 409, description = "It is the caller: `member-own`; or the last admin: `member-last-admin`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn change(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<MemberChangeBody>,
) -> Result<Response, ApiProblem> {
    let reset = body.reset_password == Some(true);
    let only_name = body.role.is_none() && body.disabled.is_none() && !reset;
    if !only_name {
        not_oneself(&caller, &id)?;
    }
    if let Some(name) = &body.name {
        named(name)?;
    }
    let before = api.store.member(caller.org(), &id).await?.ok_or_else(no_member)?;
    let (text, password) = match reset {
        true => Some(one_time(&api, &before.email).await?).unzip(),
        false => (None, None),
    };
    let after = value!({ "name": body.name, "role": body.role, "disabled": body.disabled, "passwordReset": reset.then_some(true) });
    let change =
        MemberChange { name: body.name, role: body.role.map(Role::from), disabled: body.disabled, password };
    let note = caller.note(&api, "member.change", "member", &id).was(seen(&before)).becomes(given(after));
    let changed = api.store.noting(note).change_member(caller.org(), &id, &change).await;
    let changed = changed.map_err(refused)?;
    api.callers.shown.forget();
    Ok(json(&MadeMember::new(changed, text)))
}

/// Remove a member.
///
/// All sessions of the member end; tokens that the member made stay. No member removes themself, and the last admin stays.
#[utoipa::path(delete, path = "/v1/members/{id}", operation_id = "removeMember", tag = "members",
    params(("id" = String, Path, description = "The member's id, `mem_…`.")),
    responses(
        (status = 204, description = "The member is removed."),
        (status = 409, description = "It is the caller: `member-own`; or the last admin: `member-last-admin`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn remove(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    not_oneself(&caller, &id)?;
    let before = api.store.member(caller.org(), &id).await?.ok_or_else(no_member)?;
    let note = caller.note(&api, "member.remove", "member", &id).was(seen(&before));
    api.store.noting(note).remove_member(caller.org(), &id).await.map_err(refused)?;
    api.callers.shown.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// What a new member is asked to be.
#[derive(Debug)]
pub struct Wanted {
    pub email: String,
    pub name: String,
    pub role: Role,
}

impl Wanted {
    pub fn of(body: NewMemberBody) -> Result<Self, ApiProblem> {
        let fix = "Give it as `ann@example.com`.";
        let email = email(&body.email).map_err(|why| field_invalid("email", why, fix))?;
        let name = body.name.unwrap_or_else(|| name_of(&email));
        named(&name)?;
        Ok(Self { email, name, role: body.role.into() })
    }

    /// The member, with the one-time password to begin with.
    pub async fn made(self, api: &Api) -> Result<(String, NewMember), ApiProblem> {
        let Self { email, name, role } = self;
        let (text, password) = one_time(api, &email).await?;
        let id = token::new_id("mem_").map_err(|error| internal(&error))?;
        Ok((text, NewMember { id, email, name, role, password, created_at: api.now() }))
    }
}

/// A member's name where none is given.
pub fn name_of(email: &str) -> String {
    email.split('@').next().unwrap_or_default().chars().take(super::tokens::NAME_CHARS_MAX).collect()
}

/// A new member in the audit log.
pub fn told(new: &NewMember) -> Value {
    value!({ "id": new.id, "email": new.email, "name": new.name, "role": role_word(new.role) })
}

/// A one-time password, and what is kept of it.
async fn one_time(api: &Api, email: &str) -> Result<(String, NewPassword), ApiProblem> {
    let text = password::one_time().map_err(|error| internal(&error))?;
    let hash = hashed(api, email, text.clone()).await?;
    Ok((text, to_be_replaced(hash, api.now())))
}

/// A password that only serves to set another.
pub fn to_be_replaced(hash: String, now: Timestamp) -> NewPassword {
    NewPassword { hash, until: Some(now.saturating_add(ONE_TIME_FOR).unwrap_or(Timestamp::MAX)) }
}

pub fn internal(error: &anyhow::Error) -> ApiProblem {
    tracing::error!(%error, "no random bytes or no hash");
    ApiProblem::new(Code::INTERNAL, "nothing was changed; the server's log says why")
}

/// An e-mail address in lower case, or why it cannot be one.
pub fn email(text: &str) -> Result<String, String> {
    let local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let domain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    let fits = text.len() <= EMAIL_CHARS_MAX
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && name.chars().all(local) && host.chars().all(domain)
        });
    if fits { Ok(text.to_ascii_lowercase()) } else { Err("this is no e-mail address".to_owned()) }
}

fn named(name: &str) -> Result<(), ApiProblem> {
    check_name(name).map_err(|why| field_invalid("name", why, "Give a short name for people."))
}

fn not_oneself(caller: &Caller<Admin>, id: &str) -> Result<(), ApiProblem> {
    if caller.member().is_none_or(|member| member.id != id) {
        return Ok(());
    }
    Err(ApiProblem::new(Code::MEMBER_OWN, "this is the member that you are")
        .fix("Let another admin do it; your own password changes with `POST /v1/session/password`."))
}

fn no_member() -> ApiProblem {
    ApiProblem::not_found("member with this id").fix("`GET /v1/members` lists the members there are.")
}

fn refused(error: StoreError) -> ApiProblem {
    match error {
        StoreError::NotFound => no_member(),
        StoreError::Conflict(why) => {
            ApiProblem::new(Code::MEMBER_LAST_ADMIN, format!("{why}, and an org keeps one"))
                .fix("Make another member an admin first.")
        }
        other => other.into(),
    }
}

/// A member in the audit log.
fn seen(member: &Member) -> Value {
    value!({ "email": member.email, "name": member.name, "role": role_word(member.role), "disabled": member.disabled })
}

/// What was given of a change.
fn given(mut change: Value) -> Value {
    if let Some(map) = change.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    change
}
