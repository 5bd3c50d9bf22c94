//! XML text to a tree of objects, lists and texts.

use encoding_rs::Encoding;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Map, Value};

use super::{Undecodable, push, undecodable};
use crate::json::DEPTH_MAX;

/// Parses one XML document into `{root: …}`.
pub(super) fn parse(text: &str) -> Result<Value, Undecodable> {
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut tree = Tree::default();
    loop {
        let event = reader.read_event().map_err(|error| not_xml(&error.to_string()))?;
        match event {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(entity) => tree.text(&resolve(&entity)?)?,
            Event::DocType(_) => return Err(undecodable("it is XML with a DTD, which is refused")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

fn not_xml(why: &str) -> Undecodable {
    undecodable(format!("it is not XML: {why}"))
}

/// The five entities of XML and references by number; there can be no others without a DTD.
fn resolve(entity: &BytesRef<'_>) -> Result<String, Undecodable> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => return Ok(character.to_string()),
        Ok(None) => {}
        Err(error) => return Err(not_xml(&error.to_string())),
    }
    let name = entity.xml10_content();
    match quick_xml::escape::resolve_predefined_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(not_xml(&format!("the entity &{name}; is not known"))),
    }
}

#[derive(Debug, Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Map<String, Value>>,
}

#[derive(Debug, Default)]
struct Element {
    name: String,
    content: Map<String, Value>,
    text: String,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Undecodable> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(not_xml("a second root element begins"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(undecodable(format!("its elements nest deeper than {DEPTH_MAX}")));
        }
        let mut element = Element { name: start.name().0.to_owned(), ..Element::default() };
        // The reader's own check for repeated names compares each with all: we find them on the way.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| not_xml(&error.to_string()))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| not_xml(&error.to_string()))?;
            let name = format!("@{}", attribute.key.0);
            if element.content.insert(name, Value::String(value.into_owned())).is_some() {
                return Err(not_xml(&format!("the attribute {} stands twice", attribute.key.0)));
            }
        }
        self.open.push(element);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Undecodable> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(not_xml("there is text outside the root element")),
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Undecodable> {
        let Some(element) = self.open.pop() else { return Err(not_xml("an end tag closes nothing")) };
        let Element { name, mut content, text } = element;
        let value = if content.is_empty() {
            Value::String(text)
        } else {
            if !text.trim().is_empty() {
                content.insert("#text".to_owned(), Value::String(text));
            }
            Value::Object(content)
        };
        match self.open.last_mut() {
            Some(parent) => push(&mut parent.content, name, value),
            None => self.root = Some(Map::from_iter([(name, value)])),
        }
        Ok(())
    }

    fn finish(self) -> Result<Value, Undecodable> {
        match (self.open.last(), self.root) {
            (None, Some(root)) => Ok(Value::Object(root)),
            (Some(open), _) => Err(not_xml(&format!("the element {} is not closed", open.name))),
            (None, None) => Err(not_xml("there is no element")),
        }
    }
}

/// The most of a document that is searched for its declaration, in bytes.
const DECLARATION_BYTES_MAX: usize = 256;

/// The encoding that an XML declaration names.
pub(super) fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let head = String::from_utf8_lossy(head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head)).into_owned();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let encoding = Encoding::for_label(value[1..].split(quote).next()?.as_bytes())?;
    // A declaration that could be read as ASCII does not stand in UTF-16.
    encoding.is_ascii_compatible().then_some(encoding)
}
