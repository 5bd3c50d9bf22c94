//! The text of a foreign document as a tree of values: bounded, and lenient where our own files are strict.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

use crate::json::DEPTH_MAX;
use crate::problem::{FieldPath, Place, Problem};

/// The largest document that is read, in bytes: the largest published one that we know has 14 MB.
pub const DOCUMENT_BYTES_MAX: usize = 32 << 20;
/// The most values in one document, aliases counted as often as they are used: a bound on memory.
pub const DOCUMENT_VALUES_MAX: usize = 2_000_000;
/// The most text that aliases may add, in bytes.
const ALIAS_BYTES_MAX: usize = 8 << 20;

/// Reads JSON, or YAML where the text is no JSON.
pub(super) fn parse(text: &str) -> Result<Value, Box<Problem>> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(too_large(format!(
            "the document has {} bytes; at most {DOCUMENT_BYTES_MAX} are read",
            text.len()
        )));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with(['{', '[']) {
        return yaml(text);
    }
    if values_at_most(text) > DOCUMENT_VALUES_MAX {
        return Err(too_many());
    }
    crate::json::parse(text.as_bytes()).map(|parsed| parsed.value).or_else(|error| {
        // YAML may begin with a brace too; where it is neither, JSON was meant.
        yaml(text).map_err(|_| {
            let message = format!("this is not JSON: {}", error.message);
            at(unreadable(message), Place { line: error.line, column: error.column })
        })
    })
}

fn too_large(message: impl Into<String>) -> Box<Problem> {
    let fix = "Cut the document down to the operations that are needed.";
    Box::new(Problem::error("import-too-large", FieldPath::root(), message, fix))
}

fn too_many() -> Box<Problem> {
    too_large(format!("the document holds more than {DOCUMENT_VALUES_MAX} values"))
}

fn unreadable(message: impl Into<String>) -> Box<Problem> {
    let fix = "Give a document in JSON or YAML.";
    Box::new(Problem::error("import-unreadable", FieldPath::root(), message, fix))
}

fn at(mut problem: Box<Problem>, place: Place) -> Box<Problem> {
    problem.place = Some(place);
    problem
}

/// How many values a JSON text can hold: the signs between values, counted before anything is kept.
fn values_at_most(text: &str) -> usize {
    let (mut count, mut in_text, mut escaped) = (1, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}

fn yaml(text: &str) -> Result<Value, Box<Problem>> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        values: 0,
        alias_bytes: 0,
        place: Place { line: 1, column: 1 },
    };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd => return Err(unreadable("the document is empty")),
            event => return reader.value(event, 0),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Anchored>,
    values: usize,
    alias_bytes: usize,
    place: Place,
}

/// A value that aliases repeat, and what each repetition costs.
struct Anchored {
    value: Value,
    values: usize,
    bytes: usize,
    height: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, Box<Problem>> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.place = Place { line: span.start.line().max(1), column: span.start.col() + 1 };
                Ok(event)
            }
            Some(Err(error)) => {
                let place = Place { line: error.marker().line().max(1), column: error.marker().col() + 1 };
                Err(at(unreadable(format!("this is not YAML: {}", error.info())), place))
            }
            None => Err(unreadable("the document breaks off")),
        }
    }

    fn value(&mut self, event: Event<'t>, depth: usize) -> Result<Value, Box<Problem>> {
        self.count(1, 0, depth)?;
        let (anchor, value) = match event {
            Event::Alias(id) => return self.alias(id, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain
                    || tag.as_deref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let text = text.into_owned();
                (anchor, if is_text { Value::String(text) } else { crate::source::plain_scalar(&text) })
            }
            Event::SequenceStart(anchor, _) => (anchor, self.list(depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.object(depth)?),
            _ => return Err(at(unreadable("a value is missing here"), self.place)),
        };
        if anchor > 0 {
            let mut kept = Anchored { value: Value::Null, values: 0, bytes: 0, height: 0 };
            measure(&value, 0, &mut kept);
            // The copy costs as much as an alias does: anchors around anchors must not add up.
            self.count(kept.values, kept.bytes, depth)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), ..kept });
        }
        Ok(value)
    }

    fn count(&mut self, values: usize, bytes: usize, depth: usize) -> Result<(), Box<Problem>> {
        self.values += values;
        self.alias_bytes += bytes;
        let problem = if depth > DEPTH_MAX {
            too_large(format!("lists and objects nest deeper than {DEPTH_MAX}"))
        } else if self.values > DOCUMENT_VALUES_MAX {
            too_many()
        } else if self.alias_bytes > ALIAS_BYTES_MAX {
            too_large(format!("the document's aliases stand for more than {ALIAS_BYTES_MAX} bytes"))
        } else {
            return Ok(());
        };
        Err(at(problem, self.place))
    }

    fn alias(&mut self, id: usize, depth: usize) -> Result<Value, Box<Problem>> {
        let cost = self.anchors.get(&id).map(|anchored| (anchored.values, anchored.bytes, anchored.height));
        let Some((values, bytes, height)) = cost else {
            return Err(at(unreadable("an alias stands inside the value that it names"), self.place));
        };
        self.count(values, bytes, depth + height)?;
        Ok(self.anchors.get(&id).map(|anchored| anchored.value.clone()).unwrap_or_default())
    }

    fn list(&mut self, depth: usize) -> Result<Value, Box<Problem>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::Array(items)),
                event => items.push(self.value(event, depth + 1)?),
            }
        }
    }

    /// A mapping; of a key that stands twice the first is kept, and merge keys (`<<`) give what is not there.
    fn object(&mut self, depth: usize) -> Result<Value, Box<Problem>> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => break,
                Event::Scalar(text, style, anchor, _) => {
                    let is_merge = style == ScalarStyle::Plain && text == "<<";
                    let text = text.into_owned();
                    if anchor > 0 {
                        let kept =
                            Anchored { value: text.clone().into(), values: 1, bytes: text.len(), height: 0 };
                        self.anchors.insert(anchor, kept);
                    }
                    (!is_merge).then_some(text)
                }
                _ => return Err(at(unreadable("a key is not a text"), self.place)),
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            match key {
                None => merged.push(value),
                Some(key) if !map.contains_key(&key) => drop(map.insert(key, value)),
                Some(_) => {}
            }
        }
        let sources = merged.into_iter().flat_map(|value| match value {
            Value::Array(items) => items,
            one => vec![one],
        });
        for (key, value) in sources
            .filter_map(|value| if let Value::Object(map) = value { Some(map) } else { None })
            .flatten()
        {
            if !map.contains_key(&key) {
                map.insert(key, value);
            }
        }
        Ok(Value::Object(map))
    }
}

fn measure(value: &Value, depth: usize, into: &mut Anchored) {
    into.values += 1;
    into.height = into.height.max(depth);
    match value {
        Value::String(text) => into.bytes += text.len(),
        Value::Array(items) => items.iter().for_each(|item| measure(item, depth + 1, into)),
        Value::Object(map) => {
            for (key, item) in map {
                into.bytes += key.len();
                measure(item, depth + 1, into);
            }
        }
        _ => {}
    }
}
