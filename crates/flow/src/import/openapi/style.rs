//! The styles in which OpenAPI writes lists and objects into URLs and headers, as expressions.

use super::names::{is_plain_key, literal};
use super::shape::{Property, Shape};
use crate::draft::{RowDraft, Text};

/// The longest expression that is made, in bytes, and the most parts: less than what expressions may have.
const EXPRESSION_BYTES_MAX: usize = 900;
const PARTS_MAX: usize = 5;

/// What stands between items, and between a name and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Separators {
    pub item: &'static str,
    pub pair: &'static str,
}

impl Separators {
    pub(super) fn of_query(style: &str) -> Result<Self, String> {
        let one = |sign| Self { item: sign, pair: sign };
        match style {
            "form" | "deepObject" => Ok(one(",")),
            "spaceDelimited" => Ok(one(" ")),
            "pipeDelimited" => Ok(one("|")),
            other => Err(format!("the style `{other}` is not one of a query")),
        }
    }
}

/// A member of a value, as `inputs.a.b` or `inputs.a['b-c']`.
pub(super) fn member(value: &str, key: &str) -> String {
    if is_plain_key(key) {
        format!("{value}.{key}")
    } else {
        let key = key.replace('\\', "\\\\").replace('\'', "\\'");
        format!("{value}['{key}']")
    }
}

/// A hole that stays missing where its input is.
pub(super) fn guarded(expression: &str, value: &str, required: bool) -> String {
    if required {
        format!("{{{{ {expression} }}}}")
    } else {
        format!("{{{{ ({expression}) if {value} is defined and {value} is not none else none }}}}")
    }
}

pub(super) fn single_or_list(value: &str, separators: Separators) -> String {
    format!("{{{{ ({value} | join('{}')) if {value} is sequence else {value} }}}}", separators.item)
}

/// An object's members as one text, those that are there: `R,100,G,200`, or with `=` between the two.
pub(super) fn object(
    value: &str,
    properties: &[Property<'_>],
    separators: Separators,
) -> Result<String, String> {
    let parts: Vec<String> = properties
        .iter()
        .filter(|property| !property.name.contains(['\'', '\\', '{', '}']))
        .map(|property| {
            let member = member(value, property.name);
            let part = format!("'{}{}' ~ {member}", property.name, separators.pair);
            if property.required {
                format!("({part})")
            } else {
                format!("(({part}) if {member} is defined else none)")
            }
        })
        .collect();
    let list = parts.join(", ");
    let all_required = properties.iter().all(|property| property.required);
    let select = if all_required { "" } else { " | reject('none')" };
    let text = format!("[{list}]{select} | join('{}')", separators.item);
    if properties.is_empty() {
        Err("an object without named properties has no place there".to_owned())
    } else if parts.len() > PARTS_MAX || text.len() > EXPRESSION_BYTES_MAX {
        Err(format!("an object of more than {PARTS_MAX} properties has no place there"))
    } else {
        Ok(text)
    }
}

/// A parameter's part of the path.
pub(super) fn in_path(
    name: &str,
    input: &str,
    style: &str,
    explode: bool,
    shape: &Shape<'_>,
) -> Result<String, String> {
    let value = format!("inputs.{input}");
    let before = match style {
        "simple" => String::new(),
        "label" => ".".to_owned(),
        // Every member of an exploded object is a pair of its own.
        "matrix" if explode && matches!(shape, Shape::Object(_)) => String::new(),
        "matrix" => format!(";{}=", literal(name)),
        other => return Err(format!("the style `{other}` is not one of a path")),
    };
    let item = if style == "label" && explode { "." } else { "," };
    let hole = match shape {
        Shape::Single => format!("{{{{ {value} }}}}"),
        Shape::List => format!("{{{{ {value} | join('{item}') }}}}"),
        Shape::SingleOrList => single_or_list(&value, Separators { item, pair: "," }),
        Shape::Object(properties) if style == "matrix" && explode => return matrix(&value, properties),
        Shape::Object(properties) => {
            let pair = if explode { "=" } else { "," };
            format!("{{{{ {} }}}}", object(&value, properties, Separators { item, pair })?)
        }
    };
    Ok(format!("{before}{hole}"))
}

/// `;R=100;G=200`: every member is there.
fn matrix(value: &str, properties: &[Property<'_>]) -> Result<String, String> {
    if properties.is_empty() {
        return Err("an object without named properties has no place in a path".to_owned());
    }
    let parts =
        properties.iter().map(|p| format!(";{}={{{{ {} }}}}", literal(p.name), member(value, p.name)));
    Ok(parts.collect())
}

/// A header's value; the style of headers is `simple`.
pub(super) fn in_header(
    input: &str,
    explode: bool,
    shape: &Shape<'_>,
    required: bool,
) -> Result<String, String> {
    let value = format!("inputs.{input}");
    let separators = Separators { item: ",", pair: if explode { "=" } else { "," } };
    Ok(match shape {
        Shape::Single => format!("{{{{ {value} }}}}"),
        Shape::List => format!("{{{{ {value} | join(',') }}}}"),
        Shape::SingleOrList => single_or_list(&value, separators),
        Shape::Object(properties) => guarded(&object(&value, properties, separators)?, &value, required),
    })
}

/// The `Cookie` header of cookie parameters: a text for each required one, a condition for each optional one.
pub(super) fn cookie_row(cookies: &[(String, bool)]) -> Result<Option<RowDraft>, String> {
    let required: Vec<&str> = cookies.iter().filter(|c| c.1).map(|c| c.0.as_str()).collect();
    let optional: Vec<&str> = cookies.iter().filter(|c| !c.1).map(|c| c.0.as_str()).collect();
    if cookies.is_empty() {
        return Ok(None);
    }
    let mut value = required.join("; ");
    let is_optional = required.is_empty();
    if is_optional {
        // Nothing at all is missing, and drops the row.
        let list = optional.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(", ");
        value = format!("{{{{ ([{list}] | reject('none') | join('; ')) or none }}}}");
        if value.len() > EXPRESSION_BYTES_MAX || optional.len() > PARTS_MAX {
            return Err(format!("more than {PARTS_MAX} optional cookies have no place in one header"));
        }
    } else {
        for part in &optional {
            let part = part.replacen("('", "('; ", 1);
            value.push_str(&format!("{{{{ {} }}}}", part.replace("else none", "else ''")));
        }
    }
    Ok(Some(RowDraft { name: "Cookie".to_owned(), value: Text(value), enabled: true, optional: is_optional }))
}
