//! What an operation is called with: rendered from the flow's scope, and checked before anything is sent.

use serde_json::{Map, Value};

use crate::expression::{EvalError, ReadPath};
use crate::outcome::Note;
use crate::problem::{FieldPath, Problem};
use crate::scope::{Roots, Scope};
use crate::template::JsonTemplate;

/// The most violations of a schema that are told at once.
const VIOLATIONS_MAX: usize = 10;

/// The inputs of a node, compiled with their operation's schema.
#[derive(Debug)]
pub struct Inputs {
    template: JsonTemplate,
    schema: Option<InputSchema>,
    pub(crate) at: FieldPath,
}

/// The schema of an operation's inputs.
#[derive(Debug)]
pub struct InputSchema {
    validator: jsonschema::Validator,
    /// Inputs that may be null.
    nullable: Vec<String>,
    defaults: Map<String, Value>,
}

impl InputSchema {
    /// Reads a schema. The error is in words.
    pub fn compile(schema: &Map<String, Value>) -> Result<Self, String> {
        let whole = Value::Object(schema.clone());
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .build(&whole)
            .map_err(|error| error.to_string())?;
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = || properties.into_iter().flatten();
        let nullable = properties().filter(|(_, schema)| takes_null(schema)).map(|(name, _)| name.clone());
        let default =
            |(name, schema): (&String, &Value)| Some((name.clone(), schema.get("default")?.clone()));
        Ok(Self {
            validator,
            nullable: nullable.collect(),
            defaults: properties().filter_map(default).collect(),
        })
    }

    /// What is missing is filled in by the schema's defaults; what is null and may not be counts as missing.
    pub fn complete(&self, inputs: &mut Map<String, Value>) {
        inputs.retain(|name, value| !value.is_null() || self.nullable.contains(name));
        for (name, value) in &self.defaults {
            inputs.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// What does not fit of inputs of which not all is known yet.
    pub(crate) fn unfit(&self, mut inputs: Map<String, Value>) -> Vec<Unfit> {
        use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
        self.complete(&mut inputs);
        let told = |error: jsonschema::ValidationError<'_>| {
            let path = error.instance_path().to_string();
            let path = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
            Unfit {
                path: path.collect(),
                message: error.masked().to_string(),
                is_missing: matches!(error.kind(), Kind::Required { .. }),
                is_type: match error.kind() {
                    Kind::Type { kind: TypeKind::Single(kind) } => *kind != jsonschema::JsonType::String,
                    Kind::Type { kind: TypeKind::Multiple(kinds) } => {
                        !kinds.contains(jsonschema::JsonType::String)
                    }
                    _ => false,
                },
            }
        };
        self.validator.iter_errors(&Value::Object(inputs)).take(VIOLATIONS_MAX).map(told).collect()
    }

    /// What does not fit, in words; empty where all does.
    pub fn violations(&self, inputs: &Value) -> Vec<String> {
        let told = |error: jsonschema::ValidationError<'_>| {
            let path = error.instance_path().to_string();
            let place = path.trim_start_matches('/').replace('/', ".");
            let what = error.masked().to_string();
            if place.is_empty() { what } else { format!("`{place}`: {what}") }
        };
        self.validator.iter_errors(inputs).take(VIOLATIONS_MAX).map(told).collect()
    }
}

fn takes_null(schema: &Value) -> bool {
    let is_null = |value: &Value| value.as_str() == Some("null");
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(is_null),
        Some(one) => is_null(one),
        None => schema.as_bool() != Some(false),
    }
}

impl Inputs {
    pub(crate) fn compile(
        inputs: &Map<String, Value>,
        schema: Option<&Map<String, Value>>,
        roots: Roots,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let template = JsonTemplate::compile(&Value::Object(inputs.clone()), roots, at, problems)?;
        // A schema that cannot be read is its integration's problem, and told there.
        let schema = schema.and_then(|schema| InputSchema::compile(schema).ok());
        Some(Self { template, schema, at: at.clone() })
    }

    /// The inputs, or what is wrong with them.
    pub(crate) fn render(&self, scope: &Scope<'_>) -> Result<(Value, Vec<Note>), Vec<InputFault>> {
        let rendered = self.template.render(scope).map_err(|error| vec![InputFault::Template(error)])?;
        let mut value = rendered.value;
        let mut notes = rendered.notes;
        if let (Some(schema), Value::Object(inputs)) = (&self.schema, &mut value) {
            schema.complete(inputs);
            // Whether null may stand there is for the schema to say.
            notes.retain(|note| note.code != "missing-became-null");
            let violations = schema.violations(&value);
            if !violations.is_empty() {
                return Err(violations.into_iter().map(InputFault::Schema).collect());
            }
        }
        Ok((value, notes))
    }

    /// What each leaf reads.
    pub(crate) fn reads(&self) -> Vec<(FieldPath, Vec<ReadPath>, bool)> {
        self.template.reads()
    }
}

/// One thing that does not fit.
#[derive(Debug)]
pub(crate) struct Unfit {
    /// Keys and indexes.
    pub(crate) path: Vec<String>,
    pub(crate) message: String,
    /// Something that is required is not there.
    pub(crate) is_missing: bool,
    /// It is of another type than is taken, and no text is.
    pub(crate) is_type: bool,
}

/// Why inputs cannot be used.
#[derive(Debug)]
pub(crate) enum InputFault {
    Template(EvalError),
    Schema(String),
}
