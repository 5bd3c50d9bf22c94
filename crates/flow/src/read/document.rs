//! Files that hold an integration or a connection, read as flows are.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{deserialize, numbers_kept_as_text, place_problems, wrong_kind};
use crate::integration::{ConnectionDraft, IntegrationDraft};
use crate::problem::{FieldPath, Problem};
use crate::schema::{Fitted, Shape};
use crate::source::{Format, Source, Tree, parse};

static INTEGRATION: LazyLock<Shape> = LazyLock::new(Shape::of::<IntegrationDraft>);
static CONNECTION: LazyLock<Shape> = LazyLock::new(Shape::of::<ConnectionDraft>);

/// What came of reading a document.
#[derive(Clone, Debug)]
pub struct ReadDocument<T> {
    /// The document, where its shape can be made out.
    pub draft: Option<T>,
    /// In the order of the file.
    pub problems: Vec<Problem>,
    /// The file as it stands, to find the places of what later checks say of the draft.
    pub tree: Option<Tree>,
}

/// Reads an integration from YAML or JSON and reports all that is wrong with its shape at once.
pub fn read_integration(text: &str, file_name: &str) -> ReadDocument<IntegrationDraft> {
    read(text, file_name, "integration", &INTEGRATION)
}

/// Reads a connection, as [`read_integration`].
pub fn read_connection(text: &str, file_name: &str) -> ReadDocument<ConnectionDraft> {
    read(text, file_name, "connection", &CONNECTION)
}

/// The kind that a file says it is; `None` where it says none or cannot be read.
pub fn kind_of(text: &str, file_name: &str) -> Option<String> {
    let tree = parse(text, Format::of_name(file_name)).tree?;
    Some(tree.get("kind")?.as_text()?.to_owned())
}

fn read<T: for<'de> Deserialize<'de>>(
    text: &str,
    file_name: &str,
    kind: &str,
    shape: &Shape,
) -> ReadDocument<T> {
    let Source { tree, mut problems } = parse(text, Format::of_name(file_name));
    let Some(tree) = tree else { return ReadDocument { draft: None, problems, tree: None } };
    if let Some(problem) = wrong_kind(&tree, kind) {
        problems.push(problem);
        place_problems(&tree, &mut problems);
        return ReadDocument { draft: None, problems, tree: Some(tree) };
    }
    numbers_kept_as_text(&tree, false, &FieldPath::root(), &mut problems);
    let Fitted { value, whole, problems: unfit } = shape.fit(&tree);
    problems.extend(unfit);
    let draft = if whole { deserialize(value, &mut problems) } else { None };
    place_problems(&tree, &mut problems);
    problems.sort_by_key(|problem| problem.place);
    ReadDocument { draft, problems, tree: Some(tree) }
}

/// The JSON Schema of an integration's file, for editors.
pub fn integration_schema() -> Value {
    schema(schemars::schema_for!(IntegrationDraft), "integration")
}

/// The JSON Schema of a connection's file, for editors.
pub fn connection_schema() -> Value {
    schema(schemars::schema_for!(ConnectionDraft), "connection")
}

fn schema(schema: schemars::Schema, kind: &str) -> Value {
    let mut schema = schema.to_value();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!(format!("urn:callout:schema:{kind}"));
    schema
}
