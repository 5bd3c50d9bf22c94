//! Values of an answer as variables: found, shaped, converted, and told where that fails.

mod convert;
mod json_path;
mod transform;

pub use json_path::{JsonPath, NODES_MAX};

use serde_json::Value;

use crate::json::Segment;
use crate::node::api_call::draft::{OutputDraft, OutputFrom, OutputType};
use crate::outcome::Note;
use crate::problem::{FieldPath, Problem, Severity};
use crate::shared::Shared;
use transform::Transform;

/// The shortest text of a `sensitive` value that is masked wherever it appears, in characters: shorter ones would
/// mask half of every record. The variable itself is masked whatever its length.
const MASKED_CHARS_MIN: usize = 3;

/// What outputs read: an answer with its decoded body.
#[derive(Clone, Copy, Debug)]
pub struct AnswerView<'a> {
    pub status: u16,
    /// Names in lower case.
    pub headers: &'a [(String, String)],
    pub body: &'a Shared,
    /// The values at `Outputs::picks`, where they were found without a tree.
    pub picked: Option<&'a [Option<Value>]>,
}

/// What mapping came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapped {
    /// Every variable of every output: a value sets it, none clears it. In the order of the outputs.
    pub set: Vec<(String, Option<Value>)>,
    /// On a 2xx: the variables of `required` outputs that have no value.
    pub missing_required: Vec<String>,
    /// On a 2xx: the variables whose value could not be converted, and so were cleared.
    pub failed: Vec<String>,
    /// The variables of `sensitive` outputs, each with the texts that are to be masked.
    pub sensitive: Vec<(String, Vec<String>)>,
    /// What the author should know: failed conversions and transforms, lists that are too long.
    pub notes: Vec<Note>,
}

/// The outputs of a call, compiled.
#[derive(Debug, Default)]
pub struct Outputs {
    outputs: Vec<Output>,
    /// The plain paths that outputs read of the body.
    picks: Vec<Vec<Segment>>,
}

#[derive(Debug)]
struct Output {
    var: String,
    source: Source,
    transform: Option<Transform>,
    kind: Option<OutputType>,
    default: Option<Value>,
    required: bool,
    sensitive: bool,
    as_list: bool,
}

#[derive(Clone, Debug)]
enum Source {
    /// A path, and its number among the picks where it is a plain one.
    Body(JsonPath, Option<usize>),
    /// A header's name, in lower case.
    Header(String),
    Status,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
enum NoValue {
    Missing,
    Failed(Note),
}

impl Outputs {
    /// Compiles outputs, telling everything that is wrong with any; `at` is the field `outputs`.
    pub fn compile(drafts: &[OutputDraft], at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let found = problems.len();
        let mut outputs: Vec<Output> = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            let at = at.index(index);
            crate::node::check_variable_name(&draft.var, at.key("var"), problems);
            if drafts[..index].iter().any(|earlier| earlier.var == draft.var) {
                let message = format!("`{}` is set by an earlier output of this node too", draft.var);
                let fix = "Give each output a variable of its own.";
                problems.push(Problem::error("variable-twice", at.key("var"), message, fix));
            }
            outputs.extend(Output::compile(draft, &at, problems));
        }
        let mut picks = Vec::new();
        for output in &mut outputs {
            if let Source::Body(path, pick) = &mut output.source
                && let Some(plain) = path.plain()
            {
                *pick = Some(picks.len());
                picks.push(plain);
            }
        }
        let broken = problems[found..].iter().any(|problem| problem.severity == Severity::Error);
        (!broken).then_some(Self { outputs, picks })
    }

    /// The plain paths that outputs read of the body.
    pub(crate) fn picks(&self) -> &[Vec<Segment>] {
        &self.picks
    }

    /// The variables that these outputs write, in their order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| output.var.as_str())
    }

    /// Maps an answer. What is not found is cleared or takes its default, so that nothing stale remains.
    pub fn map(&self, answer: &AnswerView<'_>) -> Mapped {
        let mut mapped = Mapped::default();
        let success = (200..300).contains(&answer.status);
        let reads_response =
            |output: &Output| output.transform.as_ref().is_some_and(Transform::reads_response);
        let response = self.outputs.iter().any(reads_response).then(|| transform::response(answer));
        for output in &self.outputs {
            let value = match output.value(answer, response.as_ref()) {
                Ok(value) => Some(value),
                Err(none) => {
                    if success {
                        mapped.tell(output, &none);
                    }
                    // A value that cannot be converted is there, and is not what the default stands in for.
                    if none == NoValue::Missing { output.default.clone() } else { None }
                }
            };
            mapped.keep(output, value);
        }
        mapped
    }

    /// The body as it may be shown: masked where a `sensitive` output reads it; `None` where none does.
    pub fn masked(&self, body: &Shared) -> Option<Value> {
        let mut shown = None;
        for output in self.outputs.iter().filter(|output| output.sensitive) {
            if let Source::Body(path, _) = &output.source {
                path.mask(shown.get_or_insert_with(|| body.value().clone()));
            }
        }
        shown
    }

    /// What the variables become when nothing was answered.
    pub fn unanswered(&self) -> Mapped {
        let mut mapped = Mapped::default();
        for output in &self.outputs {
            mapped.keep(output, output.default.clone());
        }
        mapped
    }
}

impl Mapped {
    fn tell(&mut self, output: &Output, none: &NoValue) {
        if output.required {
            self.missing_required.push(output.var.clone());
        }
        if let NoValue::Failed(note) = none {
            self.failed.push(output.var.clone());
            self.notes.push(note.clone());
        }
    }

    fn keep(&mut self, output: &Output, value: Option<Value>) {
        if output.sensitive {
            let mut texts = Vec::new();
            value.iter().for_each(|value| masked_texts(value, &mut texts));
            self.sensitive.push((output.var.clone(), texts));
        }
        self.set.push((output.var.clone(), value));
    }
}

/// The texts and numbers in a value that would give it away.
fn masked_texts(value: &Value, texts: &mut Vec<String>) {
    let text = match value {
        Value::Array(items) => return items.iter().for_each(|item| masked_texts(item, texts)),
        Value::Object(map) => return map.values().for_each(|item| masked_texts(item, texts)),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) => return,
    };
    if text.chars().count() >= MASKED_CHARS_MIN && !texts.contains(&text) {
        texts.push(text);
    }
}

impl Output {
    fn compile(draft: &OutputDraft, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let source = Source::compile(draft, at, problems);
        let transform = match &draft.transform {
            None => Some(None),
            Some(text) => Transform::compile(text, &at.key("transform"), problems).map(Some),
        };
        Some(Self {
            var: draft.var.clone(),
            source: source?,
            transform: transform?,
            kind: draft.kind,
            default: draft.default.clone(),
            required: draft.required,
            sensitive: draft.sensitive,
            as_list: draft.as_list,
        })
    }

    fn value(&self, answer: &AnswerView<'_>, response: Option<&Value>) -> Result<Value, NoValue> {
        let found = self.find(answer);
        let mut value = match &self.transform {
            Some(transform) if found.is_ok() || transform.takes_missing() => {
                if let Err(NoValue::Failed(_)) = found {
                    return found;
                }
                match transform.eval(found.ok().as_ref(), response) {
                    Ok(Some(Value::Null) | None) => return Err(NoValue::Missing),
                    Ok(Some(value)) => value,
                    Err(why) => return Err(self.failed("transform-failed", &why)),
                }
            }
            _ => found?,
        };
        if self.as_list && !value.is_array() {
            value = Value::Array(vec![value]);
        }
        let Some(kind) = self.kind else { return Ok(value) };
        convert::convert(value, kind, self.is_list()).map_err(|why| self.failed("conversion-failed", &why))
    }

    /// Whether the output makes a list by itself, so that its type is that of the items.
    fn is_list(&self) -> bool {
        self.as_list || matches!(&self.source, Source::Body(path, _) if !path.is_singular())
    }

    fn find(&self, answer: &AnswerView<'_>) -> Result<Value, NoValue> {
        match &self.source {
            Source::Status => Ok(answer.status.into()),
            Source::Header(name) => {
                let mut values: Vec<Value> = answer
                    .headers
                    .iter()
                    .filter(|(n, _)| n == name)
                    .map(|(_, v)| v.as_str().into())
                    .collect();
                match values.len() {
                    0 => Err(NoValue::Missing),
                    1 => Ok(values.remove(0)),
                    _ => Ok(Value::Array(values)),
                }
            }
            Source::Body(_, Some(pick)) if let Some(picked) = answer.picked => match &picked[*pick] {
                None | Some(Value::Null) => Err(NoValue::Missing),
                Some(value) => Ok(value.clone()),
            },
            Source::Body(path, _) => match path.find(answer.body) {
                Ok(Some(Value::Null) | None) => Err(NoValue::Missing),
                Ok(Some(value)) => Ok(value),
                Err(why) => Err(self.failed("json-path-large", &why)),
            },
        }
    }

    fn failed(&self, code: &'static str, why: &str) -> NoValue {
        // The reason quotes the value.
        let why = if self.sensitive { "it is not what its `type` or `transform` takes" } else { why };
        NoValue::Failed(Note { code: code.into(), message: format!("`{}` was left unset: {why}", self.var) })
    }
}

impl Source {
    fn compile(draft: &OutputDraft, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let at = at.key("path");
        let mut refuse = |message: &str, fix: &str| {
            problems.push(Problem::error("output-path", at.clone(), message, fix));
            None
        };
        match (draft.from.unwrap_or_default(), draft.path.as_deref()) {
            (OutputFrom::Body, path) => {
                JsonPath::compile(path.unwrap_or("$"), &at, problems).map(|path| Self::Body(path, None))
            }
            (OutputFrom::Status, None) => Some(Self::Status),
            (OutputFrom::Status, Some(_)) => refuse("the status has no parts", "Leave `path` out."),
            (OutputFrom::Headers, Some(name)) if is_header_name(name) => {
                Some(Self::Header(name.to_ascii_lowercase()))
            }
            (OutputFrom::Headers, Some(name)) => {
                refuse(&format!("`{name}` is not a header's name"), "Name a header, as `X-Request-Id`.")
            }
            (OutputFrom::Headers, None) => {
                refuse("it does not say which header", "Name the header in `path`, as `X-Request-Id`.")
            }
        }
    }
}

/// RFC 9110, 5.6.2: a token.
fn is_header_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests;
