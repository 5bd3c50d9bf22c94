//! One expression: read once, bounded by construction, evaluated against a scope.

mod engine;
mod error;
mod lists;
pub(crate) mod meter;
mod parse;
mod read;
mod text;
mod token;
pub(crate) mod value;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

pub use error::TemplateError;
pub use meter::{MADE_BYTES_MAX, Meter, READ_COST_MAX, WORK_MAX};
pub use parse::OPERATORS_MAX;
pub use read::{Part, ReadPath};
pub use token::EXPRESSION_BYTES_MAX;

use crate::scope::{Roots, SECRET, Scope};
use meter::{EVALUATION_WORK, LOOK_UP_WORK, TANK, Tank};
use parse::Plain;
use value::NotJson;

/// A compiled expression.
pub struct Expression {
    source: String,
    reads: Vec<ReadPath>,
    guarded: bool,
    plan: Plan,
}

enum Plan {
    /// A look-up answers it.
    Plain(Plain),
    Engine(minijinja::Expression<'static, 'static>),
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// `template-failed`, `template-too-costly` or `number-out-of-range`.
    pub code: &'static str,
    pub message: String,
    /// In the expression's source, in bytes.
    pub range: Range<usize>,
}

impl std::fmt::Display for EvalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError {}

/// A secret stands alone, as `secret.name`.
fn check_secret(source: &str, reads: &[ReadPath]) -> Result<(), TemplateError> {
    let alone = match reads {
        [ReadPath { parts, .. }] => match parts.as_slice() {
            [Part::Key(name)] => source.trim() == format!("{SECRET}.{name}"),
            _ => false,
        },
        _ => false,
    };
    if alone {
        return Ok(());
    }
    Err(TemplateError::new(
        "secret-out-of-place",
        "a secret is placed as it is, and nothing is worked out from it",
        "Write it alone, as `{{ secret.key }}`, with any text around it.",
        0..source.len(),
    ))
}

impl Expression {
    /// Reads an expression. The error's range is in `source`.
    pub fn compile(source: &str, roots: Roots) -> Result<Self, TemplateError> {
        Self::compile_within(source, roots, &[])
    }

    /// As [`Self::compile`], with names that loops bind.
    pub(crate) fn compile_within(
        source: &str,
        roots: Roots,
        locals: &[String],
    ) -> Result<Self, TemplateError> {
        let parsed = parse::parse(source, roots, locals)?;
        if roots.has_secret_holes() && parsed.reads.iter().any(|read| read.root == SECRET) {
            check_secret(source, &parsed.reads)?;
        }
        let plan = match parsed.plain {
            Some(plain) => Plan::Plain(plain),
            None => Plan::Engine(engine::ENGINE.compile_expression_owned(parsed.code).map_err(|error| {
                let what = error.detail().unwrap_or("it cannot be read").to_owned();
                TemplateError::new("template-syntax", what, "", 0..source.len())
            })?),
        };
        Ok(Self { source: source.trim().to_owned(), reads: parsed.reads, guarded: parsed.guarded, plan })
    }

    /// As written, without the spaces around it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The static paths it reads, in the order they are written.
    pub fn reads(&self) -> &[ReadPath] {
        &self.reads
    }

    /// Whether a `default`, a test or a condition stands ready for a missing value.
    pub fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// Whether a look-up answers it, and nothing is worked out.
    pub(crate) fn is_look_up(&self) -> bool {
        matches!(self.plan, Plan::Plain(_))
    }

    /// Whether it reads nothing: the same value always.
    pub fn is_constant(&self) -> bool {
        self.reads.is_empty()
    }

    /// The value; `None` where it is undefined. Missing means undefined or null.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Option<Value>, EvalError> {
        Ok(self.eval_metered(scope, &mut Meter::default())?.map(Cow::into_owned))
    }

    /// Whether the value counts as true: not missing, false, zero or empty.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvalError> {
        self.holds_metered(scope, &mut Meter::default())
    }

    pub(crate) fn holds_metered(&self, scope: &Scope<'_>, meter: &mut Meter) -> Result<bool, EvalError> {
        Ok(self.eval_metered(scope, meter)?.is_some_and(|value| is_true(&value)))
    }

    /// The value, borrowed where a look-up answers it.
    pub(crate) fn eval_metered<'v>(
        &'v self,
        scope: &'v Scope<'_>,
        meter: &mut Meter,
    ) -> Result<Option<Cow<'v, Value>>, EvalError> {
        match &self.plan {
            Plan::Plain(plain) => {
                if !meter.work(LOOK_UP_WORK) {
                    return Err(self.too_costly());
                }
                let found = self.reads.first().and_then(|path| path.find(scope));
                Ok(match (plain, found) {
                    (Plain::Read, found) => found.map(Cow::Borrowed),
                    (Plain::ReadOr(default), None | Some(Value::Null)) => Some(Cow::Borrowed(default)),
                    (Plain::ReadOr(_), Some(value)) => Some(Cow::Borrowed(value)),
                    (Plain::Literal(value), _) => Some(Cow::Borrowed(value)),
                })
            }
            Plan::Engine(expression) => self.eval_engine(expression, scope, meter).map(|v| v.map(Cow::Owned)),
        }
    }

    fn eval_engine(
        &self,
        expression: &minijinja::Expression<'static, 'static>,
        scope: &Scope<'_>,
        meter: &mut Meter,
    ) -> Result<Option<Value>, EvalError> {
        let mut left = READ_COST_MAX;
        let mut context: BTreeMap<Cow<'static, str>, minijinja::Value> = BTreeMap::new();
        for (index, path) in self.reads.iter().enumerate() {
            let Some(value) = path.find(scope) else { continue };
            if !value::spend(value, &value::IN_ENGINE, &mut left) {
                let message = format!("`{}` and what is read with it is too large to work on", path);
                return Err(EvalError { code: "template-too-costly", message, range: 0..self.source.len() });
            }
            context.insert(format!("r{index}").into(), value::to_engine(value));
        }
        if !meter.work(EVALUATION_WORK + (READ_COST_MAX - left)) {
            return Err(self.too_costly());
        }
        let tank = Tank::new(meter.work_left());
        context.insert(TANK.into(), minijinja::Value::from_dyn_object(tank.clone()));
        let result = expression.eval(minijinja::Value::from(context));
        let done = meter.work_left() - tank.work_left();
        let in_time = meter.work(done);
        let result = result.map_err(|error| self.failed(&error))?;
        let mut left = READ_COST_MAX + MADE_BYTES_MAX;
        let value = value::from_engine(&result, &mut left, 0).map_err(|error| self.not_json(&error))?;
        let made = READ_COST_MAX + MADE_BYTES_MAX - left;
        if in_time && meter.work(made) { Ok(value) } else { Err(self.too_costly()) }
    }

    fn error(&self, code: &'static str, message: String) -> EvalError {
        EvalError { code, message, range: 0..self.source.len() }
    }

    fn too_costly(&self) -> EvalError {
        self.error("template-too-costly", "rendering takes more work than is allowed".into())
    }

    fn failed(&self, error: &minijinja::Error) -> EvalError {
        if error.kind() == minijinja::ErrorKind::OutOfFuel {
            return self
                .error("template-too-costly", format!("`{}` makes more than is allowed", self.source));
        }
        let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        self.error("template-failed", format!("`{}` cannot be worked out: {why}", self.source))
    }

    fn not_json(&self, error: &NotJson) -> EvalError {
        match error {
            NotJson::Number(number) => self.error(
                "number-out-of-range",
                format!("`{}` gives {number}, which JSON does not hold", self.source),
            ),
            NotJson::Depth => {
                self.error("template-failed", format!("`{}` gives a value that nests too deep", self.source))
            }
            NotJson::TooLarge => self.too_costly(),
            NotJson::Kind(why) => self.error("template-failed", format!("`{}`: {why}", self.source)),
        }
    }
}

/// Whether a value counts as true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

#[cfg(test)]
mod tests;
