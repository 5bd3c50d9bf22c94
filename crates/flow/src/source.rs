//! A file's text as a tree of values, each with its place.

mod json;
mod scalar;
mod write;
mod yaml;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

pub(crate) use scalar::plain as plain_scalar;
pub use write::to_yaml;

use crate::problem::{FieldPath, PathPart, Place, Problem};

/// The largest file that is read, in bytes: a flow of ten thousand nodes has about a quarter of it.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// How deep lists and objects may nest: as deep as an answer may (spec 7).
pub const DEPTH_MAX: usize = crate::json::DEPTH_MAX;

/// The most values in one file, aliases counted as often as they are used.
pub const VALUES_MAX: usize = 250_000;

/// The most text that aliases may add to a file, in bytes.
pub const ALIAS_BYTES_MAX: usize = 4 << 20;

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON where the whole text is JSON, else YAML.
    #[default]
    Either,
    Json,
    Yaml,
}

impl Format {
    /// The format that a file's name tells, by its extension.
    pub fn of_name(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::Either,
        }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// Where the value begins; of a block scalar, its first line of content.
    pub place: Place,
    /// A number or boolean as the author spelled it, where that is not how it would be printed (`1.10`, `True`),
    /// or where it is a number that nothing holds and `content` is its text (`1e400`).
    pub written: Option<Box<str>>,
    /// How the text lies in the file; tells where a place *in* the text is.
    pub layout: Layout,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Object(IndexMap<String, Entry>),
}

/// The value under a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key_place: Place,
    pub tree: Tree,
}

/// How a text lies in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Its characters begin at the place itself.
    #[default]
    Bare,
    /// They begin after a quote.
    Quoted,
    /// Each of its lines is a line of the file, indented alike (`|`).
    Lines,
    /// Its lines were joined: only the place of the whole is known.
    Folded,
}

/// What came of reading a file: the tree, where it could be read to its end, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    pub tree: Option<Tree>,
    pub problems: Vec<Problem>,
}

/// Reads a file's text as YAML 1.2 (core schema) or JSON.
///
/// Beyond the core schema: a number with a leading `+` or `0` (a phone number, an id) stays text, and so does
/// any number that neither 64 bits nor a double hold. Merge keys, tags of one's own and a second document are
/// refused. A key that stands twice is an error at both places; the first is kept.
pub fn parse(text: &str, format: Format) -> Source {
    if text.len() > FILE_BYTES_MAX {
        return Source::failed(too_large(
            Place { line: 1, column: 1 },
            format!("the file has {} bytes; at most {FILE_BYTES_MAX} are read", text.len()),
        ));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Json => json::parse(text),
        Format::Yaml | Format::Either => {
            // JSON that stands in a YAML file is read as JSON, which has escapes that YAML lacks.
            if text.trim_start().starts_with(['{', '[']) {
                let source = json::parse(text);
                if source.tree.is_some() {
                    return source;
                }
            }
            yaml::parse(text)
        }
    }
}

impl Source {
    fn failed(problem: Problem) -> Self {
        Self { tree: None, problems: vec![problem] }
    }
}

fn at_place(problem: Problem, place: Place) -> Problem {
    Problem { place: Some(place), ..problem }
}

fn syntax(place: Place, message: impl Into<String>, fix: impl Into<String>) -> Problem {
    at_place(Problem::error("syntax", FieldPath::root(), message, fix), place)
}

fn too_large(place: Place, message: impl Into<String>) -> Problem {
    at_place(
        Problem::error("too-large", FieldPath::root(), message, "Split the file, or make it smaller."),
        place,
    )
}

/// A key that stands twice, told at both places.
fn duplicates(at: &FieldPath, key: &str, first: Place, second: Place) -> [Problem; 2] {
    let one = |place: Place, other: Place| {
        let message = format!("the key `{key}` stands twice: here and in line {}", other.line);
        at_place(Problem::error("duplicate-key", at.key(key), message, "Keep one of them."), place)
    };
    [one(first, second), one(second, first)]
}

impl Tree {
    fn new(place: Place, content: Content) -> Self {
        Self { place, written: None, layout: Layout::Bare, content }
    }

    /// The plain value, without places.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(flag) => Value::Bool(*flag),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => Value::Array(items.iter().map(Tree::to_value).collect()),
            Content::Object(entries) => Value::Object(
                entries.iter().map(|(k, e)| (k.clone(), e.tree.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The text of a text, number or boolean, as its author spelled it.
    pub fn scalar_text(&self) -> Option<String> {
        match (&self.written, &self.content) {
            (Some(written), _) => Some(written.to_string()),
            (None, Content::Text(text)) => Some(text.clone()),
            (None, Content::Number(number)) => Some(number.to_string()),
            (None, Content::Bool(flag)) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The text, where this is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value under a key, where this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.entry(key).map(|entry| &entry.tree)
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Object(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The keys of an object, in their order; none of anything else.
    pub fn keys(&self) -> Vec<&str> {
        match &self.content {
            Content::Object(entries) => entries.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn entries_mut(&mut self) -> Option<&mut IndexMap<String, Entry>> {
        match &mut self.content {
            Content::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value at a path, where there is one.
    pub fn find(&self, path: &FieldPath) -> Option<&Tree> {
        path.parts().iter().try_fold(self, |tree, part| match (&tree.content, part) {
            (Content::Object(entries), PathPart::Key(key)) => entries.get(key).map(|entry| &entry.tree),
            (Content::List(items), PathPart::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    /// Where the value at a path begins. Of a field that is not there: the key of the nearest thing around it
    /// that is.
    pub fn locate(&self, path: &FieldPath) -> Place {
        let (mut tree, mut outer) = (self, self.place);
        for part in path.parts() {
            let step = match (&tree.content, part) {
                (Content::Object(entries), PathPart::Key(key)) => {
                    entries.get(key).map(|entry| (&entry.tree, entry.key_place))
                }
                (Content::List(items), PathPart::Index(index)) => items.get(*index).map(|t| (t, t.place)),
                _ => None,
            };
            let Some((inner, place)) = step else { return outer };
            (tree, outer) = (inner, place);
        }
        tree.place
    }

    /// Where the key of a path's last part stands, where it is a key that is there.
    pub fn locate_key(&self, path: &FieldPath) -> Option<Place> {
        let (last, parents) = path.parts().split_last()?;
        let PathPart::Key(key) = last else { return None };
        let parent = parents.iter().fold(FieldPath::root(), |path, part| match part {
            PathPart::Key(key) => path.key(key.as_str()),
            PathPart::Index(index) => path.index(*index),
        });
        self.find(&parent)?.entry(key).map(|entry| entry.key_place)
    }

    /// Where a place in this text (line and column from 1, in characters) is in the file; the text's own place
    /// where folding or escapes leave no better answer.
    pub fn locate_within(&self, line: usize, column: usize) -> Place {
        let Place { line: first, column: indent } = self.place;
        match self.layout {
            Layout::Lines => Place { line: first + line.max(1) - 1, column: indent + column.max(1) - 1 },
            Layout::Bare if line <= 1 => Place { line: first, column: indent + column.max(1) - 1 },
            Layout::Quoted if line <= 1 => Place { line: first, column: indent + column.max(1) },
            _ => self.place,
        }
    }
}

#[cfg(test)]
mod tests;
