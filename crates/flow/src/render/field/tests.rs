use serde_json::json;

use super::*;

fn shown(position: Position, text: &str) -> Shown {
    let vars =
        json!({ "id": "a/b c", "n": 7, "list": [1, "x&y"], "xml": "<b>", "lines": "a\nb", "null": null });
    let event = json!({ "from": "+44" });
    let scope = Scope { vars: Some(&vars), event: Some(&event), ..Scope::default() };
    show(position, text, false, &scope, &mut Meter::default(), 1 << 20)
}

#[track_caller]
fn value(position: Position, text: &str) -> Value {
    let shown = shown(position, text);
    serde_json::from_slice(&shown.value.unwrap_or_else(|fault| panic!("{text}: {fault:?}"))).unwrap()
}

#[track_caller]
fn fault(position: Position, text: &str) -> Fault {
    shown(position, text).value.unwrap_err()
}

#[test]
fn each_position_places_values_by_its_own_rule() {
    let cases = [
        (
            Position::Url,
            "https://h.example/{{ vars.id }}?q={{ vars.id }}",
            json!("https://h.example/a%2Fb%20c?q=a%2Fb%20c"),
        ),
        (Position::Query, "{{ vars.id }}", json!("a%2Fb%20c")),
        (Position::Query, "{{ vars.list }}", json!(["1", "x%26y"])),
        (Position::Header, "n={{ vars.n }}", json!("n=7")),
        (Position::Json, r#"{"n":"{{ vars.n }}","t":"n {{ vars.n }}"}"#, json!({ "n": 7, "t": "n 7" })),
        (
            Position::JsonText,
            r#"{"n": {{ vars.n }}, "l": {{ vars.list }}}"#,
            json!({ "n": 7, "l": [1, "x&y"] }),
        ),
        (Position::Form, "{{ vars.id }}", json!("a%2Fb%20c")),
        (Position::Xml, "<a>{{ vars.xml }}</a>", json!("<a>&lt;b&gt;</a>")),
        (Position::Text, "{% for i in vars.list %}{{ i }};{% endfor %}{{ vars.gone }}", json!("1;x&y;")),
        (Position::Expression, "vars.n > 3 and event.from == '+44'", json!(true)),
        (Position::Expression, "vars.gone", json!(null)),
    ];
    for (position, text, wanted) in cases {
        assert_eq!(value(position, text), wanted, "{position:?} {text}");
    }
}

#[test]
fn what_it_reads_and_what_is_missing_is_told_also_where_it_fails() {
    let shown =
        shown(Position::Header, "{{ vars.gone.deep }} {{ event.from }} {{ vars.null }} {{ event.from }}");
    let texts = |paths: &[ReadPath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&shown.reads), ["event.from", "vars.gone.deep", "vars.null"]);
    assert_eq!(texts(&shown.missing), ["vars.gone.deep", "vars.null"]);
    assert_eq!(shown.value.unwrap_err().code, "missing-value");
}

#[test]
fn a_fault_has_its_place_as_a_page_counts() {
    assert_eq!(fault(Position::Text, "😀 {{ vars.a | nothing }}").offset, Some(15));
    assert_eq!(fault(Position::Header, "ab {{ vars.n").offset, Some(3));
    assert_eq!(fault(Position::JsonText, "{\n \"a\": }").offset, Some(8));
    assert_eq!(fault(Position::Json, "{").code, "invalid-json");
    let leaf = fault(Position::Json, r#"{"a":{"b":"{{ vars.n | nothing }}"}}"#);
    assert!(leaf.message.starts_with("a.b: ") && leaf.offset.is_none(), "{leaf:?}");
    assert_eq!(fault(Position::Url, "ftp://{{ vars.id }}/").offset, None);
    assert_eq!(fault(Position::Header, "{{ vars.lines }}").code, "header-value");
    assert_eq!(fault(Position::Xml, "<!-- {{ vars.n }} -->").code, "xml-position");
    assert_eq!(fault(Position::Expression, "secret.key == 'x'").code, "secret-out-of-place");
}

#[test]
fn a_secret_stays_hidden_wherever_it_stands() {
    assert_eq!(value(Position::Header, "Bearer {{ secret.key }}"), "Bearer ***");
    assert_eq!(
        value(Position::Url, "https://h.example/{{ secret.key }}?a={{ secret.other }}"),
        "https://h.example/***?a=***"
    );
    assert_eq!(value(Position::Json, r#"["{{ secret.key }}"]"#), json!(["***"]));
    assert_eq!(value(Position::Form, "{{ secret.key }}"), "***");
    assert!(shown(Position::Header, "{{ secret.key }}").missing.is_empty());
}

#[test]
fn an_optional_row_is_left_out_and_a_value_is_bounded() {
    let scope = Scope::default();
    let mut meter = Meter::default();
    let left = show(Position::Query, "{{ vars.gone }}", true, &scope, &mut meter, 100);
    assert_eq!(left.value.unwrap(), b"null");
    let long = show(Position::Text, &"x".repeat(200), false, &scope, &mut meter, 100);
    assert_eq!(long.value.unwrap_err().code, "template-too-costly");
}
