//! `callout egress check`, with the shared tables, and what the server tells of its rules.

use serde_json::{Value, json};

use crate::server::Server;
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

#[test]
fn an_admin_reads_what_the_configuration_lets_calls_reach() {
    let world = World::new();
    world.write("callout.toml", "");
    let server = Server::start(&world);
    let usual = server.admin().get("/v1/egress").json();
    assert_eq!(
        usual,
        json!({
            "allow": [], "httpHosts": [], "ports": null, "proxy": null, "sourceAddress": null, "dns": [],
            "responseBytesMax": 1_048_576, "timeoutMsMax": 60_000, "maxConnections": 64, "connectionWaitMs": 1000,
            "caFile": false, "defaults": { "retention": { "runs": "30d", "bodies": null, "audit": null } },
        })
    );
    let world = World::new();
    world.write(
        "callout.toml",
        "[egress]\nallow = [{ host = \"api.internal\", cidr = \"10.1.0.0/16\" }]\nhttp_hosts = [\"api.internal\"]\n\
         dns = [\"127.0.0.1:5353\"]\nports = [443, 8443]\nsource_address = \"127.0.0.9\"\n\
         proxy = \"http://us%40er:s3cr3t@127.0.0.3:3128\"\nresponse_bytes_max = 5000\ntimeout_ms_max = 900\n\
         max_connections = 7\nconnection_wait_ms = 20\n[store]\nretention = \"36h\"\n",
    );
    let server = Server::start(&world);
    let answer = server.admin().get("/v1/egress");
    assert!(!answer.text().contains("s3cr3t") && !answer.text().contains("er:"), "{}", answer.text());
    let set = answer.json();
    assert_eq!(set["allow"], json!([{ "host": "api.internal", "cidr": "10.1.0.0/16" }]));
    assert_eq!(set["proxy"], "http://127.0.0.3:3128");
    for (key, value) in [
        ("httpHosts", json!(["api.internal"])),
        ("dns", json!(["127.0.0.1:5353"])),
        ("ports", json!([443, 8443])),
        ("sourceAddress", json!("127.0.0.9")),
        ("responseBytesMax", json!(5000)),
        ("timeoutMsMax", json!(900)),
        ("maxConnections", json!(7)),
        ("connectionWaitMs", json!(20)),
    ] {
        assert_eq!(set[key], value, "{key}");
    }
    assert_eq!(set["defaults"]["retention"]["runs"], "36h");
    assert_eq!(server.with_role("editor").get("/v1/egress").status, 403);
}
