//! YAML text to a tree with places.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use indexmap::map::Entry as Slot;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};
use serde_json::Value;

use super::{
    ALIAS_BYTES_MAX, Content, DEPTH_MAX, Entry, Layout, Source, Tree, VALUES_MAX, duplicates, scalar, syntax,
    too_large,
};
use crate::problem::{FieldPath, Place, Problem};

pub(super) fn parse(text: &str) -> Source {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        values: 0,
        alias_bytes: 0,
        problems: Vec::new(),
    };
    match reader.document() {
        Ok(tree) => Source { tree: Some(tree), problems: reader.problems },
        Err(problem) => {
            reader.problems.push(*problem);
            Source { tree: None, problems: reader.problems }
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Anchored>,
    values: usize,
    alias_bytes: usize,
    problems: Vec<Problem>,
}

/// A value that aliases may repeat, and what each repetition costs.
struct Anchored {
    tree: Tree,
    size: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    values: usize,
    bytes: usize,
    height: usize,
}

type Read<T> = Result<T, Box<Problem>>;

const TAGS: &str =
    "Only the tags of YAML's core schema are read: !!str, !!int, !!float, !!bool, !!null, !!seq, !!map.";

impl<'t> Reader<'t> {
    fn document(&mut self) -> Read<Tree> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::StreamEnd, span) => {
                    return Err(Box::new(syntax(place(span.start), "the file is empty", "")));
                }
                (event, span) => {
                    let tree = self.value(event, span, &FieldPath::root())?;
                    self.end_of_stream()?;
                    return Ok(tree);
                }
            }
        }
    }

    fn end_of_stream(&mut self) -> Read<()> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    let message = "a second document begins here";
                    let problem =
                        syntax(place(span.start), message, "Put each document in a file of its own.");
                    return Err(Box::new(problem));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Read<(Event<'t>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let fix = if error.info().contains("tab") { "Indent with spaces." } else { "" };
                Err(Box::new(syntax(
                    place(*error.marker()),
                    format!("this is not YAML: {}", error.info()),
                    fix,
                )))
            }
            None => Err(Box::new(syntax(Place { line: 1, column: 1 }, "the file breaks off", ""))),
        }
    }

    fn value(&mut self, event: Event<'t>, span: Span, at: &FieldPath) -> Read<Tree> {
        let start = place(span.start);
        self.count(start, Size { values: 1, bytes: 0, height: 0 }, at)?;
        let (anchor, tree) = match event {
            Event::Alias(id) => return self.alias(id, start, at),
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, Self::scalar(text.into_owned(), style, tag.as_deref(), span)?)
            }
            Event::SequenceStart(anchor, tag) => {
                allow_tag(tag.as_deref(), "seq", start)?;
                (anchor, self.list(start, at)?)
            }
            Event::MappingStart(anchor, tag) => {
                allow_tag(tag.as_deref(), "map", start)?;
                (anchor, self.object(start, at)?)
            }
            _ => return Err(Box::new(syntax(start, "a value is missing here", ""))),
        };
        if anchor > 0 {
            // The copy costs as much as an alias does: anchors around anchors must not add up.
            let size = size_of(&tree);
            self.count(start, size, at)?;
            self.anchors.insert(anchor, Anchored { size, tree: tree.clone() });
        }
        Ok(tree)
    }

    fn count(&mut self, place: Place, more: Size, at: &FieldPath) -> Read<()> {
        self.values += more.values;
        self.alias_bytes += more.bytes;
        let message = if at.parts().len() + more.height > DEPTH_MAX {
            format!("lists and objects nest deeper than {DEPTH_MAX}")
        } else if self.values > VALUES_MAX {
            format!("the file holds more than {VALUES_MAX} values")
        } else if self.alias_bytes > ALIAS_BYTES_MAX {
            format!("the file's aliases stand for more than {ALIAS_BYTES_MAX} bytes")
        } else {
            return Ok(());
        };
        Err(Box::new(too_large(place, message)))
    }

    fn alias(&mut self, id: usize, start: Place, at: &FieldPath) -> Read<Tree> {
        let Some(size) = self.anchors.get(&id).map(|anchored| anchored.size) else {
            let message = "an alias stands inside the value that it names";
            return Err(Box::new(syntax(start, message, "")));
        };
        self.count(start, size, at)?;
        self.anchors
            .get(&id)
            .map(|anchored| anchored.tree.clone())
            .ok_or_else(|| Box::new(syntax(start, "an alias names nothing", "")))
    }

    fn list(&mut self, start: Place, at: &FieldPath) -> Read<Tree> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Tree::new(start, Content::List(items))),
                (event, span) => items.push(self.value(event, span, &at.index(items.len()))?),
            }
        }
    }

    fn object(&mut self, start: Place, at: &FieldPath) -> Read<Tree> {
        let mut entries: IndexMap<String, Entry> = IndexMap::new();
        loop {
            let (event, span) = self.next()?;
            let key_place = place(span.start);
            let key = match event {
                Event::MappingEnd => return Ok(Tree::new(start, Content::Object(entries))),
                Event::Scalar(text, style, anchor, tag) => {
                    allow_tag(tag.as_deref(), "str", key_place)?;
                    let key = key_text(text.into_owned(), style, key_place)?;
                    if anchor > 0 {
                        let tree = Tree::new(key_place, Content::Text(key.clone()));
                        self.anchors.insert(anchor, Anchored { size: size_of(&tree), tree });
                    }
                    key
                }
                _ => {
                    let message =
                        "a key must be a text, and a template that begins a value must be in quotes";
                    let fix = "Write \"{{ … }}\", with the quotes.";
                    return Err(Box::new(syntax(key_place, message, fix)));
                }
            };
            let (event, span) = self.next()?;
            let tree = self.value(event, span, &at.key(key.as_str()))?;
            match entries.entry(key) {
                Slot::Vacant(slot) => {
                    slot.insert(Entry { key_place, tree });
                }
                Slot::Occupied(slot) => {
                    self.problems.extend(duplicates(at, slot.key(), slot.get().key_place, key_place));
                }
            }
        }
    }

    fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Read<Tree> {
        let start = place(span.start);
        let one_line = span.start.line() == span.end.line();
        let (place, layout) = match style {
            ScalarStyle::Plain if one_line => (start, Layout::Bare),
            // An escape makes columns in the text differ from columns in the file.
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted
                if one_line && span.len() == text.chars().count() + 2 =>
            {
                (start, Layout::Quoted)
            }
            ScalarStyle::Literal => (block_place(start, &text), Layout::Lines),
            ScalarStyle::Folded => (block_place(start, &text), Layout::Folded),
            _ => (start, Layout::Folded),
        };
        let value = tagged(&text, style, tag).ok_or_else(|| {
            let tag = tag.map(Tag::to_string).unwrap_or_default();
            Box::new(syntax(start, format!("the tag {tag} does not fit here"), TAGS))
        })?;
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(flag) => Content::Bool(flag),
            Value::Number(number) => Content::Number(number),
            _ => Content::Text(text.clone()),
        };
        let printed = match &content {
            Content::Number(number) => Some(number.to_string()),
            Content::Bool(flag) => Some(flag.to_string()),
            _ => None,
        };
        let kept = style == ScalarStyle::Plain
            && matches!(content, Content::Text(_))
            && scalar::number(&text).is_some();
        let written = (kept || printed.is_some_and(|printed| printed != text)).then(|| text.into());
        Ok(Tree { place, written, layout, content })
    }
}

/// The value that a scalar's tag makes of it; none where it does not fit.
fn tagged(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Option<Value> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        return Some(if plain { scalar::plain(text) } else { text.into() });
    };
    if is_non_specific(tag) {
        return Some(text.into());
    }
    if !tag.is_yaml_core_schema() {
        return None;
    }
    let value = scalar::plain(text);
    match tag.suffix.as_str() {
        "str" => Some(text.into()),
        "null" => value.is_null().then_some(value),
        "bool" => value.is_boolean().then_some(value),
        "int" => (value.is_i64() || value.is_u64()).then_some(value),
        "float" => value.as_f64().and_then(serde_json::Number::from_f64).map(Value::Number),
        _ => None,
    }
}

/// `!` alone: a text, a list or an object, as it looks.
fn is_non_specific(tag: &Tag) -> bool {
    (tag.handle.is_empty() && tag.suffix == "!") || (tag.handle == "!" && tag.suffix.is_empty())
}

fn allow_tag(tag: Option<&Tag>, suffix: &str, at: Place) -> Read<()> {
    let fits = |tag: &Tag| is_non_specific(tag) || (tag.is_yaml_core_schema() && tag.suffix == suffix);
    match tag.filter(|tag| !fits(tag)) {
        Some(tag) => Err(Box::new(syntax(at, format!("the tag {tag} does not fit here"), TAGS))),
        None => Ok(()),
    }
}

fn key_text(text: String, style: ScalarStyle, at: Place) -> Read<String> {
    if style == ScalarStyle::Plain && text.is_empty() {
        return Err(Box::new(syntax(at, "a key is missing here", "")));
    }
    if style == ScalarStyle::Plain && text == "<<" {
        let message = "merge keys (`<<`) are not read: they are no part of YAML 1.2";
        let fix = "Write the keys out, or give a whole value an anchor (`&name`) and repeat it with `*name`.";
        return Err(Box::new(syntax(at, message, fix)));
    }
    Ok(text)
}

fn size_of(tree: &Tree) -> Size {
    let inner: Vec<Size> = match &tree.content {
        Content::List(items) => items.iter().map(size_of).collect(),
        Content::Object(entries) => entries
            .iter()
            .map(|(key, entry)| {
                let size = size_of(&entry.tree);
                Size { bytes: size.bytes + key.len(), ..size }
            })
            .collect(),
        Content::Text(text) => return Size { values: 1, bytes: text.len(), height: 0 },
        _ => return Size { values: 1, bytes: 0, height: 0 },
    };
    inner.iter().fold(Size { values: 1, bytes: 0, height: usize::from(!inner.is_empty()) }, |sum, size| {
        Size {
            values: sum.values + size.values,
            bytes: sum.bytes + size.bytes,
            height: sum.height.max(size.height + 1),
        }
    })
}

/// The parser counts lines from 1 and columns from 0.
fn place(marker: Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }
}

/// Where a block scalar's text begins. The parser's mark is its first line that is not blank.
fn block_place(mark: Place, text: &str) -> Place {
    let blank = text.chars().take_while(|c| *c == '\n').count();
    Place { line: mark.line.saturating_sub(blank).max(1), ..mark }
}
