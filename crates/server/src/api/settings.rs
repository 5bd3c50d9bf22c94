//! What an org sets for itself.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use callout_engine::route_of;
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
    /// As the configuration says where it is null.
    #[serde(default)]
    #[schema(required = false)]
    egress: Option<EgressBody>,
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
    /// The audit log, at least `30d`; for ever where it is null.
    #[serde(default)]
    #[schema(pattern = "^([3-9][0-9]|[1-9][0-9]{2,3})d$", required = false)]
    audit: Option<String>,
}

/// The way out of the org's calls, so that receivers can allow-list it; test calls and token fetches leave the same way.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EgressSettings)]
pub struct EgressBody {
    /// A local address of this machine that calls leave from; as the configuration says where it is null.
    #[serde(default)]
    #[schema(required = false, example = "192.0.2.7")]
    source_address: Option<String>,
    /// A proxy that opens tunnels, as `http://proxy.example:3128`, without a password; as the configuration says where it is null.
    #[serde(default)]
    #[schema(required = false, max_length = 500)]
    proxy: Option<String>,
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
            egress: Some(EgressBody {
                source_address: settings.source_address.map(|own| own.to_string()),
                proxy: settings.proxy.clone(),
            }),
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
    let egress = body.egress.unwrap_or_default();
    let settings = OrgSettings {
        runs: length("retention.runs", runs, KEPT_MIN)?,
        bodies: length("retention.bodies", bodies, KEPT_MIN)?,
        audit: length("retention.audit", audit, AUDIT_KEPT_MIN)?,
        source_address: egress.source_address.as_deref().map(address).transpose()?,
        proxy: egress.proxy,
    };
    way_out(&api, &settings)?;
    let told = |settings| serde_json::to_value(SettingsBody::from(settings)).unwrap_or_default();
    let note = caller.note(&api, "settings.write", "settings", "");
    let note = note.was(told(&before)).becomes(told(&settings));
    api.store.noting(note).set_settings(caller.org(), &settings).await?;
    api.engine.forget_route(caller.org());
    Ok(json(&SettingsBody::from(&settings)))
}

fn address(text: &str) -> Result<IpAddr, ApiProblem> {
    text.parse().map_err(|_| {
        let detail = format!("`{}` is no IP address", text.chars().take(80).collect::<String>());
        field_invalid("egress.sourceAddress", detail, "Write it as `192.0.2.7` or `2001:db8::7`.")
    })
}

/// Refuses a way out that no call could take.
fn way_out(api: &Shared, settings: &OrgSettings) -> Result<(), ApiProblem> {
    let fix = "Write it as `http://proxy.example:3128`.";
    if settings.proxy.as_deref().is_some_and(|text| text.contains('@')) {
        return Err(field_invalid("egress.proxy", "an org's proxy takes no user name and no password", fix));
    }
    let route = route_of(settings).map_err(|why| field_invalid("egress.proxy", why, fix))?;
    if let Some(proxy) = route.as_ref().and_then(|route| route.proxy.as_ref()) {
        let judged = api.engine.outbound().policy().judge_proxy(proxy);
        judged.map_err(|refusal| {
            field_invalid("egress.proxy", refusal.message, "Name a host that calls may reach.")
        })?;
    }
    if let Some(address) = settings.source_address {
        // Nothing listens at it: that it can be had is all that is asked.
        std::net::UdpSocket::bind((address, 0)).map_err(|_| {
            let detail = format!("{address} is no address of this machine");
            field_invalid("egress.sourceAddress", detail, "Name one of its own, or ask the operator.")
        })?;
    }
    Ok(())
}

/// The shortest that anything is kept: a slip of the unit must not empty a history.
const KEPT_MIN: SignedDuration = SignedDuration::from_hours(1);
/// The shortest that the audit log is kept: nobody does something and has the trace of it gone the same day.
const AUDIT_KEPT_MIN: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest that can be said.
const KEPT_MAX: SignedDuration = SignedDuration::from_hours(9999 * 24);

fn length(
    at: &str,
    text: Option<String>,
    least: SignedDuration,
) -> Result<Option<SignedDuration>, ApiProblem> {
    let Some(text) = text else { return Ok(None) };
    let fix = "Write it in days or hours, as `30d` or `12h`.";
    let whole = |unit| text.strip_suffix(unit).is_some_and(|digits| (1..=5).contains(&digits.len()));
    let length = parse_duration(&text).map_err(|why| field_invalid(at, why, fix))?;
    if !(whole('d') || whole('h')) || !(least..=KEPT_MAX).contains(&length) {
        return Err(field_invalid(
            at,
            format!("`{text}` is not between `{}` and `9999d`", written(least)),
            fix,
        ));
    }
    Ok(Some(length))
}

fn written(length: SignedDuration) -> String {
    let hours = length.as_hours();
    if hours % 24 == 0 { format!("{}d", hours / 24) } else { format!("{hours}h") }
}
