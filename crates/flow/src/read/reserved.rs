//! Words that the language keeps for later versions, and words of former ones.

use crate::problem::{FieldPath, Problem};
use crate::source::{Content, Entry, Layout, Tree};

/// Node types that are not in this version yet.
const NODE_TYPES: [&str; 4] = ["ask", "updateContact", "sendEmail", "forEach"];
/// Triggers that are not in this version yet.
const TRIGGERS: [&str; 3] = ["webhook", "schedule", "conversation"];
/// Keys of a `wait` for something other than a duration.
const WAIT_KEYS: [&str; 7] = ["until", "callback", "event", "expires", "expiresIn", "expiresAfter", "cases"];
/// Former node types, each with the `mode` it stands for.
const FORMER_TYPES: [(&str, &str); 2] = [("httpRequest", "http"), ("integrationCall", "integration")];

/// What was set aside.
pub(super) struct SetAside {
    pub problems: Vec<Problem>,
    /// Whether what remains is still the whole graph.
    pub whole: bool,
}

/// Takes out of a flow's tree what this version does not have, so that nobody calls it unknown, and gives former
/// words their present names.
pub(super) fn set_aside(tree: &mut Tree) -> SetAside {
    let mut aside = SetAside { problems: Vec::new(), whole: true };
    let root = FieldPath::root();
    if let Some(entries) = tree.entries_mut() {
        if let Some(trigger) = entries.get_mut("trigger") {
            aside.trigger(&mut trigger.tree, &root.key("trigger"));
        }
        if entries.get("entry").is_some_and(|entry| is_reserved_entry(&entry.tree)) {
            aside.key(entries, "entry", &root, "`entry` other than `always`");
        }
        if let Some(nodes) = entries.get_mut("nodes").and_then(|entry| entry.tree.entries_mut()) {
            nodes.retain(|id, entry| aside.node(&mut entry.tree, &root.key("nodes").key(id.as_str())));
        }
    }
    aside
}

fn is_reserved_entry(entry: &Tree) -> bool {
    entry.as_text() == Some("once") || entry.get("oncePer").is_some()
}

impl SetAside {
    fn report(&mut self, at: FieldPath, what: &str, fix: &str) {
        let message = format!("{what} is not in this version yet");
        self.problems.push(Problem::error("not-in-this-version", at, message, fix));
    }

    fn key(
        &mut self,
        entries: &mut indexmap::IndexMap<String, Entry>,
        key: &str,
        at: &FieldPath,
        what: &str,
    ) -> bool {
        let found = entries.shift_remove(key).is_some();
        if found {
            self.report(at.key(key), what, "");
        }
        found
    }

    fn trigger(&mut self, tree: &mut Tree, at: &FieldPath) {
        let kind = tree.get("type").and_then(Tree::as_text).unwrap_or("").to_owned();
        if TRIGGERS.contains(&kind.as_str()) {
            let fix = "Use `event`, and let the host application post it, or `api`.";
            self.report(at.key("type"), &format!("the trigger `{kind}`"), fix);
            self.whole = false;
            *tree = stand_in_trigger(tree);
            return;
        }
        let Some(entries) = tree.entries_mut() else { return };
        let more_than_one = |entry: &Entry| match &entry.tree.content {
            Content::Number(number) => number.as_u64().is_some_and(|n| n > 1),
            _ => false,
        };
        if entries.get("occurrences").is_some_and(more_than_one) {
            self.key(entries, "occurrences", at, "`occurrences`");
        }
    }

    /// Whether the node stays in the tree.
    fn node(&mut self, tree: &mut Tree, at: &FieldPath) -> bool {
        let kind = tree.get("type").and_then(Tree::as_text).unwrap_or("").to_owned();
        if NODE_TYPES.contains(&kind.as_str()) {
            self.report(at.key("type"), &format!("the node type `{kind}`"), "");
            self.whole = false;
            return false;
        }
        let Some(entries) = tree.entries_mut() else { return true };
        if let Some((_, mode)) = FORMER_TYPES.iter().find(|(former, _)| *former == kind) {
            rename(entries, mode);
        }
        match kind.as_str() {
            "wait" => self.wait(entries, at),
            "apiCall" | "httpRequest" | "integrationCall" => {
                connection_of_auth(entries);
                true
            }
            _ => true,
        }
    }

    fn wait(&mut self, entries: &mut indexmap::IndexMap<String, Entry>, at: &FieldPath) -> bool {
        let mut found = false;
        for key in WAIT_KEYS {
            found |= self.key(entries, key, at, &format!("`{key}` of a wait"));
        }
        // Without a duration nothing is left that could be checked.
        let stays = !found || entries.contains_key("duration");
        self.whole &= stays;
        stays
    }
}

/// `auth: {connectionId}` is another way of writing `connectionId`.
fn connection_of_auth(entries: &mut indexmap::IndexMap<String, Entry>) {
    let of_auth = entries.get_mut("auth").and_then(|auth| auth.tree.entries_mut());
    let Some(connection) = of_auth.and_then(|auth| auth.shift_remove("connectionId")) else { return };
    let rest = entries.get("auth").and_then(|auth| auth.tree.get("type")).is_some();
    if !rest {
        entries.shift_remove("auth");
    }
    entries.entry("connectionId".to_owned()).or_insert(connection);
}

/// A former type as `apiCall`; a mode that is written stays.
fn rename(entries: &mut indexmap::IndexMap<String, Entry>, mode: &str) {
    let Some(kind) = entries.get_mut("type") else { return };
    kind.tree.content = Content::Text("apiCall".to_owned());
    let entry = Entry { key_place: kind.key_place, tree: text(kind.tree.place, mode) };
    entries.entry("mode".to_owned()).or_insert(entry);
}

/// A trigger of this version in place of one that is not: its own problem is told, and no other.
fn stand_in_trigger(tree: &Tree) -> Tree {
    let kind = Entry { key_place: tree.place, tree: text(tree.place, "api") };
    Tree {
        place: tree.place,
        written: None,
        layout: Layout::Bare,
        content: Content::Object([("type".to_owned(), kind)].into_iter().collect()),
    }
}

fn text(place: crate::problem::Place, text: &str) -> Tree {
    Tree { place, written: None, layout: Layout::Bare, content: Content::Text(text.to_owned()) }
}
