//! Which branch of a schema a tree was meant for.

use serde_json::Value;

use super::{Fitting, choices, did_you_mean, required, types, words};
use crate::problem::{FieldPath, Place};
use crate::source::{Content, Tree};

impl<'s> Fitting<'s> {
    /// The branch that a tree was meant for is the one that its discriminator names, or else the only one that
    /// takes its kind of value; a problem is then told of that branch alone.
    pub(super) fn choose(
        &mut self,
        tree: &Tree,
        branches: &'s [Value],
        at: &FieldPath,
        key_place: Option<Place>,
    ) -> Value {
        let branches: Vec<&'s Value> = branches.iter().map(|branch| self.resolve(branch)).collect();
        if let (Some(key), Content::Object(_)) = (discriminator(&branches), &tree.content) {
            return self.discriminate(tree, &branches, key, at, key_place);
        }
        let fitting: Vec<&'s Value> = branches.iter().copied().filter(|branch| takes(branch, tree)).collect();
        match fitting.as_slice() {
            [only] => self.value(tree, only, at, key_place),
            [] => self.takes_none(tree, &branches, at),
            several => {
                let constants: Option<Vec<Vec<&str>>> = several.iter().map(|b| choices(b)).collect();
                match constants {
                    Some(constants) => self.one_of(tree, &constants.concat(), at),
                    None => self.best(tree, several, at, key_place),
                }
            }
        }
    }

    fn discriminate(
        &mut self,
        tree: &Tree,
        branches: &[&'s Value],
        key: &str,
        at: &FieldPath,
        key_place: Option<Place>,
    ) -> Value {
        let named = |branch: &'s Value| branch.get("properties")?.get(key)?.get("const")?.as_str();
        let known: Vec<&str> = branches.iter().filter_map(|branch| named(branch)).collect();
        let Some(tag) = tree.get(key).filter(|tag| tag.content != Content::Null) else {
            let fix = format!("Add `{key}: …`. {}", did_you_mean("", &known, "values"));
            let message = format!("`{key}` is missing");
            self.report("missing-key", at.key(key), key_place.unwrap_or(tree.place), message, fix);
            return Value::Null;
        };
        let text = tag.as_text();
        match branches.iter().find(|branch| text.is_some() && named(branch) == text) {
            Some(branch) => self.value(tree, branch, at, key_place),
            None => {
                self.one_of(tag, &known, &at.key(key));
                Value::Null
            }
        }
    }

    fn takes_none(&mut self, tree: &Tree, branches: &[&'s Value], at: &FieldPath) -> Value {
        let mut wanted: Vec<&str> = Vec::new();
        for kind in branches.iter().flat_map(|branch| kinds(branch)) {
            if !wanted.contains(&kind) {
                wanted.push(kind);
            }
        }
        let known: Vec<&str> = branches.iter().filter_map(|branch| choices(branch)).flatten().collect();
        if known.is_empty() || wanted.len() > 1 {
            return self.wrong_type(tree, &wanted, at);
        }
        let message = format!("expected {}, found {}", words::either(&known), words::found(&tree.content));
        self.report("wrong-type", at.clone(), tree.place, message, String::new());
        Value::Null
    }

    /// The first branch with the fewest problems.
    fn best(
        &mut self,
        tree: &Tree,
        branches: &[&'s Value],
        at: &FieldPath,
        key_place: Option<Place>,
    ) -> Value {
        let tried = branches.iter().map(|branch| {
            let mut fitting = Fitting { root: self.root, whole: true, problems: Vec::new() };
            let value = fitting.value(tree, branch, at, key_place);
            (value, fitting)
        });
        match tried.min_by_key(|(_, fitting)| (!fitting.whole, fitting.problems.len())) {
            Some((value, fitting)) => {
                self.whole &= fitting.whole;
                self.problems.extend(fitting.problems);
                value
            }
            None => Value::Null,
        }
    }
}

/// The key whose constant tells the object branches apart.
fn discriminator<'s>(branches: &[&'s Value]) -> Option<&'s str> {
    let objects: Vec<&'s Value> = branches.iter().copied().filter(|b| types(b).contains(&"object")).collect();
    let first = objects.first()?;
    let tells = |branch: &Value, key: &str| {
        branch["properties"][key].get("const").is_some() && required(branch).contains(&key)
    };
    required(first).into_iter().find(|key| objects.iter().all(|branch| tells(branch, key)))
}

fn takes(branch: &Value, tree: &Tree) -> bool {
    let kinds = kinds(branch);
    kinds.is_empty()
        || kinds.iter().any(|kind| match &tree.content {
            Content::Null => *kind == "null",
            Content::Bool(_) => *kind == "boolean",
            Content::Number(_) => matches!(*kind, "number" | "integer"),
            Content::Text(_) => *kind == "string",
            Content::List(_) => *kind == "array",
            Content::Object(_) => *kind == "object",
        })
}

/// The types that a branch takes; of a choice within it, those of all its branches.
fn kinds(branch: &Value) -> Vec<&str> {
    match branch.get("oneOf").or_else(|| branch.get("anyOf")).and_then(Value::as_array) {
        Some(inner) if choices(branch).is_none() => inner.iter().flat_map(kinds).collect(),
        _ if choices(branch).is_some() => vec!["string"],
        _ => types(branch),
    }
}
