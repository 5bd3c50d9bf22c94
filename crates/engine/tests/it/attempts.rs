//! Attempts that come later, in another process even: what stays the same over them, and what is opened anew.

use callout_engine::{Engine, Store};
use callout_store::NewConnection;
use callout_testkit::{Remote, Reply, verify_webhook};

use crate::world::{
    after_its_pause, begin, by_operation, change, connect, connection, org, outcome, publish,
    publish_integration, until_so, with_standing_clock,
};

const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SCHEMA: &str = "secretSchema: { type: object, properties: { key: { type: string } } }";

fn failing_once() -> Remote {
    Remote::start(vec![Reply::with_headers(503, &[], ""), Reply::json(200, "{}")])
}

async fn retrying(remote: &Remote, auth: &str, key: &str) -> Engine {
    let engine = with_standing_clock(Store::in_memory().unwrap());
    publish_integration(&engine, &remote.url(""), &format!("auth: {auth}\n{SCHEMA}")).await;
    connect(&engine, &connection(&[("key", key)])).await;
    publish(&engine, &by_operation("keyed", "retry: { maxAttempts: 2 }")).await;
    engine
}

#[tokio::test]
async fn a_message_keeps_its_id_and_its_key_over_attempts_and_is_signed_anew() {
    let remote = failing_once();
    let engine =
        retrying(&remote, "{ type: standardWebhooks, secret: '{{ secret.key }}' }", WEBHOOK_SECRET).await;
    let id = begin(&engine).await;
    let record = after_its_pause(&engine, &id, 60).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    let [first, second] = &remote.requests()[..] else { panic!("two attempts") };
    for request in [first, second] {
        verify_webhook(request, WEBHOOK_SECRET).unwrap();
    }
    for same in ["webhook-id", "idempotency-key"] {
        assert!(first.header(same).is_some_and(|text| text.len() > 20), "{same}");
        assert_eq!(first.header(same), second.header(same), "{same}");
    }
    assert_eq!(first.header("webhook-timestamp"), Some("1800000000"));
    assert_eq!(second.header("webhook-timestamp"), Some("1800000060"));
}

/// Parks a run after its first attempt, lets `meanwhile` happen, and has another engine on the same store go on.
async fn taken_up(remote: &Remote, meanwhile: impl AsyncFnOnce(&Engine)) -> serde_json::Value {
    let engine = retrying(remote, "{ type: bearer, token: '{{ secret.key }}' }", "the-key-of-before").await;
    let id = begin(&engine).await;
    until_so(async || engine.store().next_due(jiff::Timestamp::MIN).await.unwrap().is_some()).await;
    meanwhile(&engine).await;
    let store = engine.store().clone();
    drop(engine);
    after_its_pause(&with_standing_clock(store), &id, 60).await
}

#[tokio::test]
async fn a_run_that_another_process_takes_up_uses_the_secret_as_it_is_by_then() {
    let remote = failing_once();
    let record = taken_up(&remote, async |engine: &Engine| {
        change(engine, "{}", &[("key", "the-key-of-after")], false).await;
    })
    .await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    let shown: Vec<_> =
        remote.requests().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(shown, ["Bearer the-key-of-before", "Bearer the-key-of-after"]);
    assert!(!record.to_string().contains("the-key-of"));
}

#[tokio::test]
async fn a_connection_that_is_gone_or_another_one_by_then_ends_the_call() {
    let remake = async |engine: &Engine, new: NewConnection| {
        engine.store().delete_connection(&org(), "c").await.unwrap();
        connect(engine, &new).await;
    };
    for (case, told) in [
        ("gone", "there is none"),
        ("disabled", "it is disabled"),
        ("of another", "of another kind"),
        ("moved", "made for"),
    ] {
        let remote = failing_once();
        let record = taken_up(&remote, async |engine: &Engine| {
            let new = connection(&[("key", "the-key-of-another")]);
            match case {
                "gone" => engine.store().delete_connection(&org(), "c").await.unwrap(),
                "disabled" => change(engine, "{}", &[], true).await,
                "of another" => {
                    remake(engine, NewConnection { integration: Some("other".to_owned()), ..new }).await;
                }
                _ => {
                    let allowed_hosts = vec!["api.test".to_owned()];
                    remake(engine, NewConnection { allowed_hosts, ..new }).await;
                }
            }
        })
        .await;
        let (key, message) = outcome(&record);
        let wanted = if case == "moved" { "blocked" } else { "invalid" };
        assert!(key == wanted && message.contains(told), "{case}: {record:#}");
        assert_eq!(remote.requests().len(), 1, "{case}");
    }
}
