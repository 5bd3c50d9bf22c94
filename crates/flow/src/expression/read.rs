//! The static paths that an expression reads, and the walk along them.

use serde_json::Value;

use crate::scope::Scope;

/// A root and the keys and indices that follow it, as `vars.order.lines[0]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadPath {
    pub root: String,
    pub parts: Vec<Part>,
}

/// One look-up of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Key(String),
    /// Counted from the end where it is negative.
    Index(i64),
}

impl ReadPath {
    /// The key that follows the root.
    pub fn first_key(&self) -> Option<&str> {
        match self.parts.first() {
            Some(Part::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The value at the path; `None` where any look-up finds nothing.
    pub fn find<'v>(&self, scope: &'v Scope<'_>) -> Option<&'v Value> {
        let (mut value, rest) = match self.parts.split_first() {
            Some((Part::Key(key), rest)) => (scope.look(&self.root, key)?, rest),
            _ => (scope.get(&self.root)?, self.parts.as_slice()),
        };
        for part in rest {
            value = match (part, value) {
                (Part::Key(key), Value::Object(map)) => map.get(key)?,
                (Part::Index(index), Value::Array(items)) => items.get(position(*index, items.len())?)?,
                _ => return None,
            };
        }
        Some(value)
    }
}

fn position(index: i64, len: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

impl std::fmt::Display for ReadPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)?;
        for part in &self.parts {
            match part {
                Part::Index(index) => write!(f, "[{index}]")?,
                Part::Key(key) if is_name(key) => write!(f, ".{key}")?,
                Part::Key(key) => write!(f, "[{}]", Value::from(key.as_str()))?,
            }
        }
        Ok(())
    }
}

fn is_name(key: &str) -> bool {
    !key.starts_with(|c: char| c.is_ascii_digit())
        && !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl serde::Serialize for ReadPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
