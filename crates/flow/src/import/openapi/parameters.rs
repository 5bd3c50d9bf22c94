//! Parameters into the path, rows and inputs of an operation, each by its style.

use serde_json::{Map, Value};

use super::names::{Taken, input_name, is_plain_key, shortened};
use super::refs::Document;
use super::schema::{Bounds, Side, convert};
use super::shape::Shape;
use super::style::{self, Separators};
use crate::draft::{RowDraft, Text};
use crate::request::is_framing_name;

/// How deep objects in a query are followed.
const NESTING_MAX: usize = 4;
/// The most parameters that one operation may have.
const PARAMETERS_MAX: usize = 300;

/// The inputs of an operation, and what is said of them.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub taken: Taken,
    pub properties: Map<String, Value>,
    pub required: Vec<Value>,
    pub notes: Vec<String>,
}

impl Inputs {
    /// Adds an input; its name in the templates comes back.
    pub(super) fn add(&mut self, name: &str, prefix: &str, schema: Value, required: bool) -> String {
        let name = self.taken.take(&input_name(name), prefix);
        self.properties.insert(name.clone(), schema);
        if required {
            self.required.push(name.clone().into());
        }
        name
    }
}

/// One parameter, its reference followed.
#[derive(Clone, Debug)]
pub(super) struct Parameter<'d> {
    pub name: &'d str,
    pub place: &'d str,
    value: &'d Value,
}

/// The parameters of a path and its operation: of two with one name and place the operation's goes.
pub(super) fn collect<'d>(
    document: Document<'d>,
    path_item: &'d Value,
    operation: &'d Value,
    notes: &mut Vec<String>,
) -> Vec<Parameter<'d>> {
    let mut found: Vec<Parameter<'d>> = Vec::new();
    for owner in [path_item, operation] {
        let listed = owner.get("parameters").and_then(Value::as_array).into_iter().flatten();
        for value in listed.take(PARAMETERS_MAX) {
            let value = match document.resolve(value) {
                Ok(value) => value,
                Err(why) => {
                    notes.push(format!("a parameter is left out: {why}"));
                    continue;
                }
            };
            let text = |key: &str| value.get(key).and_then(Value::as_str);
            let (Some(name), Some(place)) = (text("name"), text("in")) else {
                notes.push("a parameter is left out: it has no `name` or no `in`".to_owned());
                continue;
            };
            let parameter = Parameter { name, place, value };
            match found.iter_mut().find(|known| known.name == name && known.place == place) {
                Some(known) => *known = parameter,
                None => found.push(parameter),
            }
        }
    }
    found
}

/// What the parameters make of an operation.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub path: String,
    pub query: Vec<RowDraft>,
    pub headers: Vec<RowDraft>,
}

/// Places every parameter; the reason where a required one has no place.
pub(super) fn place(
    document: Document<'_>,
    path: &str,
    parameters: &[Parameter<'_>],
    bounds: Bounds,
    inputs: &mut Inputs,
) -> Result<Placed, String> {
    let mut placed =
        Placed { path: super::path::place(document, path, parameters, bounds, inputs)?, ..Placed::default() };
    let mut cookies: Vec<(String, bool)> = Vec::new();
    for parameter in parameters {
        let fits = match parameter.place {
            "path" => Ok(()),
            "query" => place_query(document, parameter, bounds, inputs, &mut placed.query),
            "header" => place_header(document, parameter, bounds, inputs, &mut placed.headers),
            "cookie" => place_cookie(document, parameter, bounds, inputs, &mut cookies),
            other => Err(format!("`in: {}` is no place for a parameter", shortened(other, 20))),
        };
        match fits {
            Ok(()) => {}
            Err(why) if parameter.is_required() => {
                return Err(format!("parameter `{}`: {why}", parameter.name));
            }
            Err(why) => inputs.notes.push(format!("the parameter `{}` is left out: {why}", parameter.name)),
        }
    }
    placed.headers.extend(style::cookie_row(&cookies)?);
    Ok(placed)
}

impl<'d> Parameter<'d> {
    pub(super) fn is_required(&self) -> bool {
        self.place == "path" || self.value.get("required") == Some(&Value::Bool(true))
    }

    /// The schema, and the media type where the parameter has `content`.
    pub(super) fn schema(&self) -> (&'d Value, Option<&'d str>) {
        let content =
            self.value.get("content").and_then(Value::as_object).and_then(|content| content.iter().next());
        match content {
            Some((media, inner)) => (inner.get("schema").unwrap_or(&Value::Null), Some(media.as_str())),
            None => (self.value.get("schema").unwrap_or(&Value::Null), None),
        }
    }

    pub(super) fn style(&self, default: &'static str) -> &'d str {
        self.value.get("style").and_then(Value::as_str).unwrap_or(default)
    }

    pub(super) fn explode(&self, default: bool) -> bool {
        self.value.get("explode").and_then(Value::as_bool).unwrap_or(default)
    }

    pub(super) fn add_input(&self, document: Document<'_>, bounds: Bounds, inputs: &mut Inputs) -> String {
        let (schema, _) = self.schema();
        let mut schema = convert(document, schema, Side::Request, bounds);
        if let (Some(text), Some(map)) =
            (self.value.get("description").and_then(Value::as_str), schema.as_object_mut())
        {
            map.insert("description".to_owned(), shortened(text, bounds.text).into());
        }
        inputs.add(self.name, self.place, schema, self.is_required())
    }

    /// The media type's own text of a value, where the parameter has `content`.
    pub(super) fn content(&self, input: &str) -> Option<String> {
        let (_, media) = self.schema();
        let value = format!("inputs.{input}");
        Some(match media? {
            media if super::media::is_json(media) => {
                style::guarded(&format!("{value} | tojson"), &value, self.is_required())
            }
            _ => format!("{{{{ {value} }}}}"),
        })
    }
}

fn row(name: &str, value: impl Into<String>, required: bool) -> RowDraft {
    RowDraft { name: name.to_owned(), value: Text(value.into()), enabled: true, optional: !required }
}

fn place_query(
    document: Document<'_>,
    parameter: &Parameter<'_>,
    bounds: Bounds,
    inputs: &mut Inputs,
    rows: &mut Vec<RowDraft>,
) -> Result<(), String> {
    if parameter.name.contains("{{") || parameter.name.contains("{%") {
        return Err("its name looks like a template".to_owned());
    }
    let shape = Shape::of(document, parameter.schema().0);
    let required = parameter.is_required();
    let style = parameter.style("form");
    let (name, has_content) = (parameter.name, parameter.schema().1.is_some());
    let explode = parameter.explode(style == "form" || style == "deepObject");
    let spread = !has_content && matches!(shape, Shape::Object(_)) && (explode || style == "deepObject");
    if let (true, Shape::Object(properties)) = (spread, &shape)
        && properties.is_empty()
    {
        return Err("an object without named properties cannot be spread over a query".to_owned());
    }
    let separators = Separators::of_query(style)?;
    let pairs = match &shape {
        Shape::Object(properties) if !spread && !has_content => Some(properties),
        _ => None,
    };
    let input_path = |input: &str| format!("inputs.{input}");
    // Whether it can be written is known before an input is made of it.
    let joined =
        pairs.map(|properties| style::object(&input_path("x"), properties, separators)).transpose()?;
    let input = parameter.add_input(document, bounds, inputs);
    if let Some(content) = parameter.content(&input) {
        rows.push(row(name, content, required));
        return Ok(());
    }
    if let (Some(_), Some(properties)) = (joined, pairs) {
        let whole = style::object(&input_path(&input), properties, separators)?;
        rows.push(row(name, style::guarded(&whole, &input_path(&input), required), required));
        return Ok(());
    }
    // No pair at all would not be the parameter.
    if required
        && matches!(shape, Shape::List)
        && let Some(schema) = inputs.properties.get_mut(&input).and_then(Value::as_object_mut)
    {
        schema.entry("minItems").or_insert_with(|| 1.into());
    }
    let value = input_path(&input);
    match &shape {
        Shape::Single => rows.push(row(name, format!("{{{{ {value} }}}}"), required)),
        Shape::List if explode => rows.push(row(name, format!("{{{{ {value} }}}}"), required)),
        Shape::SingleOrList if explode => rows.push(row(name, format!("{{{{ {value} }}}}"), required)),
        Shape::List => {
            rows.push(row(name, format!("{{{{ {value} | join('{}') }}}}", separators.item), required))
        }
        Shape::SingleOrList => {
            let either = style::single_or_list(&value, separators);
            rows.push(row(name, either, required));
        }
        Shape::Object(_) => {
            let prefix = if style == "deepObject" { Some(name) } else { None };
            let schema = parameter.schema().0;
            spread_rows(document, schema, prefix, &value, required, NESTING_MAX, rows);
        }
    }
    Ok(())
}

/// A row for each property of an object, and for each of theirs: `filter[status]`, or `status` without a prefix.
fn spread_rows(
    document: Document<'_>,
    schema: &Value,
    prefix: Option<&str>,
    value: &str,
    required: bool,
    nesting: usize,
    rows: &mut Vec<RowDraft>,
) {
    let Shape::Object(properties) = Shape::of(document, schema) else { return };
    for property in properties.iter().filter(|property| !property.name.contains("{{")) {
        let name =
            prefix.map_or_else(|| property.name.to_owned(), |prefix| format!("{prefix}[{}]", property.name));
        let value = style::member(value, property.name);
        let required = required && property.required;
        match Shape::of(document, property.schema) {
            Shape::Object(inner) if nesting > 0 && prefix.is_some() && !inner.is_empty() => {
                spread_rows(document, property.schema, Some(&name), &value, required, nesting - 1, rows);
            }
            _ if rows.len() >= PARAMETERS_MAX => return,
            _ => rows.push(row(&name, format!("{{{{ {value} }}}}"), required)),
        }
    }
}

fn place_header(
    document: Document<'_>,
    parameter: &Parameter<'_>,
    bounds: Bounds,
    inputs: &mut Inputs,
    rows: &mut Vec<RowDraft>,
) -> Result<(), String> {
    let name = parameter.name;
    // OpenAPI says so: what these say is said elsewhere in the document.
    if ["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    if is_framing_name(name) || name.eq_ignore_ascii_case("accept-encoding") {
        inputs.notes.push(format!("the header `{name}` is left out: Callout writes it itself"));
        return Ok(());
    }
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > 256 || !name.bytes().all(is_token) {
        return Err("it is not a header's name".to_owned());
    }
    let shape = Shape::of(document, parameter.schema().0);
    let text = style::in_header("x", parameter.explode(false), &shape, parameter.is_required());
    if parameter.schema().1.is_none() {
        text?;
    }
    let input = parameter.add_input(document, bounds, inputs);
    let value = match parameter.content(&input) {
        Some(content) => content,
        None => style::in_header(&input, parameter.explode(false), &shape, parameter.is_required())?,
    };
    rows.push(row(name, value, parameter.is_required()));
    Ok(())
}

fn place_cookie(
    document: Document<'_>,
    parameter: &Parameter<'_>,
    bounds: Bounds,
    inputs: &mut Inputs,
    cookies: &mut Vec<(String, bool)>,
) -> Result<(), String> {
    let name = parameter.name;
    if !is_plain_key(&name.replace(['-', '.', '$'], "_")) {
        return Err("it is not a cookie's name".to_owned());
    }
    let shape = Shape::of(document, parameter.schema().0);
    if matches!(shape, Shape::Object(_)) && parameter.schema().1.is_none() {
        return Err("an object has no place in a cookie".to_owned());
    }
    let input = parameter.add_input(document, bounds, inputs);
    let value = match (parameter.schema().1, &shape) {
        (Some(media), _) if super::media::is_json(media) => format!("inputs.{input} | tojson | urlencode"),
        (_, Shape::List) => format!("inputs.{input} | join(',') | urlencode"),
        _ => format!("inputs.{input} | urlencode"),
    };
    cookies.push((format!("{name}={{{{ {value} }}}}"), parameter.is_required()));
    // An optional one is sent where its input is there: the row takes the conditions.
    if !parameter.is_required() {
        let value = format!("('{name}=' ~ ({value})) if inputs.{input} is defined else none");
        if let Some((text, _)) = cookies.last_mut() {
            *text = value;
        }
    }
    Ok(())
}
