//! What a template may read: named roots, each a borrowed JSON value.

use serde_json::Value;

/// The values a template is rendered with. A root that is not there is missing, and so is all below it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    pub vars: Option<&'a dyn Look>,
    pub event: Option<&'a Value>,
    /// Also read as `user`.
    pub contact: Option<&'a Value>,
    pub conversation: Option<&'a Value>,
    pub run: Option<&'a Value>,
    pub flow: Option<&'a Value>,
    pub steps: Option<&'a dyn Look>,
    /// RFC 3339.
    pub now: Option<&'a Value>,
    /// What a `transform` works on.
    pub value: Option<&'a Value>,
    /// The answer, for a `transform`.
    pub response: Option<&'a Value>,
    /// An operation's inputs, checked.
    pub inputs: Option<&'a Value>,
    /// The public configuration of a connection.
    pub conn: Option<&'a Value>,
    /// A connection's secrets: themselves in `auth`, else the marks of the holes that they fill later.
    pub secret: Option<&'a Value>,
    /// What the loops of a text template bind; empty elsewhere.
    pub locals: Locals<'a>,
}

/// The names that loops bind, the innermost last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Locals<'a>(pub(crate) &'a [(&'a str, &'a Value)]);

/// An object whose values are made when they are looked at.
pub trait Look: std::fmt::Debug {
    /// All of it.
    fn whole(&self) -> &Value;
    /// One of its values.
    fn key(&self, key: &str) -> Option<&Value>;
}

impl Look for Value {
    fn whole(&self) -> &Value {
        self
    }

    fn key(&self, key: &str) -> Option<&Value> {
        self.get(key)
    }
}

impl Scope<'_> {
    /// The value of a key of a root, without making the whole root.
    pub(crate) fn look(&self, root: &str, key: &str) -> Option<&Value> {
        let is_local = self.locals.0.iter().any(|(name, _)| *name == root);
        match root {
            "vars" if !is_local => self.vars?.key(key),
            "steps" if !is_local => self.steps?.key(key),
            _ => self.get(root)?.as_object()?.get(key),
        }
    }

    /// The value of a root or of a loop's name.
    pub fn get(&self, root: &str) -> Option<&Value> {
        if let Some((_, value)) = self.locals.0.iter().rev().find(|(name, _)| *name == root) {
            return Some(value);
        }
        match root {
            "vars" => self.vars.map(Look::whole),
            "event" => self.event,
            "contact" | "user" => self.contact,
            "conversation" => self.conversation,
            "run" => self.run,
            "flow" => self.flow,
            "steps" => self.steps.map(Look::whole),
            "now" => self.now,
            "value" => self.value,
            "response" => self.response,
            "inputs" => self.inputs,
            CONN => self.conn,
            SECRET => self.secret,
            _ => None,
        }
    }
}

/// Which roots a template may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roots {
    names: &'static [&'static str],
    /// `secret.<name>` stands alone in its hole: it is filled when the request leaves, and nothing can be worked out
    /// from it before.
    secret_holes: bool,
}

/// The name that reads a connection's secrets: never in a flow's own templates, but in a call with a connection.
pub const SECRET: &str = "secret";
/// The name that reads a connection's public configuration: as [`SECRET`].
pub const CONN: &str = "conn";

impl Roots {
    /// What a flow's templates and conditions read.
    pub const FLOW: Self =
        Self::of(&["vars", "event", "contact", "user", "conversation", "run", "flow", "steps", "now"]);
    /// What the request of a call with a connection reads.
    pub const CALL: Self = Self {
        names: &[
            "vars",
            "event",
            "contact",
            "user",
            "conversation",
            "run",
            "flow",
            "steps",
            "now",
            CONN,
            SECRET,
        ],
        secret_holes: true,
    };
    /// What an operation's own templates read.
    pub const OPERATION: Self = Self { names: &["inputs", CONN, SECRET], secret_holes: true };
    /// What stands in an integration's base URL.
    pub const BASE_URL: Self = Self::of(&[CONN]);
    /// What `auth` and `tls` of an integration or a connection read.
    pub const AUTH: Self = Self::of(&[CONN, SECRET]);
    /// What a `transform` reads.
    pub const TRANSFORM: Self = Self::of(&["value", "response"]);
    /// What the rule reads by which a token counts as expired.
    pub const EXPIRED: Self = Self::of(&["response"]);

    const fn of(names: &'static [&'static str]) -> Self {
        Self { names, secret_holes: false }
    }

    pub fn names(self) -> &'static [&'static str] {
        self.names
    }

    pub fn has(self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// Whether a secret stands for a hole.
    pub(crate) fn has_secret_holes(self) -> bool {
        self.secret_holes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn roots_are_found_by_name_and_locals_hide_them() {
        let (vars, contact) = (json!({ "a": 1 }), json!({ "name": "Ann" }));
        let scope = Scope { vars: Some(&vars), contact: Some(&contact), ..Scope::default() };
        assert_eq!(scope.get("vars"), Some(&vars));
        assert_eq!(scope.get("user"), Some(&contact));
        assert_eq!(scope.get("event"), None);
        assert_eq!(scope.get("secret"), None);
        let seven = json!(7);
        let bound = [("vars", &seven)];
        assert_eq!(Scope { locals: Locals(&bound), ..scope }.get("vars"), Some(&json!(7)));
    }
}
