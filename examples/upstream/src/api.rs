//! What the example API answers.

use std::time::Duration;

use hyper::http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};
use url::form_urlencoded;

/// One answer; status 0 closes the connection without any.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: String,
    pub delay: Option<Duration>,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: body.to_string(),
            delay: None,
        }
    }

    fn xml(status: u16, body: String) -> Self {
        Self { content_type: "application/xml", body, ..Self::json(status, &Value::Null) }
    }

    fn after(self, delay: Duration) -> Self {
        Self { delay: Some(delay), ..self }
    }
}

/// How long a stalled answer takes: longer than any example waits.
const STALL: Duration = Duration::from_secs(30);

pub fn answer(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Reply {
    let path: Vec<String> = uri.path().split('/').skip(1).map(percent_decode).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let query: Vec<(String, String)> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    match (method.as_str(), path.as_slice()) {
        ("GET", [""]) => Reply::json(200, &json!({ "service": "example upstream" })),
        ("GET", ["crm", "contacts"]) => contacts(&query),
        ("GET", ["board", "status", code]) => board(code, &query),
        ("POST", ["ingest"]) => ingest(headers, body),
        ("GET", ["shop", "customers", email, "orders", number]) => order(email, number),
        ("POST", ["shop", "refund-quotes"]) => quote(body),
        ("GET", ["desk", "api", "v2", "views", rest @ ..]) => desk(headers, rest),
        ("POST", ["promotions"]) => promotion(headers, body),
        _ => Reply::json(404, &json!({ "error": "no such thing here", "path": uri.path() })),
    }
}

fn percent_decode(segment: &str) -> String {
    // A path is not a form: its plus stays a plus.
    let as_form = segment.replace('+', "%2B");
    form_urlencoded::parse(format!("s={as_form}").as_bytes())
        .next()
        .map(|(_, v)| v.into_owned())
        .unwrap_or_default()
}

/// The CRM: one caller is known, one look-up is slow, all others are unknown.
fn contacts(query: &[(String, String)]) -> Reply {
    let phone = query.iter().find(|(name, _)| name == "phone").map_or("", |(_, value)| value.as_str());
    let ada = json!({ "contacts": [{ "id": "c-1815", "name": "Ada Lovelace", "plan": "gold", "open_tickets": 2 }] });
    match phone {
        "+442079460018" => Reply::json(200, &ada),
        "+442079460099" => Reply::json(200, &ada).after(STALL),
        _ => Reply::json(404, &json!({ "error": "no contact has this number" })),
    }
}

/// The status board: answers with whatever status is asked for, in XML.
fn board(code: &str, query: &[(String, String)]) -> Reply {
    let regions: String = query
        .iter()
        .filter(|(name, _)| name == "region")
        .map(|(_, value)| format!("<region id=\"{}\">up</region>", value.replace(['<', '>', '&', '"'], "")))
        .collect();
    let board = |text: &str| format!("<?xml version=\"1.0\"?><board state=\"{text}\">{regions}</board>");
    match code {
        "slow" => Reply::xml(200, board("slow")).after(STALL),
        "drop" => Reply::json(0, &Value::Null),
        code => match code.parse::<u16>() {
            Ok(status @ (200..=299 | 400..=599)) => {
                let reply = Reply::xml(status, board(if status < 300 { "open" } else { "closed" }));
                let headers = if status == 503 { vec![("retry-after", "0")] } else { Vec::new() };
                Reply { headers, ..reply }
            }
            _ => Reply::json(404, &json!({ "error": "ask for a status from 200 to 599, slow or drop" })),
        },
    }
}

/// Takes a `contact` payload and tells what it saw.
fn ingest(headers: &HeaderMap, body: &[u8]) -> Reply {
    if headers.get("x-api-key").is_none_or(|key| key.as_bytes() != b"example-key-not-secret") {
        return Reply::json(401, &json!({ "error": "x-api-key is missing or wrong" }));
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(payload) => {
            let user = payload.get("user");
            Reply::json(
                200,
                &json!({
                    "accepted": true, "run": payload["run"], "campaign": payload["extra"]["campaign"],
                    "user": user.map(|user| user["user_id"].clone()),
                }),
            )
        }
        Err(error) => Reply::json(400, &json!({ "error": format!("not JSON: {error}") })),
    }
}

fn order(email: &str, number: &str) -> Reply {
    match (email, number) {
        ("ada+orders@example.com", "A-1001/7") => Reply::json(
            200,
            &json!({
                "order": number, "status": "shipped", "carrier": "Royal Mail", "total": 129.90, "currency": "GBP",
                "items": [{ "sku": "PUNCH-80", "count": 3 }, { "sku": "CARD-8", "count": 200 }],
            }),
        ),
        ("ada+orders@example.com", _) => {
            Reply::json(404, &json!({ "error": "this customer has no such order" }))
        }
        _ => Reply::json(404, &json!({ "error": "no such customer" })),
    }
}

fn quote(body: &[u8]) -> Reply {
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return Reply::json(400, &json!({ "error": "not JSON" }));
    };
    let (Some(total), Some(skus)) = (asked["total"].as_f64(), asked["skus"].as_array()) else {
        return Reply::json(400, &json!({ "error": "total must be a number and skus a list", "got": asked }));
    };
    let refundable = (total * 100.0).round() / 100.0;
    Reply::json(200, &json!({ "quote": "Q-77", "refundable": refundable, "lines": skus.len() }))
}

/// Accepts a promotion once for each idempotency key, and refuses one customer.
fn promotion(headers: &HeaderMap, body: &[u8]) -> Reply {
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return Reply::json(400, &json!({ "error": "not JSON" }));
    };
    if headers.get("idempotency-key").is_none() {
        return Reply::json(400, &json!({ "error": "Idempotency-Key is missing" }));
    }
    if asked["customer"] == "opted-out" {
        return Reply::json(409, &json!({ "error": "this customer takes no promotions" }));
    }
    Reply::json(202, &json!({ "promotion": asked["code"], "state": "queued" }))
}

/// What an agent of the help desk shows, with each of two tokens: `Basic` and `agent@company.example/token:…`.
const AGENTS: [&str; 2] = [
    // example-token-not-secret
    "Basic YWdlbnRAY29tcGFueS5leGFtcGxlL3Rva2VuOmV4YW1wbGUtdG9rZW4tbm90LXNlY3JldA==",
    // the-next-token-not-secret
    "Basic YWdlbnRAY29tcGFueS5leGFtcGxlL3Rva2VuOnRoZS1uZXh0LXRva2VuLW5vdC1zZWNyZXQ=",
];

/// The help desk: how many tickets its views hold.
fn desk(headers: &HeaderMap, path: &[&str]) -> Reply {
    let shown = headers.get("authorization").and_then(|value| value.to_str().ok());
    if !shown.is_some_and(|shown| AGENTS.contains(&shown)) {
        return Reply::json(401, &json!({ "error": "Couldn't authenticate you" }));
    }
    let count = |id: u32, value: u32, pretty: &str| {
        Reply::json(
            200,
            &json!({ "view_count": { "view_id": id, "value": value, "pretty": pretty, "fresh": true } }),
        )
    };
    match path {
        ["count"] => {
            Reply::json(200, &json!({ "count": { "value": 2, "refreshed_at": "2026-11-21T15:10:22Z" } }))
        }
        ["25", "count"] => count(25, 719, "~700"),
        ["26", "count"] => count(26, 0, "0"),
        _ => Reply::json(404, &json!({ "error": "RecordNotFound", "description": "Not found" })),
    }
}
