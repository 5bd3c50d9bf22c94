//! `callout egress check`, with the shared tables.

use serde_json::{Value, json};

use crate::world::{Ran, World};

const VECTORS: &str = include_str!("../../../outbound/tests/fixtures/egress_vectors.tsv");

fn judge(world: &World, questions: &[Value]) -> Vec<Value> {
    let input: String = questions.iter().map(|question| format!("{question}\n")).collect();
    let ran: Ran = world.callout_with_input(&["egress", "check"], &input);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_whole_table_is_judged_as_it_says() {
    let rows: Vec<Vec<&str>> =
        VECTORS.lines().filter(|line| !line.is_empty()).map(|line| line.split('\t').collect()).collect();
    let url = |text: &str| serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap();
    let questions: Vec<Value> = rows.iter().map(|row| json!({ "url": url(row[0]) })).collect();
    let world =
        World::new().with_env("CALLOUT_EGRESS_HTTP_HOSTS", "*").with_env("CALLOUT_EGRESS_ALLOW", "[]");
    let verdicts = judge(&world, &questions);
    assert_eq!(verdicts.len(), rows.len());
    let wrong: Vec<_> = rows
        .iter()
        .zip(&verdicts)
        .filter(|(row, verdict)| !row[2].starts_with("[policy]") && verdict["verdict"] != row[1])
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn answers_stand_for_the_look_up() {
    let world =
        World::new().with_env("CALLOUT_EGRESS_ALLOW", r#"[{ host = "api.internal", cidr = "10.1.0.0/16" }]"#);
    let cases = [
        (json!({ "url": "https://h.example/", "answers": ["1.1.1.1"] }), "allow", "allowed"),
        (
            json!({ "url": "https://h.example/", "answers": ["1.1.1.1", "127.0.0.1"] }),
            "block",
            "blocked_address",
        ),
        (json!({ "url": "https://h.example/", "answers": [] }), "block", "dns_error"),
        (json!({ "url": "https://h.example/" }), "allow", "allowed"),
        (json!({ "url": "https://api.internal/", "answers": ["10.1.2.3"] }), "allow", "allowed"),
        (json!({ "url": "https://api.internal/", "answers": ["10.2.2.3"] }), "block", "blocked_address"),
        (json!({ "url": "https://other.internal/", "answers": ["10.1.2.3"] }), "block", "name_refused"),
        (json!({ "url": "http://h.example/" }), "block", "scheme"),
        (json!({ "url": "https://u:p@h.example/" }), "block", "userinfo"),
        (json!({ "url": "nonsense" }), "block", "url_parse"),
    ];
    let questions: Vec<Value> = cases.iter().map(|(question, ..)| question.clone()).collect();
    for ((question, verdict, reason), judged) in cases.iter().zip(judge(&world, &questions)) {
        assert_eq!((&judged["verdict"], &judged["reason"]), (&json!(verdict), &json!(reason)), "{question}");
        assert_eq!(judged["url"], question["url"]);
    }
}

#[test]
fn a_line_that_is_no_question_says_which() {
    let ran =
        World::new().callout_with_input(&["egress", "check"], "{\"url\":\"https://a.example/\"}\nnonsense\n");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("line 2"), "{}", ran.stderr);
}
