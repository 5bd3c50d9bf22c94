//! The query: the URL's pairs first, then the rows; each value encoded as a component.

use serde_json::Value;

use super::slot::{Filled, IN_URL, Slot};
use super::source::RequestSource;
use super::{Compiler, Renderer, encode};
use crate::draft::RowDraft;
use crate::problem::FieldPath;

/// What one pair of a list costs, in work.
const ITEM_WORK: usize = 128;

/// What comes after `?`.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub separator: char,
    pub pairs: Vec<Pair>,
}

#[derive(Debug)]
pub(super) enum Pair {
    /// As the author wrote it, encoded where it must be.
    Literal(String),
    Filled {
        /// Encoded.
        name: String,
        value: Slot,
        /// Literals of the URL keep what a query may hold; those of rows are encoded as components.
        in_url: bool,
    },
}

impl Query {
    /// The rows of a call, in the order of the layers.
    pub(super) fn compile(source: &RequestSource<'_>, compiler: &mut Compiler<'_>) -> Option<Self> {
        let mut pairs = Some(Vec::new());
        for layer in &source.layers {
            compiler.roots = layer.roots;
            let rows_at = layer.at.key("query");
            for (index, row) in layer.query.iter().enumerate().filter(|(_, row)| row.enabled) {
                let pair = compile_row(row, &rows_at.index(index), compiler);
                pairs = pairs.zip(pair).map(|(mut pairs, pair)| {
                    pairs.push(pair);
                    pairs
                });
            }
        }
        Some(Self { separator: source.query_separator, pairs: pairs? })
    }

    /// The text after `?`; `None` where there is nothing to say.
    pub(super) fn render(&self, renderer: &mut Renderer<'_>) -> Option<String> {
        let mut texts: Vec<String> = Vec::new();
        for pair in &self.pairs {
            match pair {
                Pair::Literal(text) => texts.push(text.clone()),
                Pair::Filled { name, value, in_url } => {
                    let before = texts.len();
                    let prefix = format!("{name}=");
                    pair_values(value, *in_url, renderer, &mut texts);
                    texts[before..].iter_mut().for_each(|text| text.insert_str(0, &prefix));
                }
            }
        }
        (!texts.is_empty()).then(|| texts.join(&self.separator.to_string()))
    }
}

/// The values of a pair: one, or one for each item where a lone hole gives a list.
pub(super) fn pair_values(slot: &Slot, in_url: bool, renderer: &mut Renderer<'_>, into: &mut Vec<String>) {
    if let Some(hole) = slot.template.lone() {
        let Filled::Value(value) = slot.value_of(hole, renderer) else { return };
        let items = match value.as_ref() {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            if !renderer.meter.work(ITEM_WORK) {
                return renderer.failed(&slot.at, crate::template::too_costly());
            }
            match item {
                Value::Null => renderer.invalid(
                    &slot.at,
                    "missing-value",
                    format!("`{}` has an item that is null", hole.source()),
                ),
                item => into.extend(
                    slot.text(item, &IN_URL, renderer).map(|text| encode::component(&text).to_string()),
                ),
            }
        }
        return;
    }
    let literal = if in_url { encode::literal_query } else { encode::literal_component };
    if let Filled::Value(text) =
        slot.fill(renderer, &IN_URL, literal, |text| encode::component(text).to_string())
    {
        into.push(text);
    }
}

fn compile_row(row: &RowDraft, at: &FieldPath, compiler: &mut Compiler<'_>) -> Option<Pair> {
    if has_template(&row.name) {
        template_in_name(&at.key("name"), compiler);
        return None;
    }
    let value = Slot::compile(row.value.as_str(), row.optional, &at.key("value"), compiler)?;
    Some(Pair::Filled { name: encode::literal_component(&row.name), value, in_url: false })
}

pub(super) fn has_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

pub(super) fn template_in_name(at: &FieldPath, compiler: &mut Compiler<'_>) {
    compiler.error(
        "template-in-query-name",
        at,
        "the name of a query pair holds no template",
        "Write the name as it is, and put the template into the value.",
    );
}
