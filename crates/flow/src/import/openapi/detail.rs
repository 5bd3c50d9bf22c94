//! How much of a document is kept, so that the integration fits into one file.

use serde_json::{Map, Value};

use super::schema::Bounds;
use crate::integration::draft::OperationDraft;
use crate::node::api_call::draft::BodyDraft;
use crate::source::{FILE_BYTES_MAX, VALUES_MAX};

/// How large schemas and texts may become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    pub level: usize,
    pub request: Bounds,
    /// None: the answer's schema is left out.
    pub response: Option<Bounds>,
    /// Characters of an operation's description.
    pub text: usize,
}

const LEVELS: usize = 6;

const fn bounds(values: usize, depth: usize, text: usize) -> Bounds {
    Bounds { values, depth, text }
}

impl Detail {
    fn level(level: usize) -> Self {
        let (request, response, text) = match level {
            0 => (bounds(1_500, 12, 300), Some(bounds(800, 8, 120)), 1_000),
            1 => (bounds(1_000, 11, 200), Some(bounds(250, 6, 0)), 400),
            2 => (bounds(600, 10, 120), Some(bounds(100, 5, 0)), 200),
            3 => (bounds(200, 8, 80), Some(bounds(50, 4, 0)), 120),
            4 => (bounds(80, 6, 0), Some(bounds(20, 2, 0)), 0),
            _ => (bounds(30, 3, 0), None, 0),
        };
        Self { level, request, response, text }
    }

    /// Where to begin: a document of many operations has little room for each.
    pub(super) fn for_operations(count: usize) -> Self {
        Self::level(match count {
            0..=250 => 0,
            251..=600 => 1,
            601..=2_000 => 2,
            _ => 3,
        })
    }

    pub(super) fn less(self) -> Self {
        Self::level(self.level + 1)
    }

    pub(super) fn is_last(self) -> bool {
        self.level + 1 >= LEVELS
    }
}

/// What is left of a file.
pub(super) struct Room {
    values: usize,
    bytes: usize,
}

impl Default for Room {
    /// Less than a file holds: the head of the document is not counted, nor what people add by hand.
    fn default() -> Self {
        Self { values: VALUES_MAX / 10 * 9, bytes: FILE_BYTES_MAX / 10 * 9 }
    }
}

impl Room {
    /// Takes the room of an operation, where there is as much.
    pub(super) fn take(&mut self, operation: &OperationDraft) -> bool {
        let (mut values, mut bytes) = (8, 200 + operation.path.len());
        for text in [&operation.name, &operation.description].into_iter().flatten() {
            bytes += text.len() + 30;
        }
        for row in operation.query.iter().chain(&operation.headers) {
            values += 5;
            bytes += row.name.len() + row.value.as_str().len() + 80;
        }
        match &operation.body {
            Some(BodyDraft::Form { fields }) => fields.iter().for_each(|row| {
                values += 5;
                bytes += row.name.len() + row.value.as_str().len() + 80;
            }),
            Some(BodyDraft::Multipart { parts }) => parts.iter().for_each(|part| {
                values += 6;
                bytes += part.name.len() + part.value.as_str().len() + 160;
            }),
            Some(BodyDraft::Text { text, .. } | BodyDraft::Xml { text, .. }) => bytes += text.len() + 100,
            _ => bytes += 100,
        }
        for schema in [&operation.input_schema, &operation.response_schema].into_iter().flatten() {
            measure_map(schema, 4, &mut values, &mut bytes);
        }
        let fits = values <= self.values && bytes <= self.bytes;
        if fits {
            self.values -= values;
            self.bytes -= bytes;
        }
        fits
    }
}

fn measure_map(map: &Map<String, Value>, depth: usize, values: &mut usize, bytes: &mut usize) {
    *values += 1;
    for (key, value) in map {
        *bytes += key.len() + 2 + 2 * depth;
        measure(value, depth + 1, values, bytes);
    }
}

fn measure(value: &Value, depth: usize, values: &mut usize, bytes: &mut usize) {
    match value {
        Value::Object(map) => measure_map(map, depth, values, bytes),
        Value::Array(items) => {
            *values += 1;
            for item in items {
                *bytes += 2 + 2 * depth;
                measure(item, depth + 1, values, bytes);
            }
        }
        Value::String(text) => {
            *values += 1;
            *bytes += text.len() + 4;
        }
        _ => {
            *values += 1;
            *bytes += 8;
        }
    }
}
