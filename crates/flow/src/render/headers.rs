//! Headers: names checked when they are read, values when they are filled, nothing trimmed or cut.

use super::query::has_template;
use super::slot::{Filled, IN_HEADER, Slot};
use super::source::{Layer, RequestSource};
use super::{Compiler, Renderer};
use crate::draft::RowDraft;
use crate::node::api_call::draft::{AuthDraft, BodyDraft};
use crate::problem::FieldPath;
use crate::request::{Header, is_framing_name};

/// The longest header value that is sent, in bytes (spec 3).
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// The most headers an author may set: servers refuse more.
pub const HEADERS_MAX: usize = 100;

/// What each call says of itself, unless a row does.
pub(crate) const DEFAULT_HEADERS: [(&str, &str); 2] = [
    ("Accept", "application/json, */*;q=0.5"),
    ("User-Agent", concat!("Callout/", env!("CARGO_PKG_VERSION"))),
];

/// The enabled rows, compiled.
#[derive(Debug)]
pub(super) struct Headers {
    rows: Vec<(String, Slot)>,
}

impl Headers {
    /// The rows of all layers; of two with one name in different layers the later one goes, and that is told.
    pub(super) fn compile(source: &RequestSource<'_>, compiler: &mut Compiler<'_>) -> Option<Self> {
        let before = compiler.problems.len();
        let mut rows: Vec<Row> = Vec::new();
        for (number, layer) in source.layers.iter().enumerate() {
            compiler.roots = layer.roots;
            compile_layer(source, layer, number, &mut rows, compiler);
        }
        if rows.len() > HEADERS_MAX {
            let at = source.layers.last().map_or_else(FieldPath::root, |layer| layer.at.key("headers"));
            let message = format!("a call has at most {HEADERS_MAX} headers");
            compiler.error("too-many-headers", &at, message, "");
        }
        let wrong = compiler.problems[before..].iter().any(|p| p.severity == crate::problem::Severity::Error);
        (!wrong).then(|| Self { rows: rows.into_iter().map(|row| (row.name, row.slot)).collect() })
    }

    pub(super) fn render(&self, renderer: &mut Renderer<'_>) -> Vec<Header> {
        let mut headers = Vec::with_capacity(self.rows.len() + 3);
        for (name, slot) in &self.rows {
            if let Filled::Value(value) = fill(slot, renderer) {
                headers.push(Header { name: name.clone(), value });
            }
        }
        headers
    }
}

struct Row {
    name: String,
    slot: Slot,
    layer: usize,
}

fn compile_layer(
    source: &RequestSource<'_>,
    layer: &Layer<'_>,
    number: usize,
    rows: &mut Vec<Row>,
    compiler: &mut Compiler<'_>,
) {
    let rows_at = layer.at.key("headers");
    for (index, row) in layer.headers.iter().enumerate().filter(|(_, row)| row.enabled) {
        let row_at = rows_at.index(index);
        check_row(row, source, &row_at.key("name"), compiler);
        let same = |known: &Row| known.name.eq_ignore_ascii_case(&row.name);
        if rows.iter().any(|known| same(known) && known.layer == number) {
            let message = format!("`{}` is set twice; both are sent", row.name);
            let fix = "Leave one out if one is meant.";
            compiler.warning("header-repeated", &row_at.key("name"), message, fix);
        }
        let overridden = |known: &Row| same(known) && known.layer < number;
        if let Some(known) = rows.iter().find(|known| overridden(known)) {
            if known.slot.source != row.value.as_str() {
                let message = format!("`{}` is set by the integration too; this value is sent", row.name);
                let fix = "Leave it out if the integration's value is meant.";
                compiler.warning("header-overridden", &row_at.key("name"), message, fix);
            }
            rows.retain(|known| !overridden(known));
        }
        let slot = Slot::compile(row.value.as_str(), row.optional, &row_at.key("value"), compiler);
        let Some(slot) = slot else { continue };
        if let Some(why) = slot.template.literal().and_then(|text| fault_of(&text)) {
            compiler.error("header-value", &slot.at, why, "");
        }
        rows.push(Row { name: row.name.clone(), slot, layer: number });
    }
}

/// A header's value, or what is wrong with it.
pub(super) fn fill(slot: &Slot, renderer: &mut Renderer<'_>) -> Filled<String> {
    match slot.fill_plain(&IN_HEADER, renderer) {
        Filled::Value(value) => match fault_of(&value) {
            None => Filled::Value(value),
            Some(why) => {
                renderer.invalid(&slot.at, "header-value", why);
                Filled::Invalid
            }
        },
        other => other,
    }
}

/// Why a text cannot be a header's value.
pub(super) fn fault_of(value: &str) -> Option<String> {
    if let Some(c) = value.chars().find(|c| c.is_ascii_control() && *c != '\t') {
        return Some(format!("a header's value cannot hold U+{:04X}", u32::from(c)));
    }
    if value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']) {
        return Some("a header's value cannot begin or end with white space: it would be cut off".into());
    }
    (value.len() > HEADER_BYTES_MAX)
        .then(|| format!("a header's value is longer than {HEADER_BYTES_MAX} bytes"))
}

/// What each call says of itself unless a row does.
pub(super) fn add_defaults(headers: &mut Vec<Header>, content_type: Option<String>) {
    let defaults = DEFAULT_HEADERS.map(|(name, value)| (name, Some(value.to_owned())));
    for (name, value) in defaults.into_iter().chain([("Content-Type", content_type)]) {
        let said = headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
        if let (Some(value), false) = (value, said) {
            headers.push(Header { name: name.to_owned(), value });
        }
    }
}

fn check_row(row: &RowDraft, source: &RequestSource<'_>, at: &FieldPath, compiler: &mut Compiler<'_>) {
    if !check_name(&row.name, at, compiler) {
        return;
    }
    if source.auth_headers.iter().any(|name| name.eq_ignore_ascii_case(&row.name)) {
        let message = format!("`{}` is set by `auth` already", row.name);
        compiler.error("header-set-by-auth", at, message, "Leave out this row, or `auth`.");
    }
    if let Some(idempotency) = &source.idempotency
        && idempotency.value.header.eq_ignore_ascii_case(&row.name)
    {
        let message = format!("`{}` is set by `idempotency` already", row.name);
        compiler.error("header-set-by-idempotency", at, message, "Leave out this row.");
    }
    if matches!(source.body.value, Some(BodyDraft::Multipart { .. }))
        && row.name.eq_ignore_ascii_case("content-type")
    {
        let message = "a multipart body sets its own `Content-Type`, with the boundary in it";
        compiler.error("header-refused", at, message, "Leave out this row.");
    }
}

/// The header that `auth` sets.
pub(super) fn set_by_auth(auth: Option<&AuthDraft>) -> Option<&str> {
    match auth? {
        AuthDraft::None {} => None,
        AuthDraft::Basic { .. } | AuthDraft::Bearer { .. } => Some("Authorization"),
        AuthDraft::Header { name, .. } => Some(name),
    }
}

/// Whether a name may be set; what is wrong with it is told.
pub(super) fn check_name(name: &str, at: &FieldPath, compiler: &mut Compiler<'_>) -> bool {
    let lower = name.trim().to_ascii_lowercase();
    if is_framing_name(&lower) || lower == "accept-encoding" {
        let why = match lower.as_str() {
            "accept-encoding" => "only what Callout can unpack and bound is asked for",
            _ => "it frames the request or concerns the connection alone, and is written by Callout",
        };
        compiler.error(
            "header-refused",
            at,
            format!("`{}` cannot be set: {why}", name.trim()),
            "Leave out this row.",
        );
        return false;
    }
    if has_template(name) {
        let fix = "Write the name as it is, and put the template into the value.";
        compiler.error("header-name", at, "a header's name holds no template", fix);
        return false;
    }
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > 256 || !name.bytes().all(is_token) {
        let shown: String = name.chars().take(40).collect();
        let fix = "A name has letters, digits and dashes only, and no spaces.";
        compiler.error("header-name", at, format!("`{}` is not a header's name", shown.escape_debug()), fix);
        return false;
    }
    true
}

/// The header of the idempotency key; `None` where it cannot be read.
pub(super) fn idempotency(source: &RequestSource<'_>, compiler: &mut Compiler<'_>) -> Option<Option<String>> {
    let Some(idempotency) = &source.idempotency else { return Some(None) };
    let at = idempotency.at.key("header");
    let header = &idempotency.value.header;
    if !check_name(header, &at, compiler) {
        return None;
    }
    if source.auth_headers.iter().any(|name| name.eq_ignore_ascii_case(header)) {
        let message = format!("`{header}` is set by `auth` already");
        compiler.error("header-set-by-auth", &at, message, "Name another header, as `Idempotency-Key`.");
        return None;
    }
    Some(Some(header.clone()))
}
