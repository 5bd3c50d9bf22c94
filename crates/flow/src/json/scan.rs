//! One pass over JSON text that makes no tree: is it sound, and where are the values that someone asks for.

use std::ops::Range;

use jiter::{Jiter, Peek};

use super::DEPTH_MAX;

/// One step of a path that finds one value at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Key(String),
    Index(usize),
}

/// Looks through a text by the rules of [`super::parse`]. For each path the place of its value, `None` where there is
/// none. No answer where the text is not sound, or where its tree would hold something other than the text says (a
/// number that no double holds): then the tree decides.
pub(crate) fn scan(bytes: &[u8], paths: &[&[Segment]]) -> Option<Vec<Option<Range<usize>>>> {
    std::str::from_utf8(bytes).ok()?;
    let mut scan = Scan { jiter: Jiter::new(bytes), found: vec![None; paths.len()] };
    let wanted: Vec<Wanted<'_>> = paths.iter().enumerate().map(|(index, path)| (index, *path)).collect();
    let peek = scan.jiter.peek().ok()?;
    scan.value(peek, 0, &wanted)?;
    scan.jiter.finish().ok()?;
    Some(scan.found)
}

/// A path by its number, and what is left of it here.
type Wanted<'p> = (usize, &'p [Segment]);

struct Scan<'j> {
    jiter: Jiter<'j>,
    found: Vec<Option<Range<usize>>>,
}

impl Scan<'_> {
    fn value(&mut self, peek: Peek, depth: usize, wanted: &[Wanted<'_>]) -> Option<()> {
        let start = self.jiter.current_index();
        match peek {
            Peek::Null => self.jiter.known_null().ok()?,
            Peek::True | Peek::False => drop(self.jiter.known_bool(peek).ok()?),
            Peek::String => drop(self.jiter.known_str().ok()?),
            Peek::Array if depth < DEPTH_MAX => self.array(depth, wanted)?,
            Peek::Object if depth < DEPTH_MAX => self.object(depth, wanted)?,
            Peek::Array | Peek::Object => return None,
            _ => {
                let number = self.jiter.known_number_bytes(peek).ok()?;
                if !is_plain(number) {
                    return None;
                }
            }
        }
        let end = self.jiter.current_index();
        for (index, left) in wanted {
            if left.is_empty() {
                self.found[*index] = Some(start..end);
            }
        }
        Some(())
    }

    fn array(&mut self, depth: usize, wanted: &[Wanted<'_>]) -> Option<()> {
        let mut next = self.jiter.known_array().ok()?;
        let mut at = 0;
        while let Some(peek) = next {
            let of_item = |segment: &Segment| matches!(segment, Segment::Index(index) if *index == at);
            let inner = narrowed(wanted, of_item);
            self.value(peek, depth + 1, &inner)?;
            next = self.jiter.array_step().ok()?;
            at += 1;
        }
        Some(())
    }

    fn object(&mut self, depth: usize, wanted: &[Wanted<'_>]) -> Option<()> {
        // The key must be looked at before the next one is read: it borrows from the reader.
        let mut inner = match self.jiter.known_object().ok()? {
            Some(key) => narrowed(wanted, |segment| matches!(segment, Segment::Key(k) if k == key)),
            None => return Some(()),
        };
        loop {
            self.forget(&inner);
            let peek = self.jiter.peek().ok()?;
            self.value(peek, depth + 1, &inner)?;
            inner = match self.jiter.next_key().ok()? {
                Some(key) => narrowed(wanted, |segment| matches!(segment, Segment::Key(k) if k == key)),
                None => return Some(()),
            };
        }
    }

    /// Of a key that stands twice the last value counts: what was found under an earlier one is not there.
    fn forget(&mut self, wanted: &[Wanted<'_>]) {
        for (index, _) in wanted {
            self.found[*index] = None;
        }
    }
}

/// The paths that go on through this key or item.
fn narrowed<'p>(wanted: &[Wanted<'p>], here: impl Fn(&Segment) -> bool) -> Vec<Wanted<'p>> {
    let steps = wanted.iter().filter_map(|(index, path)| {
        let (first, rest) = path.split_first()?;
        here(first).then_some((*index, rest))
    });
    steps.collect()
}

/// Whether a double or an integer of 64 bits certainly holds a number: up to 15 digits and no exponent, or up to 18
/// and no point. Others may be held too; the tree tells.
fn is_plain(number: &[u8]) -> bool {
    let digits = number.iter().filter(|b| b.is_ascii_digit()).count();
    let whole = number.iter().all(|b| b.is_ascii_digit() || *b == b'-');
    let decimal = number.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    (whole && digits <= 18) || (decimal && digits <= 15)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn path(text: &str) -> Vec<Segment> {
        let step = |part: &str| part.parse().map_or_else(|_| Segment::Key(part.to_owned()), Segment::Index);
        text.split('.').filter(|part| !part.is_empty()).map(step).collect()
    }

    fn find(text: &str, paths: &[&str]) -> Option<Vec<Option<String>>> {
        let paths: Vec<Vec<Segment>> = paths.iter().map(|text| path(text)).collect();
        let paths: Vec<&[Segment]> = paths.iter().map(Vec::as_slice).collect();
        let found = scan(text.as_bytes(), &paths)?;
        Some(found.into_iter().map(|range| range.map(|range| text[range].to_owned())).collect())
    }

    #[test]
    fn values_are_found_where_they_stand() {
        let text = r#"{"a": {"b": [1, {"c": "x"}], "d": null}, "e": 2.50}"#;
        let found = find(text, &["a.b.1.c", "a.b.0", "e", "a.d", "a.x", "a.b.7", ""]).unwrap();
        let wanted = [Some("\"x\""), Some("1"), Some("2.50"), Some("null"), None, None, Some(text)];
        assert_eq!(found, wanted.map(|text| text.map(str::to_owned)));
        assert_eq!(find(r#"{"a":{"b":1},"a":{}}"#, &["a.b"]), Some(vec![None]), "the last of a key counts");
        assert_eq!(find(r#"{"a":1,"a":2}"#, &["a"]), Some(vec![Some("2".to_owned())]));
    }

    #[test]
    fn what_the_tree_refuses_or_changes_is_left_to_it() {
        let deep = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
        let refused = [
            "",
            "{",
            "[1,]",
            "01",
            "1 2",
            "{a:1}",
            "nul",
            "+1",
            "NaN",
            "\"a\nb\"",
            r#""\ud800""#,
            r#"{"\udc00":1}"#,
            &deep,
        ];
        for text in refused {
            assert!(parse(text.as_bytes()).is_err() && scan(text.as_bytes(), &[]).is_none(), "{text}");
        }
        for text in ["1e400", "3.14159265358979323846", "18446744073709551616", "1e2"] {
            assert_eq!(scan(text.as_bytes(), &[]), None, "{text}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[abc]", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// What the pass accepts has the tree that it would have been given, and the same values at every path.
        #[test]
        fn the_pass_agrees_with_the_tree(value in json(), cut in any::<prop::sample::Index>(), broken in any::<bool>()) {
            let mut text = value.to_string();
            if broken && !text.is_empty() {
                let at = text.floor_char_boundary(cut.index(text.len()));
                text.remove(at);
            }
            let paths = [path("a"), path("a.b"), path("0"), path("a.0.b"), path("")];
            let paths: Vec<&[Segment]> = paths.iter().map(Vec::as_slice).collect();
            let parsed = parse(text.as_bytes());
            if let Some(found) = scan(text.as_bytes(), &paths) {
                let tree = parsed.expect("the tree takes what the pass takes").value;
                let pointers = ["/a", "/a/b", "/0", "/a/0/b", ""];
                for (pointer, range) in pointers.iter().zip(found) {
                    let picked = range.map(|range| parse(text[range].as_bytes()).unwrap().value);
                    let in_list = pointer.contains("/0");
                    let there = tree.pointer(pointer).filter(|_| !in_list || !matches_object(&tree, pointer));
                    prop_assert_eq!(picked.as_ref(), there);
                }
            }
        }
    }

    /// A pointer's number also names a key of an object; a path's does not.
    fn matches_object(tree: &Value, pointer: &str) -> bool {
        let parent = pointer.split("/0").next().unwrap_or("");
        tree.pointer(parent).is_some_and(Value::is_object)
    }
}
