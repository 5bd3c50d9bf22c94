//! Names for operations and inputs, made from whatever a document calls them.

use std::collections::BTreeSet;

use crate::request::Method;

/// The longest name that is made, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Words that an expression reads as its own.
const KEYWORDS: [&str; 11] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "undefined"];

/// A name for an input: `[A-Za-z_][A-Za-z0-9_]*`, as near to the given one as that allows.
pub(in crate::import) fn input_name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if name.len() >= NAME_CHARS_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() || c == '_' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    if !text.ends_with('_') && name.len() > 1 {
        name.truncate(name.trim_end_matches('_').len().max(1));
    }
    if name.is_empty() {
        name.push_str("value");
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    if KEYWORDS.contains(&name.to_ascii_lowercase().as_str()) {
        name.push('_');
    }
    name
}

/// Whether a key can stand behind a dot in an expression.
pub(super) fn is_plain_key(key: &str) -> bool {
    input_name(key) == key
}

/// A key for an operation: its id where that can be one, else its words run together, else method and path.
pub(super) fn operation_key(id: Option<&str>, method: Method, path: &str) -> String {
    match id.map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) if is_plain_key(id) => id.to_owned(),
        Some(id) if id.contains(|c: char| c.is_ascii_alphanumeric()) => camel(id),
        _ => camel(&format!("{} {path}", method.as_str().to_ascii_lowercase())),
    }
}

fn camel(text: &str) -> String {
    let mut name = String::new();
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
    {
        if name.is_empty() {
            name.push_str(word);
        } else {
            let mut chars = word.chars();
            name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
            name.extend(chars);
        }
    }
    input_name(&name)
}

/// A slug from a title; `imported` where it has nothing to make one of.
pub(super) fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars() {
        if slug.len() >= 48 {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "imported".to_owned() } else { slug.to_owned() }
}

/// Names in use: each is given once.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeSet<String>);

impl Taken {
    /// The name, or where it is taken the name with a prefix, as `query_id`, or with a number.
    pub(super) fn take(&mut self, name: &str, prefix: &str) -> String {
        let with_prefix = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}_{name}") };
        let numbered = (2_usize..).map(|number| format!("{with_prefix}{number}"));
        let mut names = [name.to_owned(), with_prefix.clone()].into_iter().chain(numbered);
        // The numbers do not end.
        let name = names.find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}

/// A text that a template shows as it is.
pub(in crate::import) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        out.push_str(&rest[..at]);
        out.push_str(&format!("{{{{ '{}' }}}}", &rest[at..at + 2]));
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    out
}

/// The first characters of a text, at a word's end where there is one.
pub(in crate::import) fn shortened(text: &str, chars_max: usize) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(chars_max) else { return text.to_owned() };
    let cut = &text[..end];
    let cut = cut.rsplit_once(char::is_whitespace).map_or(cut, |(before, _)| before).trim_end();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_near_to_what_they_were() {
        for (given, name) in [
            ("id", "id"),
            ("X-Request-Id", "X_Request_Id"),
            ("filter[status]", "filter_status"),
            ("2fa", "_2fa"),
            ("in", "in_"),
            ("überall", "berall"),
            ("名前", "value"),
            ("_", "_"),
            ("page_", "page_"),
        ] {
            assert_eq!(input_name(given), name);
        }
        assert_eq!(operation_key(Some("repos/list-for-org"), Method::Get, "/"), "reposListForOrg");
        assert_eq!(operation_key(None, Method::Get, "/users/{id}/posts"), "getUsersIdPosts");
        assert_eq!(slug("GitHub v3 REST API"), "github-v3-rest-api");
        let mut taken = Taken::default();
        let names: Vec<_> = (0..4).map(|_| taken.take("id", "query")).collect();
        assert_eq!(names, ["id", "query_id", "query_id2", "query_id3"]);
    }

    #[test]
    fn braces_stay_braces() {
        assert_eq!(literal("a{{b}}{%c{#"), "a{{ '{{' }}b}}{{ '{%' }}c{{ '{#' }}");
        assert_eq!(shortened("one two three", 9), "one two…");
    }
}
