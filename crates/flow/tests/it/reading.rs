//! Reading flow files: nothing that anyone can send makes it panic.

use callout_flow::read::{flow_schema, read_flow};
use callout_flow::source::{Format, parse};
use proptest::prelude::*;

/// Text made of what YAML and JSON find interesting.
fn hostile() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("- "),
        Just(": "),
        Just(":"),
        Just("\n"),
        Just("  "),
        Just("\t"),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just("?"),
        Just("&a "),
        Just("*a"),
        Just("!"),
        Just("!!str "),
        Just("<<"),
        Just("|"),
        Just(">-\n"),
        Just("'"),
        Just("\""),
        Just("#"),
        Just("---\n"),
        Just("...\n"),
        Just("%YAML 1.2\n"),
        Just("\r\n"),
        Just("\\ud83d"),
        Just("kind: flow\n"),
        Just("nodes:\n"),
        Just("type: apiCall\n"),
        Just("é"),
        Just("\u{feff}"),
        Just("\0"),
        Just("a"),
        Just("404"),
        Just("1e400"),
        Just("~"),
        Just("@"),
        Just("`"),
        Just("\u{85}"),
        Just("\u{2028}"),
    ];
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn reading_never_panics(text in prop_oneof![hostile(), any::<String>()]) {
        for name in ["", "a.yaml", "a.json"] {
            let read = read_flow(&text, name);
            prop_assert!(read.draft.is_some() || !read.problems.is_empty());
            prop_assert!(read.problems.iter().all(|problem| problem.place.is_some_and(|p| p.line > 0 && p.column > 0)));
        }
    }

    /// What reads as JSON reads as the same from JSON and from either format.
    #[test]
    fn json_reads_the_same_everywhere(value in json()) {
        let text = value.to_string();
        for format in [Format::Json, Format::Either] {
            prop_assert_eq!(parse(&text, format).tree.map(|tree| tree.to_value()), Some(value.clone()));
        }
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

#[test]
fn the_schema_names_every_node_type() {
    let schema = flow_schema().to_string();
    for word in ["apiCall", "setVars", "branch", "message", "screenPop", "handoff", "wait", "goToFlow", "end"]
    {
        assert!(schema.contains(&format!("\"{word}\"")), "{word}");
    }
}
