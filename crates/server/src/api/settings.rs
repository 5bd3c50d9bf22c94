//! What an org sets for itself.

use axum::extract::State;
use axum::response::Response;
use callout_flow::duration::parse_duration;
use callout_store::OrgSettings;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Admin, Caller};
use super::problem::ApiProblem;
use super::{Shared, json};

/// An org's settings.
#[derive(Debug, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Settings, example = json!({ "retention": { "runs": "30d", "bodies": "7d", "audit": "366d" } }))]
pub struct SettingsBody {
    #[schema(inline)]
    retention: RetentionBody,
}

/// How long what is kept, as `30d` or `12h`.
#[derive(Debug, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Retention)]
pub struct RetentionBody {
    /// Runs, from their end on; `store.retention` of the configuration where it is null.
    #[serde(default)]
    #[schema(pattern = "^([1-9][0-9]{0,3}d|[1-9][0-9]{0,4}h)$", required = false)]
    runs: Option<String>,
    /// The bodies of requests and answers in the records of runs; as long as the runs where it is null.
    #[serde(default)]
    #[schema(pattern = "^([1-9][0-9]{0,3}d|[1-9][0-9]{0,4}h)$", required = false)]
    bodies: Option<String>,
    /// The audit log; for ever where it is null.
    #[serde(default)]
    #[schema(pattern = "^([1-9][0-9]{0,3}d|[1-9][0-9]{0,4}h)$", required = false)]
    audit: Option<String>,
}

shaped!(SettingsBody);

impl From<&OrgSettings> for SettingsBody {
    fn from(settings: &OrgSettings) -> Self {
        let runs = settings.runs.map(written);
        Self {
            retention: RetentionBody {
                runs,
                bodies: settings.bodies.map(written),
                audit: settings.audit.map(written),
            },
        }
    }
}

/// Read the org's settings.
#[utoipa::path(get, path = "/v1/settings", operation_id = "readSettings", tag = "orgs",
    responses((status = 200, description = "The settings.", body = SettingsBody)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn show(caller: Caller<Admin>, State(api): State<Shared>) -> Result<Response, ApiProblem> {
    Ok(json(&SettingsBody::from(&api.store.settings(caller.org()).await?)))
}

/// Write the org's settings.
///
/// All of them: what is null is as the server's configuration says. What is past its time then goes within a minute.
#[utoipa::path(put, path = "/v1/settings", operation_id = "writeSettings", tag = "orgs", request_body = SettingsBody,
    responses((status = 200, description = "The settings.", body = SettingsBody)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn write(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Json(body): Json<SettingsBody>,
) -> Result<Response, ApiProblem> {
    let before = api.store.settings(caller.org()).await?;
    let RetentionBody { runs, bodies, audit } = body.retention;
    let settings = OrgSettings {
        runs: length("retention.runs", runs)?,
        bodies: length("retention.bodies", bodies)?,
        audit: length("retention.audit", audit)?,
        ..before.clone()
    };
    let told = |settings| serde_json::to_value(SettingsBody::from(settings)).unwrap_or_default();
    let note = caller.note(&api, "settings.write", "settings", "");
    let note = note.was(told(&before)).becomes(told(&settings));
    api.store.noting(note).set_settings(caller.org(), &settings).await?;
    Ok(json(&SettingsBody::from(&settings)))
}

/// The shortest that anything is kept: a slip of the unit must not empty a history.
const KEPT_MIN: SignedDuration = SignedDuration::from_hours(1);
/// The longest that can be said.
const KEPT_MAX: SignedDuration = SignedDuration::from_hours(9999 * 24);

fn length(at: &str, text: Option<String>) -> Result<Option<SignedDuration>, ApiProblem> {
    let Some(text) = text else { return Ok(None) };
    let fix = "Write it in days or hours, as `30d` or `12h`.";
    let whole = |unit| text.strip_suffix(unit).is_some_and(|digits| (1..=5).contains(&digits.len()));
    let length = parse_duration(&text).map_err(|why| field_invalid(at, why, fix))?;
    if !(whole('d') || whole('h')) || !(KEPT_MIN..=KEPT_MAX).contains(&length) {
        return Err(field_invalid(at, format!("`{text}` is not between `1h` and `9999d`"), fix));
    }
    Ok(Some(length))
}

fn written(length: SignedDuration) -> String {
    let hours = length.as_hours();
    if hours % 24 == 0 { format!("{}d", hours / 24) } else { format!("{hours}h") }
}
