//! JSONPath (RFC 9535), held to paths whose cost grows no faster than the body.

use serde_json::Value;

use crate::json::Segment;
use crate::problem::{FieldPath, Problem};
use crate::step::MASK;

/// The most values that one path may find.
pub const NODES_MAX: usize = 10_000;
/// The longest path, in bytes.
pub const PATH_BYTES_MAX: usize = 1024;
/// How deep brackets and parentheses may nest.
const NESTING_MAX: usize = 16;
/// The most selectors that the brackets of one path may list beside each other.
const COMMAS_MAX: usize = 16;

/// A compiled path.
#[derive(Clone, Debug)]
pub struct JsonPath {
    path: serde_json_path::JsonPath,
    singular: bool,
    plain: Option<Vec<Segment>>,
}

impl JsonPath {
    /// Compiles a path; `at` is its field. A path whose cost could grow faster than the body is refused: a body
    /// of a mebibyte must not hold a run for minutes.
    pub fn compile(text: &str, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        if let Some((message, fix)) = syntax_refusal(text) {
            problems.push(Problem::error("json-path", at.clone(), message, fix));
            return None;
        }
        let shape = Shape::of(text);
        if let Some((message, fix)) = shape.refusal() {
            problems.push(Problem::error("json-path-costly", at.clone(), message, fix));
            return None;
        }
        match serde_json_path::JsonPath::parse(text) {
            Ok(path) => Some(Self { path, singular: shape.singular, plain: plain_steps(text) }),
            Err(error) => {
                let column =
                    text.char_indices().take_while(|(offset, _)| *offset < error.position()).count() + 1;
                let message = format!("`{text}` is no JSONPath: column {column}: {}", error.message());
                let fix = "Write it as RFC 9535 does: `$.contacts[0].name`, `$.items[*].id`.";
                problems.push(Problem::error("json-path", at.clone(), message, fix));
                None
            }
        }
    }

    /// The steps of a path that only names keys and counts items from the front, one after the other.
    pub(crate) fn plain(&self) -> Option<Vec<Segment>> {
        self.plain.clone()
    }

    /// Whether the path finds one value at most, by its form (RFC 9535, 2.3.5.1).
    pub fn is_singular(&self) -> bool {
        self.singular
    }

    /// What the path finds: of a singular path its value, of any other a list, `None` where nothing is found. The
    /// error says that it finds too much.
    pub fn find(&self, body: &Value) -> Result<Option<Value>, String> {
        let nodes = self.path.query(body);
        if nodes.is_empty() {
            return Ok(None);
        }
        if self.singular {
            return Ok(nodes.first().cloned());
        }
        if nodes.len() > NODES_MAX {
            return Err(format!("its path finds {} values; at most {NODES_MAX} are taken", nodes.len()));
        }
        Ok(Some(Value::Array(nodes.iter().map(|node| (*node).clone()).collect())))
    }

    /// Puts a mask in the place of everything that the path finds.
    pub(crate) fn mask(&self, body: &mut Value) {
        let pointers: Vec<String> =
            self.path.query_located(body).locations().map(|location| location.to_json_pointer()).collect();
        for pointer in pointers {
            if let Some(found) = body.pointer_mut(&pointer) {
                *found = MASK.into();
            }
        }
    }
}

fn plain_steps(text: &str) -> Option<Vec<Segment>> {
    let is_plain = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@'))
    };
    let mut rest = text.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let segment;
        (segment, rest) = if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            (Segment::Key(dotted[..end].to_owned()), &dotted[end..])
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            let quoted = |quote| inside.strip_prefix(quote).and_then(|i| i.strip_suffix(quote));
            match quoted('\'').or_else(|| quoted('"')) {
                Some(name) => (Segment::Key(name.to_owned()), after),
                None => (Segment::Index(inside.parse().ok()?), after),
            }
        };
        if matches!(&segment, Segment::Key(name) if !is_plain(name)) {
            return None;
        }
        steps.push(segment);
    }
    Some(steps)
}

fn syntax_refusal(text: &str) -> Option<(String, String)> {
    if text.len() > PATH_BYTES_MAX {
        return Some((
            format!("the path has {} bytes; at most {PATH_BYTES_MAX} are read", text.len()),
            String::new(),
        ));
    }
    let trimmed = text.trim();
    if !trimmed.starts_with('$') {
        let joint = if trimmed.starts_with(['.', '[']) { "" } else { "." };
        return Some((
            format!("`{text}` is no JSONPath: it must begin with `$`, the body"),
            format!("Write `${joint}{trimmed}`."),
        ));
    }
    None
}

/// What a path's text shows of its cost, quoted names left out.
#[derive(Debug, Default)]
struct Shape {
    singular: bool,
    descents: usize,
    commas: usize,
    unions_of_many: bool,
    roots_in_filters: bool,
    regex: bool,
    nesting: usize,
}

impl Shape {
    fn of(text: &str) -> Self {
        let mut shape = Self { singular: true, ..Self::default() };
        let plain = without_quoted(text);
        let (mut depth, mut filters, mut previous) = (0_usize, 0_usize, '\0');
        // Of the innermost bracket: whether it lists several selectors, and whether one finds many values.
        let mut brackets: Vec<(char, bool, bool)> = Vec::new();
        for (index, character) in plain.char_indices() {
            match character {
                '[' | '(' => {
                    depth += 1;
                    shape.nesting = shape.nesting.max(depth);
                    brackets.push((character, false, false));
                }
                ']' | ')' => {
                    depth = depth.saturating_sub(1);
                    if let Some(('[', true, true)) = brackets.pop() {
                        shape.unions_of_many = true;
                    }
                }
                '?' => filters += 1,
                '$' if index > 0 => shape.roots_in_filters = true,
                ',' => shape.commas += 1,
                '.' if previous == '.' => shape.descents += 1,
                _ => {}
            }
            if let Some((_, several, many)) = brackets.last_mut() {
                *several |= character == ',';
                *many |= matches!(character, '*' | ':' | '?');
            }
            let descends = character == '.' && previous == '.';
            shape.singular &= !(descends || matches!(character, '*' | ':' | '?' | ','));
            previous = character;
        }
        shape.regex = filters > 0 && (plain.contains("match(") || plain.contains("search("));
        shape
    }

    fn refusal(&self) -> Option<(String, String)> {
        let (message, fix) = if self.nesting > NESTING_MAX {
            ("its brackets nest too deep", "Write a simpler path.")
        } else if self.roots_in_filters {
            (
                "a filter reads the whole body again for every value",
                "Compare with a value that you write out.",
            )
        } else if self.descents > 1 {
            ("it searches all levels (`..`) more than once", "Keep one `..` and name the keys on the way.")
        } else if self.unions_of_many {
            ("a bracket lists `*`, a slice or a filter beside others", "Take them in outputs of their own.")
        } else if self.commas > COMMAS_MAX {
            ("its brackets list too many selectors", "Take them in outputs of their own.")
        } else if self.regex {
            (
                "`match()` and `search()` are not read: they compile their pattern for every value",
                "Filter in a `transform`.",
            )
        } else {
            return None;
        };
        Some((format!("the path could take long on a large body: {message}"), fix.to_owned()))
    }
}

/// The path with the content of quotes blanked out.
fn without_quoted(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut quote = None;
    let mut escaped = false;
    for character in text.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None => {
                plain.push(character);
                continue;
            }
        }
        plain.push(' ');
    }
    plain
}
