//! The readable page of the API, made from its document.

use std::fmt::Write as _;

use serde_json::Value;

/// The page, as `docs/rest-api.md` has it.
pub fn page(document: &Value) -> String {
    let mut page = String::from("# REST API\n\n");
    page += "<!-- Made from openapi.json by a test; do not edit. -->\n\n";
    let _ = writeln!(page, "{}\n", document["info"]["description"].as_str().unwrap());
    page += "The document itself, for tools: [openapi.json](openapi.json), or `GET /v1/openapi.json`. ";
    page += "What each `code` means: [problems](problems/README.md#of-the-rest-api).\n";
    everywhere(&mut page, document);
    for tag in document["tags"].as_array().unwrap() {
        let name = tag["name"].as_str().unwrap();
        let _ = writeln!(page, "\n## {name}\n\n{}", tag["description"].as_str().unwrap());
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                if operation["tags"][0] == name {
                    endpoint(&mut page, method, path, operation);
                }
            }
        }
    }
    page += "\n## Shapes\n";
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        shape(&mut page, name, schema);
    }
    page
}

/// The statuses that say the same wherever they stand.
const EVERYWHERE: [&str; 6] = ["401", "403", "408", "413", "415", "503"];

/// What any endpoint may answer, said once.
fn everywhere(page: &mut String, document: &Value) {
    page.push_str("\nBeside what each endpoint lists, those that take a token or a body answer:\n\n| status | |\n|---|---|\n");
    let write = &document["paths"]["/v1/flows/{slug}/draft"]["put"]["responses"];
    for status in EVERYWHERE {
        let _ = writeln!(page, "| {status} | {} |", cell(write[status]["description"].as_str().unwrap()));
    }
}

fn endpoint(page: &mut String, method: &str, path: &str, operation: &Value) {
    let summary = operation["summary"].as_str().unwrap().trim_end_matches('.');
    let role =
        operation["x-required-role"].as_str().map_or("no token".to_owned(), |role| format!("role `{role}`"));
    let _ = writeln!(page, "\n### {summary}\n\n`{} {path}` · {role}", method.to_uppercase());
    if let Some(text) = operation["description"].as_str() {
        let _ = writeln!(page, "\n{text}");
    }
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    if !parameters.is_empty() {
        page.push_str("\n| parameter | in | type | |\n|---|---|---|---|\n");
    }
    for parameter in &parameters {
        let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
        let what = parameter["description"].as_str().unwrap_or_default();
        let _ = writeln!(page, "| `{name}` | {place} | {} | {} |", kind(&parameter["schema"]), cell(what));
    }
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        let _ = writeln!(page, "\nBody: {}.", contents(content));
    }
    page.push_str("\n| status | | body |\n|---|---|---|\n");
    let guarded = operation.get("x-required-role").is_some();
    for (status, response) in operation["responses"].as_object().unwrap() {
        if guarded && EVERYWHERE.contains(&status.as_str()) {
            continue;
        }
        let what = cell(response["description"].as_str().unwrap());
        let body = response["content"].as_object().map(contents).unwrap_or_default();
        let _ = writeln!(page, "| {status} | {what} | {body} |");
    }
}

fn contents(content: &serde_json::Map<String, Value>) -> String {
    let one = |(media, content): (&String, &Value)| match media.as_str() {
        "application/problem+json" => kind(&content["schema"]),
        _ => format!("{} as `{media}`", kind(&content["schema"])),
    };
    content.iter().map(one).collect::<Vec<_>>().join(" or ")
}

fn shape(page: &mut String, name: &str, schema: &Value) {
    let _ = writeln!(page, "\n### {name}");
    if let Some(text) = schema["description"].as_str() {
        let _ = writeln!(page, "\n{text}");
    }
    let mut fields = Vec::new();
    let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
    for part in &parts {
        if part.get("$ref").is_some() {
            let _ = writeln!(page, "\nAll of {}, and:", kind(part));
        }
        let required: Vec<&str> =
            part["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, schema) in part["properties"].as_object().into_iter().flatten() {
            let needed = if required.contains(&field.as_str()) { "" } else { " (optional)" };
            let what = cell(schema["description"].as_str().unwrap_or_default());
            fields.push(format!("| `{field}` | {}{needed} | {what} |", kind(schema)));
        }
    }
    if !fields.is_empty() {
        let _ = writeln!(page, "\n| field | type | |\n|---|---|---|\n{}", fields.join("\n"));
    } else if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> =
            words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        let _ = writeln!(page, "\nOne of {}.", words.join(", "));
    } else if let Some(choices) = schema["oneOf"].as_array() {
        for choice in choices {
            let word = choice["enum"][0].as_str().map_or_else(|| kind(choice), |word| format!("`{word}`"));
            let _ = writeln!(page, "\n- {word}: {}", choice["description"].as_str().unwrap_or_default());
        }
    }
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let words = match &schema["type"] {
        Value::String(word) => vec![word.clone()],
        Value::Array(words) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return "any value".to_owned(),
    };
    let words = words.into_iter().map(|word| match (word.as_str(), schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("string", Some("date-time")) => "time".to_owned(),
        _ => word,
    });
    words.collect::<Vec<_>>().join(" or ")
}

fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
