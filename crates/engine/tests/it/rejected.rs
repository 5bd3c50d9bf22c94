//! Tokens that an API does not take any more: renewed once, and what may be sent again is sent again once.

use serde_json::{Value, json};

use crate::token_world::{World, api_from, counting, grant, hourly};
use crate::world::{begin, by_operation, change, ended, outcome, pass, publish, until_so};

const TURNED_AWAY: &str = r#"{"error":"token_expired"}"#;

fn notes(record: &Value) -> Vec<&str> {
    let problems = record["steps"][0]["problems"].as_array().unwrap();
    problems.iter().map(|note| note["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_read_is_sent_again_with_a_new_token() {
    let world = World::new(hourly(), api_from(2, 401, TURNED_AWAY), "").await;
    let record = world.run().await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    assert_eq!(notes(&record), ["token-renewed"]);
    assert_eq!(record["steps"][0]["attempts"].as_array().unwrap().len(), 1);
    assert_eq!((world.shown(), world.fetches()), (vec![1, 2], 2));
    let record = world.run().await;
    assert!(notes(&record).is_empty());
    assert_eq!(world.shown(), [1, 2, 2]);
}

#[tokio::test]
async fn an_unkeyed_write_is_not_sent_again_and_the_next_has_the_new_token() {
    let world = World::new(hourly(), api_from(2, 401, TURNED_AWAY), "").await;
    publish(&world.engine, &by_operation("post", "retry: { maxAttempts: 3 }")).await;
    let record = world.run().await;
    assert_eq!(outcome(&record).0, "401", "{record:#}");
    assert!(notes(&record).is_empty());
    assert_eq!((world.shown(), world.fetches()), (vec![1], 2));
    assert_eq!(outcome(&world.run().await).0, "200");
    assert_eq!((world.shown(), world.fetches()), (vec![1, 2], 2));
}

#[tokio::test]
async fn a_keyed_write_is_sent_again_with_its_key() {
    let world = World::new(hourly(), api_from(2, 401, TURNED_AWAY), "").await;
    publish(&world.engine, &by_operation("keyed", "")).await;
    assert_eq!(outcome(&world.run().await).0, "200");
    let [first, second] = &world.api.requests()[..] else { panic!("two requests") };
    assert!(first.header("idempotency-key").is_some());
    assert_eq!(first.header("idempotency-key"), second.header("idempotency-key"));
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn an_api_that_takes_no_token_is_asked_twice_and_no_more() {
    let world = World::new(hourly(), api_from(9, 401, TURNED_AWAY), "").await;
    let record = world.run().await;
    assert_eq!(outcome(&record).0, "401", "{record:#}");
    assert_eq!((world.shown(), world.fetches()), (vec![1, 2], 2));
}

#[tokio::test]
async fn where_no_new_token_is_had_the_answer_stands() {
    let tokens = counting(|number| match number {
        1 => grant(1, &json!(3600)),
        _ => callout_testkit::Reply::json(400, r#"{"error":"invalid_client"}"#),
    });
    let world = World::new(tokens, api_from(2, 401, TURNED_AWAY), "").await;
    let record = world.run().await;
    assert_eq!(outcome(&record).0, "401", "{record:#}");
    assert_eq!((world.shown(), world.fetches()), (vec![1], 2));
}

#[tokio::test]
async fn many_that_were_turned_away_renew_it_once() {
    let go = callout_testkit::Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| match number {
        1 => grant(1, &json!(3600)),
        _ => grant(number, &json!(3600)).after(&gate),
    });
    let world = World::new(tokens, api_from(2, 401, TURNED_AWAY), "").await;
    let mut runs = Vec::new();
    for _ in 0..10 {
        runs.push(begin(&world.engine).await);
    }
    until_so(async || world.shown().len() >= 10).await;
    go.give();
    for id in runs {
        assert_eq!(outcome(&ended(&world.engine, &id).await).0, "200");
    }
    assert_eq!(world.fetches(), 2);
    assert_eq!(world.shown().iter().filter(|number| **number == 2).count(), 10);
}

#[tokio::test]
async fn what_counts_as_ended_is_the_authors_rule() {
    let by_status = ", expired: { status: [403, 498] }";
    let by_body = r#", expired: { when: "response.body.error == 'token_expired'" }"#;
    let by_header = r#", expired: { when: "response.status == 200 and response.headers['content-type'] == 'application/json' and response.body.error" }"#;
    for (rule, status, body, renewed) in [
        (by_status, 403, TURNED_AWAY, true),
        (by_status, 498, "", true),
        (by_status, 401, TURNED_AWAY, false),
        (by_body, 200, TURNED_AWAY, true),
        (by_body, 400, TURNED_AWAY, true),
        (by_body, 401, r#"{"error":"no_right"}"#, false),
        (by_body, 401, "not JSON", false),
        (by_header, 200, TURNED_AWAY, true),
        ("", 403, TURNED_AWAY, false),
    ] {
        let world = World::new(hourly(), api_from(2, status, body), rule).await;
        let record = world.run().await;
        let seen = if renewed { vec![1, 2] } else { vec![1] };
        assert_eq!((world.shown(), world.fetches()), (seen.clone(), seen.len()), "{rule} {status} {body}");
        assert_eq!(outcome(&record).0 == "200" && !notes(&record).is_empty(), renewed, "{record:#}");
    }
}

#[tokio::test]
async fn where_limits_hold_the_second_sending_back_the_answer_stands() {
    let world = World::new(hourly(), api_from(2, 401, TURNED_AWAY), "").await;
    change(&world.engine, r#"{"limits":{"requestsPerSecond":0.1,"burst":1}}"#, &[], false).await;
    let record = world.run().await;
    assert_eq!(outcome(&record).0, "401", "{record:#}");
    assert_eq!(record["steps"][0]["attempts"][0]["sent"], "yes");
    assert_eq!((world.shown(), world.fetches()), (vec![1], 2));
    pass(10);
    assert_eq!(outcome(&world.run().await).0, "200");
    assert_eq!(world.shown(), [1, 2]);
}
