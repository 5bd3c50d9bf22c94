//! JSON text to a tree with places.

use indexmap::IndexMap;
use indexmap::map::Entry as Slot;
use jiter::{Jiter, JiterError, Peek};
use serde_json::Value;

use super::{Content, DEPTH_MAX, Entry, Layout, Source, Tree, VALUES_MAX, duplicates, syntax, too_large};
use crate::json::number_value;
use crate::problem::{FieldPath, Place, Problem};

pub(super) fn parse(text: &str) -> Source {
    let mut reader = Reader {
        jiter: Jiter::new(text.as_bytes()),
        cursor: Cursor { text, offset: 0, place: Place { line: 1, column: 1 } },
        values: 0,
        problems: Vec::new(),
    };
    match reader.document() {
        Ok(tree) => Source { tree: Some(tree), problems: reader.problems },
        Err(problem) => Source::failed(*problem),
    }
}

struct Reader<'t> {
    jiter: Jiter<'t>,
    cursor: Cursor<'t>,
    values: usize,
    problems: Vec<Problem>,
}

type Read<T> = Result<T, Box<Problem>>;

impl Reader<'_> {
    fn document(&mut self) -> Read<Tree> {
        let peek = self.jiter.peek().map_err(|e| self.syntax(&e))?;
        let tree = self.value(peek, &FieldPath::root())?;
        self.jiter.finish().map_err(|e| self.syntax(&e))?;
        Ok(tree)
    }

    fn value(&mut self, peek: Peek, at: &FieldPath) -> Read<Tree> {
        let start = self.jiter.current_index();
        let place = self.cursor.move_to(start);
        self.values += 1;
        if at.parts().len() > DEPTH_MAX {
            return Err(Box::new(too_large(
                place,
                format!("lists and objects nest deeper than {DEPTH_MAX}"),
            )));
        }
        if self.values > VALUES_MAX {
            return Err(Box::new(too_large(place, format!("the file holds more than {VALUES_MAX} values"))));
        }
        let content = match peek {
            Peek::Null => self.jiter.known_null().map(|()| Content::Null),
            Peek::True | Peek::False => self.jiter.known_bool(peek).map(Content::Bool),
            Peek::String => self.jiter.known_str().map(|text| Content::Text(text.to_owned())),
            Peek::Array => return self.list(place, at),
            Peek::Object => return self.object(place, at),
            _ => return self.number(peek, place),
        };
        let content = content.map_err(|e| self.syntax(&e))?;
        let layout = match content {
            // An escape makes columns in the text differ from columns in the file.
            Content::Text(_) if self.has_escape(start) => Layout::Folded,
            Content::Text(_) => Layout::Quoted,
            _ => Layout::Bare,
        };
        Ok(Tree { layout, ..Tree::new(place, content) })
    }

    fn has_escape(&self, start: usize) -> bool {
        self.cursor.text.as_bytes()[start..self.jiter.current_index()].contains(&b'\\')
    }

    fn number(&mut self, peek: Peek, place: Place) -> Read<Tree> {
        let text = self.jiter.known_number_bytes(peek).map(|b| String::from_utf8_lossy(b).into_owned());
        let text = text.map_err(|e| self.syntax(&e))?;
        let content = match number_value(&text) {
            Value::Number(number) => Content::Number(number),
            _ => Content::Text(text.clone()),
        };
        let differs = !matches!(&content, Content::Number(n) if n.to_string() == text);
        Ok(Tree { written: differs.then(|| text.into()), ..Tree::new(place, content) })
    }

    fn list(&mut self, place: Place, at: &FieldPath) -> Read<Tree> {
        let mut items = Vec::new();
        let mut next = self.jiter.known_array().map_err(|e| self.syntax(&e))?;
        while let Some(peek) = next {
            items.push(self.value(peek, &at.index(items.len()))?);
            next = self.jiter.array_step().map_err(|e| self.syntax(&e))?;
        }
        Ok(Tree::new(place, Content::List(items)))
    }

    fn object(&mut self, place: Place, at: &FieldPath) -> Read<Tree> {
        let mut entries: IndexMap<String, Entry> = IndexMap::new();
        let mut before = self.jiter.current_index();
        let first = self.jiter.known_object().map(|key| key.map(str::to_owned));
        let mut next = first.map_err(|e| self.syntax(&e))?;
        while let Some(key) = next {
            let key_place = self.cursor.move_to_quote(before);
            let peek = self.jiter.peek().map_err(|e| self.syntax(&e))?;
            let tree = self.value(peek, &at.key(key.as_str()))?;
            match entries.entry(key) {
                Slot::Vacant(slot) => {
                    slot.insert(Entry { key_place, tree });
                }
                Slot::Occupied(slot) => {
                    self.problems.extend(duplicates(at, slot.key(), slot.get().key_place, key_place));
                }
            }
            before = self.jiter.current_index();
            let key = self.jiter.next_key().map(|key| key.map(str::to_owned));
            next = key.map_err(|e| self.syntax(&e))?;
        }
        Ok(Tree::new(place, Content::Object(entries)))
    }

    fn syntax(&self, error: &JiterError) -> Box<Problem> {
        // An error may lie before the last place: start over.
        let mut cursor = Cursor { offset: 0, place: Place { line: 1, column: 1 }, ..self.cursor };
        let place = cursor.move_to(error.index);
        Box::new(syntax(place, format!("this is not JSON: {}", error.error_type), ""))
    }
}

/// Turns byte offsets, which only rise, into lines and columns.
#[derive(Clone, Copy)]
struct Cursor<'t> {
    text: &'t str,
    offset: usize,
    place: Place,
}

impl Cursor<'_> {
    fn move_to(&mut self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset);
        for character in self.text.get(self.offset..offset).unwrap_or("").chars() {
            self.place = match character {
                '\n' => Place { line: self.place.line + 1, column: 1 },
                _ => Place { column: self.place.column + 1, ..self.place },
            };
        }
        self.offset = self.offset.max(offset);
        self.place
    }

    /// The next quote after an offset: between two entries stand only white space, a brace and a comma.
    fn move_to_quote(&mut self, offset: usize) -> Place {
        let rest = self.text.get(offset..).unwrap_or("");
        self.move_to(offset + rest.find('"').unwrap_or(0))
    }
}
