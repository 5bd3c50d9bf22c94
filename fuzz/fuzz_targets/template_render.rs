//! Any text as a template over any JSON values: it never panics, stays within its bounds, and renders what it says.
#![no_main]

use callout_flow::json;
use callout_flow::problem::FieldPath;
use callout_flow::scope::{Roots, Scope};
use callout_flow::template::{Escape, JsonTemplate, Template, TextTemplate};
use libfuzzer_sys::fuzz_target;

/// What a rendered text may be, bytes: its own cap, and the template's literals.
const RENDERED_MAX: usize = 2 << 20;

fuzz_target!(|data: (&str, &[u8])| {
    let (text, values) = data;
    let values = json::parse(values).map(|parsed| parsed.value).unwrap_or_default();
    let scope = Scope { vars: Some(&values), event: Some(&values), ..Scope::default() };
    let at = FieldPath::root();
    let mut problems = Vec::new();
    if let Some(template) = Template::compile(text, Roots::FLOW, &at, &mut problems)
        && let Ok(rendered) = template.render_plain(&scope)
    {
        assert!(rendered.len() <= RENDERED_MAX);
        assert!(text.contains("{{") || rendered == text, "text without holes is taken as it is");
    }
    for escape in [Escape::Plain, Escape::Xml, Escape::Html] {
        if let Some(template) = TextTemplate::compile(text, escape, Roots::FLOW, &at, &mut problems)
            && let Ok(rendered) = template.render(&scope)
        {
            assert!(rendered.len() <= RENDERED_MAX);
        }
    }
    if let Some(template) = JsonTemplate::from_text(text, Roots::FLOW, &at, &mut problems)
        && let Ok(rendered) = template.render(&scope)
    {
        let again = json::compact(&rendered.value);
        assert!(json::parse(again.as_bytes()).is_ok_and(|parsed| parsed.value == rendered.value));
    }
});
