use super::*;
use serde_json::json;

fn value(text: &str) -> Value {
    let source = parse(text, Format::Either);
    assert_eq!(source.problems, [], "{text}");
    source.tree.expect("a tree").to_value()
}

fn refused(text: &str) -> (String, usize, usize) {
    let source = parse(text, Format::Yaml);
    let first = source.problems.first().unwrap_or_else(|| panic!("{text} was read: {:?}", source.tree));
    let place = first.place.expect("a place");
    (format!("{}: {}", first.code, first.message), place.line, place.column)
}

#[test]
fn scalars_follow_the_core_schema() {
    assert_eq!(
        value("[1, -2, 0x1F, 0o17, 1.5, .5, 5., 1e3, 1E-2, 18446744073709551615]"),
        json!([1, -2, 31, 15, 1.5, 0.5, 5.0, 1000.0, 0.01, u64::MAX])
    );
    assert_eq!(
        value("[true, True, FALSE, yes, no, on, off, y, ~, null, Null, '', nULL]"),
        json!([true, true, false, "yes", "no", "on", "off", "y", null, null, null, "", "nULL"])
    );
    assert_eq!(value("on: 404\n404: on\ntrue: 1"), json!({ "on": 404, "404": "on", "true": 1 }));
    assert_eq!(
        value("a:\nb: '1'\nc: !!str 5\nd: !!float 1"),
        json!({"a": null, "b": "1", "c": "5", "d": 1.0})
    );
    assert_eq!(value("2026-01-01: 12:30:45"), json!({ "2026-01-01": "12:30:45" }));
}

#[test]
fn no_number_is_rounded_in_silence() {
    assert_eq!(
        value("[+4912345, 0049, 18446744073709551616, 1e400, .inf, -.INF, .nan, 0xFFFFFFFFFFFFFFFFF, 1_000]"),
        json!([
            "+4912345",
            "0049",
            "18446744073709551616",
            "1e400",
            ".inf",
            "-.INF",
            ".nan",
            "0xFFFFFFFFFFFFFFFFF",
            "1_000"
        ])
    );
    let tree = parse("v: 1.10\nb: True", Format::Yaml).tree.expect("a tree");
    assert_eq!(tree.get("v").and_then(Tree::scalar_text).as_deref(), Some("1.10"));
    assert_eq!(tree.get("b").and_then(Tree::scalar_text).as_deref(), Some("True"));
}

#[test]
fn json_keeps_what_yaml_would_lose() {
    assert_eq!(value(r#"{"a": "\ud83d\ude00\/", "<<": 1}"#), json!({ "a": "😀/", "<<": 1 }));
    let source = parse("{\"a\": 1,\n \"b\": {\"c\": [1,\n  x]}}", Format::Json);
    assert_eq!(source.problems[0].place, Some(Place { line: 3, column: 3 }));
    assert!(parse("a: 1", Format::Json).tree.is_none());
}

#[test]
fn everything_has_its_place() {
    for text in ["a:\n  b: [1, {c: x}]\n  d: 'é'\n", "{\"a\":\n {\"b\": [1, {\"c\": \"x\"}],\n  \"d\": 1}}"]
    {
        let tree = parse(text, Format::Either).tree.expect("a tree");
        let at = |path: FieldPath| (tree.locate(&path).line, tree.locate(&path).column);
        let a = FieldPath::root().key("a");
        let c = a.key("b").index(1).key("c");
        let line: Vec<&str> = text.lines().collect();
        let x = line[1].find('x').map_or(0, |i| i + 1);
        assert!(at(c.clone()) == (2, x) || at(c.clone()) == (2, x - 1), "{:?}", at(c.clone()));
        assert_eq!(
            tree.locate_key(&c).map(|p| (p.line, line[1][p.column - 1..].starts_with(['c', '"']))),
            Some((2, true))
        );
        assert_eq!(at(a.key("nothing").key("here")).0, 1);
        assert_eq!(at(a.key("d")).0, 3);
    }
}

#[test]
fn a_place_in_a_text_is_a_place_in_the_file() {
    let tree = parse("t: |\n\n    {\"n\":\n      x}\nq: \"ab\"", Format::Yaml).tree.expect("a tree");
    let text = tree.get("t").expect("a text");
    assert_eq!(text.as_text(), Some("\n{\"n\":\n  x}\n"));
    assert_eq!(text.locate_within(3, 3), Place { line: 4, column: 7 });
    assert_eq!(tree.get("q").expect("q").locate_within(1, 2), Place { line: 5, column: 6 });
}

#[test]
fn a_key_that_stands_twice_is_told_at_both_places() {
    for text in ["a: 1\nb: 2\na: 3", "{\"a\": 1,\n\"b\": 2,\n\"a\": 3}"] {
        let source = parse(text, Format::Either);
        let lines: Vec<_> =
            source.problems.iter().map(|p| (p.code.as_ref(), p.place.expect("place").line)).collect();
        assert_eq!(lines, [("duplicate-key", 1), ("duplicate-key", 3)]);
        assert_eq!(source.tree.expect("a tree").to_value(), json!({ "a": 1, "b": 2 }));
    }
}

#[test]
fn what_is_beyond_us_is_refused_with_its_place() {
    assert!(refused("a: {{ event.from }}").0.contains("in quotes"), "{:?}", refused("a: {{ event.from }}"));
    assert_eq!(refused("b: &b {x: 1}\na:\n  <<: *b").1, 3);
    assert_eq!(refused("a: !mine 1").1, 1);
    assert_eq!(refused("a: !!binary aGk=").1, 1);
    assert_eq!(refused("a: 1\n---\nb: 1").1, 2);
    assert_eq!(refused("a:\n\tb: 1").1, 2);
    assert_eq!(refused("a: [1, 2\nb: 3").1, 2);
    assert_eq!(refused("a: &x [*x]").1, 1);
    assert!(refused("a: *nobody").0.starts_with("syntax"));
    assert!(refused("").0.contains("empty"));
    assert!(refused("# only a remark\n").0.contains("empty"));
}

#[test]
fn bombs_are_refused_at_once() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert!(refused(&bomb).0.starts_with("too-large"));
    let long = format!("a: &a {}\nb: [{}]", "x".repeat(1 << 20), vec!["*a"; 100].join(","));
    assert!(refused(&long).0.starts_with("too-large"));
    let mut stairs = String::from("a0: &a0 []\n");
    for level in 1..200 {
        stairs.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(refused(&stairs).0.starts_with("too-large"));
    for deep in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(50_000), "? ".repeat(100_000)] {
        assert!(parse(&deep, Format::Either).tree.is_none());
        assert!(parse(&deep, Format::Json).tree.is_none());
    }
    assert!(refused(&format!("- {}", "a".repeat(FILE_BYTES_MAX))).0.starts_with("too-large"));
    assert!(refused(&format!("[{}", "a,".repeat(VALUES_MAX + 1))).0.starts_with("too-large"));
}

#[test]
fn aliases_are_read_as_what_they_stand_for() {
    assert_eq!(value("a: &a {x: 1}\nb: *a\nc: [*a]"), json!({"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}]}));
}
