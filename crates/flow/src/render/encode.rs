//! How values and literals are written in URLs and forms.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A value in a path: `@` and `+` are plain there, and people write them.
const SEGMENT: &AsciiSet = &COMPONENT.remove(b'@').remove(b'+');
/// What an author may write in a path only encoded. `\` is refused before it comes here.
const LITERAL_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// What an author may write in a query only encoded.
const LITERAL_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A value as one component: a query's value, a form's name or value. Space is `%20`, `+` is `%2B`.
pub fn component(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, COMPONENT)
}

pub(crate) fn segment(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, SEGMENT)
}

pub(super) fn literal_path(text: &str) -> String {
    keeping_encoded(text, LITERAL_PATH)
}

pub(super) fn literal_query(text: &str) -> String {
    keeping_encoded(text, LITERAL_QUERY)
}

/// A literal of a row: what is encoded already stays, all else is encoded as a component.
pub(super) fn literal_component(text: &str) -> String {
    keeping_encoded(text, COMPONENT)
}

/// Encodes with a set, but leaves a `%` with two hexadecimal digits as it is.
fn keeping_encoded(text: &str, set: &'static AsciiSet) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.extend(utf8_percent_encode(&rest[..at], set));
        let bytes = rest.as_bytes();
        let is_hex = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_hexdigit);
        if is_hex(at + 1) && is_hex(at + 2) {
            out.push_str(&rest[at..at + 3]);
            rest = &rest[at + 3..];
        } else {
            out.push_str("%25");
            rest = &rest[at + 1..];
        }
    }
    out.extend(utf8_percent_encode(rest, set));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_stays() {
        assert_eq!(literal_component("a%20b c+d%zz%2"), "a%20b%20c%2Bd%25zz%252");
        assert_eq!(literal_query("é=%C3%A9&x='y'"), "%C3%A9=%C3%A9&x=%27y%27");
        assert_eq!(literal_path("/a b/%2F/č"), "/a%20b/%2F/%C4%8D");
        assert_eq!(component("a b+c&=~.é").to_string(), "a%20b%2Bc%26%3D~.%C3%A9");
        assert_eq!(segment("ann+x@example.com/..").to_string(), "ann+x@example.com%2F..");
    }
}
