//! OpenAPI 3.0 and 3.1 to an integration, one operation at a time.

mod body;
mod detail;
mod media;
mod names;
mod operation;
mod parameters;
mod path;
mod refs;
mod schema;
mod security;
mod servers;
mod shape;
mod style;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{ImportNote, ImportOptions, Imported, Skipped};
use crate::integration::draft::{IntegrationDraft, IntegrationKind, OperationDraft, SourceDraft};
use crate::problem::{FieldPath, Problem};
use crate::request::Method;
use detail::Detail;
use names::{Taken, operation_key, slug};
pub(in crate::import) use names::{input_name, literal, shortened};
use refs::Document;
use security::Security;
use servers::Base;

/// The most operations that are read: ten times those of the largest document that we know.
const OPERATIONS_MAX: usize = 12_000;
/// How many notes are kept.
const NOTES_MAX: usize = 5_000;

/// The methods that a path may have, and whether calls use them.
const METHODS: [(&str, Option<Method>); 8] = [
    ("get", Some(Method::Get)),
    ("put", Some(Method::Put)),
    ("post", Some(Method::Post)),
    ("delete", Some(Method::Delete)),
    ("options", Some(Method::Options)),
    ("head", Some(Method::Head)),
    ("patch", Some(Method::Patch)),
    ("trace", None),
];

pub(super) fn import(root: &Value, options: ImportOptions<'_>) -> Result<Imported, Box<Problem>> {
    let is_31 = check_version(root)?;
    let document = Document { root, is_31 };
    let empty = Map::new();
    let paths = root.get("paths").and_then(Value::as_object).unwrap_or(&empty);
    let mut skipped = Vec::new();
    let found = operations(document, paths, &mut skipped);
    let base = Base::of(root, paths, options.server);
    let drafts: Vec<&Value> = found.iter().map(|found| found.operation).collect();
    let security = security::read(document, &drafts, &base);
    let mut notes = whole_notes(root, &base, &security);
    let read = read_fitting(document, &found, &base, &security, &mut notes);
    skipped.extend(read.skipped);
    notes.extend(read.notes);
    notes.truncate(NOTES_MAX);
    if read.operations.is_empty() {
        let message = match skipped.first() {
            Some(first) => format!(
                "none of its {} operations comes in; the first, {} {}: {}",
                skipped.len(),
                first.method,
                first.path,
                first.reason
            ),
            None => "the document has no operations under `paths`".to_owned(),
        };
        return Err(Box::new(Problem::error("import-empty", FieldPath::root(), message, "")));
    }
    let integration = integration(root, options, base, security, read.operations);
    Ok(Imported { integration, skipped, notes })
}

/// Whether the document is of 3.1; what is no OpenAPI 3 is refused.
fn check_version(root: &Value) -> Result<bool, Box<Problem>> {
    let refused = |message: &str, fix: &str| {
        Box::new(Problem::error("import-not-openapi", FieldPath::root(), message, fix))
    };
    let version = root.get("openapi").and_then(scalar_text);
    match version.as_deref() {
        Some(version) if version == "3" || version.starts_with("3.0") => Ok(false),
        Some(version) if version.starts_with("3.") => Ok(true),
        Some(other) => {
            let message = format!("this is OpenAPI {}; 3.0 and 3.1 are read", shortened(other, 20));
            Err(refused(&message, "Convert it to OpenAPI 3.1."))
        }
        None if root.get("swagger").is_some() => Err(refused(
            "this is a Swagger 2.0 document; OpenAPI 3.0 and 3.1 are read",
            "Convert it to OpenAPI 3 first: the Swagger editor does, and many vendors publish both.",
        )),
        None => Err(refused("the document has no `openapi: 3…`", "Give an OpenAPI 3.0 or 3.1 document.")),
    }
}

/// A text, or a number as a text: a version without its quotes.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// An operation where it stands in the document.
struct Found<'d> {
    path: &'d str,
    item: &'d Value,
    method: Method,
    operation: &'d Value,
}

fn operations<'d>(
    document: Document<'d>,
    paths: &'d Map<String, Value>,
    skipped: &mut Vec<Skipped>,
) -> Vec<Found<'d>> {
    let mut found = Vec::new();
    let mut skip = |method: &str, path: &str, reason: &str| {
        let path = shortened(path, 300);
        skipped.push(Skipped {
            method: method.to_ascii_uppercase(),
            path,
            reason: reason.to_owned(),
            server: None,
        });
    };
    for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
        let item = match document.resolve(item) {
            Ok(item) if item.is_object() => item,
            Ok(_) => {
                skip("*", path, "it is not an object");
                continue;
            }
            Err(why) => {
                skip("*", path, &why);
                continue;
            }
        };
        for (name, method) in METHODS {
            match (item.get(name), method) {
                (None, _) => {}
                (Some(_), None) => skip(name, path, "TRACE is no method of calls"),
                (Some(operation), Some(method)) if operation.is_object() => {
                    if found.len() >= OPERATIONS_MAX {
                        skip(name, path, &format!("at most {OPERATIONS_MAX} operations are read"));
                    } else {
                        found.push(Found { path, item, method, operation });
                    }
                }
                _ => skip(name, path, "it is not an object"),
            }
        }
    }
    found
}

/// What reading the operations gave.
#[derive(Default)]
struct Read {
    operations: IndexMap<String, OperationDraft>,
    skipped: Vec<Skipped>,
    notes: Vec<ImportNote>,
}

/// Reads the operations in as much detail as one integration's file has room for.
fn read_fitting(
    document: Document<'_>,
    found: &[Found<'_>],
    base: &Base,
    security: &Security,
    notes: &mut Vec<ImportNote>,
) -> Read {
    let first = Detail::for_operations(found.len());
    let mut detail = first;
    loop {
        if let Some(read) = read_all(document, found, base, security, detail) {
            if detail.level > 0 {
                let message =
                    "the document is large: schemas are cut to a few levels, and descriptions are short";
                notes.push(ImportNote { operation: None, message: message.to_owned() });
            }
            return read;
        }
        detail = detail.less();
    }
}

/// All operations in one detail; `None` where they do not fit, and less detail is left to try.
fn read_all(
    document: Document<'_>,
    found: &[Found<'_>],
    base: &Base,
    security: &Security,
    detail: Detail,
) -> Option<Read> {
    let mut read = Read::default();
    let mut room = detail::Room::default();
    let mut taken = Taken::default();
    for one in found {
        let mut told = Vec::new();
        let draft = operation::read(document, one, base, security, detail, &mut told);
        let skip = |fault: operation::Fault| Skipped {
            method: one.method.to_string(),
            path: shortened(one.path, 300),
            reason: shortened(&fault.reason, 300),
            server: fault.server,
        };
        let draft = match draft {
            Ok(draft) => draft,
            Err(fault) => {
                read.skipped.push(skip(fault));
                continue;
            }
        };
        if !room.take(&draft) {
            if !detail.is_last() {
                return None;
            }
            let reason = "the integration would be larger than one file may be".to_owned();
            read.skipped.push(skip(reason.into()));
            continue;
        }
        let id = one.operation.get("operationId").and_then(Value::as_str);
        let key = taken.take(&operation_key(id, one.method, one.path), "");
        read.notes
            .extend(told.into_iter().map(|message| ImportNote { operation: Some(key.clone()), message }));
        read.operations.insert(key, draft);
    }
    Some(read)
}

/// What is to be told of the whole document.
fn whole_notes(root: &Value, base: &Base, security: &Security) -> Vec<ImportNote> {
    let mut messages: Vec<String> = base.notes.iter().chain(&security.notes).cloned().collect();
    let webhooks = root.get("webhooks").and_then(Value::as_object).map_or(0, Map::len);
    if webhooks > 0 {
        messages.push(format!("{webhooks} webhooks are left out: they are calls to you, not by you"));
    }
    let (mut remote, mut count) = (Vec::new(), 0);
    remote_references(root, &mut remote, &mut count);
    if count > 0 {
        messages.push(format!(
            "{count} references lead to other documents, which are not read; what they describe is left open: {}",
            remote.join(", ")
        ));
    }
    messages.into_iter().map(|message| ImportNote { operation: None, message }).collect()
}

/// How many references lead out of the document, and the first of them.
fn remote_references(value: &Value, first: &mut Vec<String>, count: &mut usize) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| remote_references(item, first, count)),
        Value::Object(map) => {
            if let Some(reference) = refs::reference_of(value).filter(|text| !text.starts_with('#')) {
                *count += 1;
                let shown = shortened(reference, 80);
                if first.len() < 5 && !first.contains(&shown) {
                    first.push(shown);
                }
            }
            map.values().for_each(|item| remote_references(item, first, count));
        }
        _ => {}
    }
}

fn integration(
    root: &Value,
    options: ImportOptions<'_>,
    base: Base,
    security: Security,
    operations: IndexMap<String, OperationDraft>,
) -> IntegrationDraft {
    let info = |key: &str| root.get("info").and_then(|info| info.get(key)).and_then(scalar_text);
    let title = info("title").filter(|title| !title.trim().is_empty());
    let name = title.as_deref().map(|title| shortened(title, 120));
    let source = SourceDraft {
        from: options
            .from
            .map_or_else(|| name.clone().unwrap_or_else(|| "an OpenAPI document".to_owned()), str::to_owned),
        date: options.date.map(str::to_owned),
        version: info("version").map(|version| shortened(&version, 60)),
    };
    let mut config = base.config;
    for (field, schema) in security.config {
        config.entry(field).or_insert(schema);
    }
    let mut required = base.required;
    let without_default = |field: &&String| *field == "username" || *field == "clientId";
    required.extend(config.keys().filter(without_default).map(|field| field.as_str().into()));
    required.dedup();
    let config_schema = (!config.is_empty()).then(|| object_schema(config, required));
    let names: Vec<Value> = security.secrets.keys().map(|name| name.as_str().into()).collect();
    let secret_schema = (!security.secrets.is_empty()).then(|| object_schema(security.secrets, names));
    IntegrationDraft {
        kind: IntegrationKind::Integration,
        slug: options.slug.map_or_else(|| slug(title.as_deref().unwrap_or_default()), str::to_owned),
        name,
        description: info("description").map(|text| shortened(&text, 600)).filter(|text| !text.is_empty()),
        source: Some(source),
        base_url: base.url,
        headers: Vec::new(),
        auth: security.auth,
        tls: None,
        config_schema,
        secret_schema,
        verify: None,
        operations,
    }
}

fn object_schema(properties: Map<String, Value>, required: Vec<Value>) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}
