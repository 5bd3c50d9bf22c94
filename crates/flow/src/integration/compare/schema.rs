//! Two JSON Schemas side by side: what one who gives a value, or takes one, must know.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Schema, shown};

/// How deep schemas are compared: beyond this they count as alike.
const DEPTH_MAX: usize = 12;

/// One difference.
pub(super) struct Found {
    /// As `customer.name` or `items[].id`; empty for the whole.
    pub(super) name: String,
    pub(super) breaking: bool,
    pub(super) message: String,
}

/// For those who give values: what fitted may fit no more.
pub(super) fn given(before: Option<&Schema>, after: Option<&Schema>) -> Vec<Found> {
    Sides::of(before, after, true)
}

/// For those who take values: what was there may be there no more.
pub(super) fn taken(before: Option<&Schema>, after: Option<&Schema>) -> Vec<Found> {
    if after.is_none() && before.is_some() {
        let message = "what an answer holds is not told any more".to_owned();
        return vec![Found { name: String::new(), breaking: false, message }];
    }
    Sides::of(before, after, false)
}

struct Sides<'s> {
    before: &'s Schema,
    after: &'s Schema,
    given: bool,
    found: Vec<Found>,
}

impl Sides<'_> {
    fn of(before: Option<&Schema>, after: Option<&Schema>, given: bool) -> Vec<Found> {
        let none = Schema::new();
        let (before, after) = (before.unwrap_or(&none), after.unwrap_or(&none));
        let mut sides = Sides { before, after, given, found: Vec::new() };
        sides.objects(before, after, "", 0);
        sides.found
    }

    fn push(&mut self, name: &str, breaking: bool, message: String) {
        self.found.push(Found { name: name.to_owned(), breaking, message });
    }

    fn objects(&mut self, before: &Schema, after: &Schema, at: &str, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        self.properties(before, after, at, depth);
        self.types(before, after, at);
        self.choices(before, after, at);
        self.bounds(before, after, at);
        let items = |schema: &Schema| schema.get("items").and_then(Value::as_object).cloned();
        if let (Some(was), Some(is)) = (items(before), items(after)) {
            let (was, is) = (resolved(self.before, &was), resolved(self.after, &is));
            self.objects(&was, &is, &format!("{at}[]"), depth + 1);
        }
    }

    fn properties(&mut self, before: &Schema, after: &Schema, at: &str, depth: usize) {
        let none = Schema::new();
        let properties = |schema: &'_ Schema| {
            schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_else(|| none.clone())
        };
        let (was, is) = (properties(before), properties(after));
        let (must_before, must_after) = (required(before), required(after));
        for (name, schema) in &was {
            let at = joined(at, name);
            let Some(other) = is.get(name) else {
                self.push(
                    &at,
                    true,
                    match self.given {
                        true => format!("`{at}` is not taken any more"),
                        false => format!("`{at}` is not in the answer any more"),
                    },
                );
                continue;
            };
            let (needed, needs) = (must_before.contains(name.as_str()), must_after.contains(name.as_str()));
            if self.given && needs && !needed {
                let has_default = other.get("default").is_some();
                self.push(&at, !has_default, format!("`{at}` must be given now"));
            } else if self.given && needed && !needs {
                self.push(&at, false, format!("`{at}` may be left out now"));
            } else if !self.given && needed && !needs {
                self.push(&at, true, format!("`{at}` may be missing from the answer now"));
            }
            if let (Some(schema), Some(other)) = (schema.as_object(), other.as_object()) {
                let (schema, other) = (resolved(self.before, schema), resolved(self.after, other));
                if self.given && schema.get("default") != other.get("default") {
                    let (was, is) = (shown(&schema.get("default")), shown(&other.get("default")));
                    self.push(&at, false, format!("the default of `{at}` is another: {was} became {is}"));
                }
                self.objects(&schema, &other, &at, depth + 1);
            }
        }
        for (name, schema) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
            let at = joined(at, name);
            let must = must_after.contains(name.as_str()) && schema.get("default").is_none();
            match (self.given, must) {
                (true, true) => self.push(&at, true, format!("`{at}` is new, and must be given")),
                (true, false) => self.push(&at, false, format!("`{at}` is new, and may be given")),
                (false, _) => self.push(&at, false, format!("`{at}` is new in the answer")),
            }
        }
        // What is required need not be described.
        let undescribed = |name: &&&str| !was.contains_key(**name) && !is.contains_key(**name);
        for name in must_after.difference(&must_before).filter(undescribed).filter(|_| self.given) {
            let at = joined(at, name);
            self.found.push(Found { message: format!("`{at}` must be given now"), name: at, breaking: true });
        }
        for name in must_before.difference(&must_after).filter(undescribed) {
            let at = joined(at, name);
            let message = match self.given {
                true => format!("`{at}` may be left out now"),
                false => format!("`{at}` may be missing from the answer now"),
            };
            self.found.push(Found { message, name: at, breaking: !self.given });
        }
        let closed = |schema: &Schema| schema.get("additionalProperties") == Some(&Value::Bool(false));
        if self.given && closed(after) && !closed(before) {
            self.push(at, true, "other names than those it lists are not taken any more".to_owned());
        }
    }

    /// Whoever gives loses by fewer types, whoever takes by more.
    fn types(&mut self, before: &Schema, after: &Schema, at: &str) {
        let (was, is) = (types(before), types(after));
        if was == is {
            return;
        }
        let narrower = match (was.is_empty(), is.is_empty()) {
            (_, true) => false,
            (true, false) => true,
            _ => was.iter().any(|kind| !covered(kind, &is)),
        };
        let wider = match (was.is_empty(), is.is_empty()) {
            (true, _) => false,
            (false, true) => true,
            _ => is.iter().any(|kind| !covered(kind, &was)),
        };
        let words = |types: &BTreeSet<String>| match types.is_empty() {
            true => "anything".to_owned(),
            false => types.iter().cloned().collect::<Vec<_>>().join(" or "),
        };
        let message = format!("{} was {} and is {}", subject(at), words(&was), words(&is));
        self.push(at, if self.given { narrower } else { wider }, message);
    }

    fn choices(&mut self, before: &Schema, after: &Schema, at: &str) {
        let choices = |schema: &Schema| -> Option<BTreeSet<String>> {
            let list = schema.get("enum")?.as_array()?;
            Some(list.iter().map(Value::to_string).collect())
        };
        let (was, is) = (choices(before), choices(after));
        let none = BTreeSet::new();
        let (gone, new): (Vec<_>, Vec<_>) = match (&was, &is) {
            (None, None) => return,
            (None, Some(is)) => {
                let list = is.iter().cloned().collect::<Vec<_>>().join(", ");
                return self.push(at, self.given, format!("{} is one of {list} now", subject(at)));
            }
            (Some(_), None) => {
                return self.push(at, !self.given, format!("{} may be any other value now", subject(at)));
            }
            (Some(was), Some(is)) => {
                (was.difference(is).chain(&none).cloned().collect(), is.difference(was).cloned().collect())
            }
        };
        if !gone.is_empty() {
            let (list, of) = (gone.join(", "), subject(at));
            self.push(at, self.given, format!("{of} is not {list} any more"));
        }
        if !new.is_empty() {
            let (list, of) = (new.join(", "), subject(at));
            self.push(at, !self.given, format!("{of} may be {list} too"));
        }
    }

    /// Bounds of what is given: tighter ones refuse what fitted.
    fn bounds(&mut self, before: &Schema, after: &Schema, at: &str) {
        const LOWER: [&str; 4] = ["minimum", "exclusiveMinimum", "minLength", "minItems"];
        const UPPER: [&str; 4] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"];
        if !self.given {
            return;
        }
        let number = |schema: &Schema, key: &str| schema.get(key).and_then(Value::as_f64);
        for key in LOWER.into_iter().chain(UPPER) {
            let (was, is) = (number(before, key), number(after, key));
            if was == is {
                continue;
            }
            let tighter = match (was, is) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(was), Some(is)) => {
                    if LOWER.contains(&key) {
                        is > was
                    } else {
                        is < was
                    }
                }
            };
            let message = format!("{}: `{key}` {} became {}", subject(at), shown(&was), shown(&is));
            self.push(at, tighter, message);
        }
        for key in ["pattern", "format"] {
            let (was, is) = (before.get(key), after.get(key));
            if was != is {
                let message = format!("{}: `{key}` {} became {}", subject(at), shown(&was), shown(&is));
                self.push(at, is.is_some(), message);
            }
        }
    }
}

fn joined(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn subject(at: &str) -> String {
    if at.is_empty() { "the whole".to_owned() } else { format!("`{at}`") }
}

fn required(schema: &Schema) -> BTreeSet<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn types(schema: &Schema) -> BTreeSet<String> {
    let mut types: BTreeSet<String> = match schema.get("type") {
        Some(Value::String(one)) => BTreeSet::from([one.clone()]),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    };
    if types.contains("number") {
        types.remove("integer");
    }
    types
}

/// Whether a value of the type is one of the types: every integer is a number.
fn covered(kind: &str, types: &BTreeSet<String>) -> bool {
    types.contains(kind) || (kind == "integer" && types.contains("number"))
}

/// The schema that a local `$ref` leads to. One that leads elsewhere, or in a circle, stays as it is.
fn resolved(root: &Schema, schema: &Schema) -> Schema {
    let mut found = schema.clone();
    for _ in 0..DEPTH_MAX {
        let Some(pointer) =
            found.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/"))
        else {
            break;
        };
        let mut target = None;
        for (index, part) in pointer.split('/').enumerate() {
            let part = part.replace("~1", "/").replace("~0", "~");
            target = if index == 0 { root.get(&part) } else { target.and_then(|at: &Value| at.get(&part)) };
        }
        let Some(target) = target.and_then(Value::as_object) else { break };
        found = target.clone();
    }
    found
}
