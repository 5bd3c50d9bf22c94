//! Which variables a node's templates and conditions read, and where.

use serde_json::Value;

use crate::draft::{EventTriggerDraft, FlowDraft, TriggerDraft};
use crate::expression::{Expression, Part, ReadPath};
use crate::node::NodeDraft;
use crate::problem::FieldPath;
use crate::scope::Roots;
use crate::template::{Escape, TextTemplate};

/// One look-up in a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub at: FieldPath,
    pub path: ReadPath,
    /// A missing value does no harm here: a `default`, a test, a condition, an optional row.
    pub guarded: bool,
}

impl Read {
    /// The key that follows a root.
    pub(super) fn key_of(&self, root: &str) -> Option<&str> {
        match self.path.parts.first() {
            Some(Part::Key(key)) if self.path.root == root => Some(key),
            _ => None,
        }
    }
}

/// Keys of a node that hold no templates.
const PLAIN_KEYS: [&str; 14] = [
    "type",
    "name",
    "description",
    "next",
    "mode",
    "method",
    "outputs",
    "retry",
    "idempotency",
    "resultPath",
    "resultVariable",
    "responseVariable",
    "urlHosts",
    "flow",
];

/// All that a node reads. What cannot be compiled has a problem of its own and is passed over.
pub(super) fn of_node(node: &NodeDraft, at: &FieldPath) -> Vec<Read> {
    let Ok(Value::Object(fields)) = serde_json::to_value(node) else { return Vec::new() };
    let mut reads = Vec::new();
    for (key, value) in &fields {
        let at = at.key(key.as_str());
        match (key.as_str(), value) {
            ("cases", Value::Array(cases)) => {
                for (index, case) in cases.iter().enumerate() {
                    if let Some(when) = case.get("when").and_then(Value::as_str) {
                        push_expression(when, true, &at.index(index).key("when"), &mut reads);
                    }
                }
            }
            (plain, _) if PLAIN_KEYS.contains(&plain) => {}
            _ => of_value(value, false, &at, &mut reads),
        }
    }
    reads
}

/// All that a flow reads, by the node's position.
pub(super) fn of_flow(draft: &FlowDraft) -> Vec<Vec<Read>> {
    draft.nodes.iter().map(|(id, node)| of_node(node, &super::node_at(id))).collect()
}

/// What the trigger's condition reads.
pub(super) fn of_trigger(draft: &FlowDraft) -> Vec<Read> {
    let mut reads = Vec::new();
    if let TriggerDraft::Event(EventTriggerDraft { when: Some(when), .. }) = &draft.trigger {
        push_expression(when, true, &FieldPath::root().key("trigger").key("when"), &mut reads);
    }
    reads
}

fn of_value(value: &Value, guarded: bool, at: &FieldPath, reads: &mut Vec<Read>) {
    match value {
        Value::String(text) => of_text(text, guarded, at, reads),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let is_row = item.get("name").is_some();
                let flag = |key: &str| item.get(key).and_then(Value::as_bool);
                if is_row && flag("enabled") == Some(false) {
                    continue;
                }
                let optional = is_row && flag("optional") == Some(true);
                of_value(item, guarded || optional, &at.index(index), reads);
            }
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| of_value(value, guarded, &at.key(key.as_str()), reads));
        }
        _ => {}
    }
}

fn of_text(text: &str, guarded: bool, at: &FieldPath, reads: &mut Vec<Read>) {
    if text.contains("{%") {
        // Conditions and loops around a hole may guard it: what they do is not followed.
        let template = TextTemplate::compile(text, Escape::Plain, Roots::FLOW, at, &mut Vec::new());
        let paths = template.map_or_else(Vec::new, |template| template.reads().0);
        reads.extend(paths.into_iter().map(|path| Read { at: at.clone(), path, guarded: true }));
        return;
    }
    for hole in holes(text) {
        push_expression(hole, guarded, at, reads);
    }
}

fn push_expression(source: &str, guarded: bool, at: &FieldPath, reads: &mut Vec<Read>) {
    let Ok(expression) = Expression::compile(source, Roots::FLOW) else { return };
    let guarded = guarded || expression.is_guarded();
    reads.extend(expression.reads().iter().map(|path| Read { at: at.clone(), path: path.clone(), guarded }));
}

/// The expressions in `{{ … }}`; braces in their quotes do not end them.
fn holes(text: &str) -> Vec<&str> {
    let mut holes = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let mut quote = None;
        let mut escaped = false;
        let end = after.char_indices().find(|(index, character)| {
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if *character == '\\' => escaped = true,
                Some(open) if *character == open => quote = None,
                None if matches!(character, '"' | '\'') => quote = Some(*character),
                _ => {}
            }
            quote.is_none() && after[*index..].starts_with("}}")
        });
        let Some((end, _)) = end else { break };
        holes.push(&after[..end]);
        rest = &after[end + 2..];
    }
    holes
}

/// The variables that certainly have a value where a condition holds.
pub(super) fn proven(when: &str) -> Vec<String> {
    if [" or ", " if ", "!="].iter().any(|word| when.contains(word)) {
        return Vec::new();
    }
    when.split(" and ").filter_map(|term| proven_by_term(term.trim())).collect()
}

fn proven_by_term(term: &str) -> Option<String> {
    if term.starts_with("not ") {
        return None;
    }
    let term = match term.split_once(" is ") {
        Some((subject, "defined" | "not none" | "not undefined" | "string" | "number" | "true")) => subject,
        Some(_) => return None,
        None => term,
    };
    // What equals something is there, unless that is itself a look-up.
    let term = match term.split_once("==") {
        Some((left, right)) if Expression::compile(right, Roots::FLOW).is_ok_and(|e| e.is_constant()) => {
            if right.trim() == "none" {
                return None;
            }
            left
        }
        _ => term,
    };
    variable(term.trim())
}

/// The variables that certainly have a value where a condition does not hold.
pub(super) fn proven_by_denial(when: &str) -> Option<String> {
    let when = when.trim();
    if let Some(subject) = when.strip_prefix("not ") {
        return variable(subject.trim());
    }
    match when.split_once(" is ") {
        Some((subject, "undefined" | "none" | "not defined")) => variable(subject.trim()),
        _ => None,
    }
}

/// The variable that an expression is, or looks into.
fn variable(source: &str) -> Option<String> {
    let expression = Expression::compile(source, Roots::FLOW).ok()?;
    match expression.reads() {
        [path] if path.root == "vars" && path.to_string() == source => match path.parts.first() {
            Some(Part::Key(key)) => Some(key.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_end_where_they_end() {
        assert_eq!(holes("a {{ x }} b {{ '}}' ~ y }} {{ z"), [" x ", " '}}' ~ y "]);
        assert_eq!(holes("{\"n\": {{ vars.n }}}"), [" vars.n "]);
        assert_eq!(holes("none"), [""; 0]);
    }

    #[test]
    fn conditions_prove_what_they_ask_for() {
        for (when, names) in [
            ("vars.a", &["a"][..]),
            ("vars.a.b[0]", &["a"]),
            ("vars.a is defined and vars.b", &["a", "b"]),
            ("vars.a == 5", &["a"]),
            ("vars.a == none", &[]),
            ("vars.a == vars.b", &[]),
            ("vars.a or vars.b", &[]),
            ("not vars.a", &[]),
            ("vars.a | default(1)", &[]),
            ("vars.a != 1", &[]),
        ] {
            assert_eq!(proven(when), names, "{when}");
        }
        assert_eq!(proven_by_denial("not vars.a").as_deref(), Some("a"));
        assert_eq!(proven_by_denial("vars.a is undefined").as_deref(), Some("a"));
        assert_eq!(proven_by_denial("vars.a"), None);
    }
}
