//! What goes into a statement and comes out of it, for either database.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::StoreError;
use crate::border::timestamp;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<Timestamp> for Value {
    /// Microseconds: what both databases keep, and finer than any clock that is read here.
    fn from(at: Timestamp) -> Self {
        Self::Int(at.as_microsecond())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a statement, in the order of `$1`, `$2`, ….
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::value::Value::from($value)),*] };
}
pub(crate) use values;

/// A row of an answer. Texts and blobs are taken out of it, not copied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    fn take(&mut self, at: usize) -> Value {
        self.0.get_mut(at).map_or(Value::Null, |value| std::mem::replace(value, Value::Null))
    }

    /// Whether the first columns hold the same text.
    pub(crate) fn same_text(&self, other: &Self) -> bool {
        matches!((self.0.first(), other.0.first()), (Some(Value::Text(one)), Some(Value::Text(two))) if one == two)
    }

    pub(crate) fn opt_int(&mut self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.take(at) {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(number)),
            _ => Err(odd(at)),
        }
    }

    pub(crate) fn int(&mut self, at: usize) -> Result<i64, StoreError> {
        self.opt_int(at)?.ok_or_else(|| odd(at))
    }

    /// A whole number of a smaller type.
    pub(crate) fn number<T: TryFrom<i64>>(&mut self, at: usize) -> Result<T, StoreError> {
        T::try_from(self.int(at)?).map_err(|_| odd(at))
    }

    pub(crate) fn opt_number<T: TryFrom<i64>>(&mut self, at: usize) -> Result<Option<T>, StoreError> {
        self.opt_int(at)?.map(|number| T::try_from(number).map_err(|_| odd(at))).transpose()
    }

    pub(crate) fn flag(&mut self, at: usize) -> Result<bool, StoreError> {
        Ok(self.int(at)? != 0)
    }

    pub(crate) fn opt_text(&mut self, at: usize) -> Result<Option<String>, StoreError> {
        match self.take(at) {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(odd(at)),
        }
    }

    pub(crate) fn text(&mut self, at: usize) -> Result<String, StoreError> {
        self.opt_text(at)?.ok_or_else(|| odd(at))
    }

    pub(crate) fn opt_blob(&mut self, at: usize) -> Result<Option<Vec<u8>>, StoreError> {
        match self.take(at) {
            Value::Null => Ok(None),
            Value::Blob(bytes) => Ok(Some(bytes)),
            _ => Err(odd(at)),
        }
    }

    pub(crate) fn blob(&mut self, at: usize) -> Result<Vec<u8>, StoreError> {
        self.opt_blob(at)?.ok_or_else(|| odd(at))
    }

    pub(crate) fn time(&mut self, at: usize) -> Result<Timestamp, StoreError> {
        timestamp(self.int(at)?)
    }

    pub(crate) fn opt_time(&mut self, at: usize) -> Result<Option<Timestamp>, StoreError> {
        self.opt_int(at)?.map(timestamp).transpose()
    }
}

fn odd(column: usize) -> StoreError {
    StoreError::Unusable(format!(
        "the database is damaged: column {column} of an answer is not what was written"
    ))
}

/// One statement of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
    /// How many rows it must change or return; another number undoes the transaction. None: any.
    pub(crate) rows: Option<usize>,
}

impl Statement {
    pub(crate) fn any(sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values, rows: None }
    }

    pub(crate) fn one(sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values, rows: Some(1) }
    }
}

/// What became of a transaction.
#[derive(Debug, PartialEq)]
pub(crate) enum Applied {
    /// Durable. What each statement returned.
    Done(Vec<Vec<Row>>),
    /// This statement did not find what it expected; nothing was changed.
    Unmet(usize),
}
