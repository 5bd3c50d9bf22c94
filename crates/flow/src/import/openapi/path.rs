//! The path of an operation: its parameters as segments, or as parts of them.

use serde_json::Value;

use super::names::literal;
use super::parameters::{Inputs, Parameter};
use super::refs::Document;
use super::schema::Bounds;
use super::shape::Shape;
use super::style;

/// The path of an operation, its parameters in place.
pub(super) fn place(
    document: Document<'_>,
    path: &str,
    parameters: &[Parameter<'_>],
    bounds: Bounds,
    inputs: &mut Inputs,
) -> Result<String, String> {
    let path = path.split('#').next().unwrap_or_default();
    let mut out = String::new();
    let mut rest = path;
    let mut placed: Vec<(&str, String)> = Vec::new();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        out.push_str(&literal(before));
        rest = after;
        let template = match placed.iter().find(|(known, _)| *known == name) {
            Some((_, template)) => template.clone(),
            None => match parameters.iter().find(|p| p.place == "path" && p.name == name) {
                Some(parameter) => path_template(document, parameter, bounds, inputs)?,
                None => {
                    inputs.notes.push(format!("the document says nothing of `{name}` in the path: a text"));
                    let schema = serde_json::json!({ "type": "string" });
                    format!("{{{{ inputs.{} }}}}", inputs.add(name, "path", schema, true))
                }
            },
        };
        out.push_str(&template);
        placed.push((name, template));
    }
    out.push_str(&literal(rest));
    for parameter in parameters.iter().filter(|p| p.place == "path") {
        if !placed.iter().any(|(name, _)| *name == parameter.name) {
            inputs.notes.push(format!(
                "the parameter `{}` is left out: the path has no place for it",
                parameter.name
            ));
        }
    }
    let dots = |segment: &str| matches!(segment, "." | "..");
    if out.split('?').next().unwrap_or_default().split('/').any(dots) || out.contains('\\') {
        return Err("its path holds `.`, `..` or a backslash as a segment".to_owned());
    }
    Ok(if out.starts_with('/') { out } else { format!("/{out}") })
}

fn path_template(
    document: Document<'_>,
    parameter: &Parameter<'_>,
    bounds: Bounds,
    inputs: &mut Inputs,
) -> Result<String, String> {
    let shape = Shape::of(document, parameter.schema().0);
    let input = parameter.add_input(document, bounds, inputs);
    if let Some(content) = parameter.content(&input) {
        return Ok(content);
    }
    // Nothing at all would leave an empty segment.
    let least = match &shape {
        Shape::List => Some("minItems"),
        Shape::Object(_) => Some("minProperties"),
        Shape::Single | Shape::SingleOrList => None,
    };
    if let (Some(least), Some(schema)) =
        (least, inputs.properties.get_mut(&input).and_then(Value::as_object_mut))
    {
        schema.entry(least).or_insert_with(|| 1.into());
    }
    let style = parameter.style("simple");
    if style == "matrix" && parameter.explode(false) {
        narrow_matrix(parameter.name, &shape, &input, inputs);
    }
    style::in_path(parameter.name, &input, style, parameter.explode(false), &shape)
        .map_err(|why| format!("parameter `{}`: {why}", parameter.name))
}

/// `;a=1;a=2` and `;R=100;G=200`: the signs between would be encoded, as all of a value is. One item needs none, and
/// those between members stand in the path where every member is sent.
fn narrow_matrix(name: &str, shape: &Shape<'_>, input: &str, inputs: &mut Inputs) {
    let Some(schema) = inputs.properties.get_mut(input).and_then(Value::as_object_mut) else { return };
    let what = match shape {
        Shape::Single => return,
        Shape::List | Shape::SingleOrList => {
            schema.insert("maxItems".to_owned(), 1.into());
            "takes one item"
        }
        Shape::Object(properties) => {
            let names: Vec<&str> = properties.iter().map(|property| property.name).collect();
            schema.insert("required".to_owned(), names.into());
            "needs every member"
        }
    };
    inputs.notes.push(format!("`{name}` {what}: its style is `matrix`, exploded"));
}
