//! Refresh tokens: what a failed or odd refresh does to what is kept.

use std::collections::BTreeMap;

use callout_engine::{Engine, OauthError, Store};
use callout_flow::request::SecretText;
use callout_store::Fetched;
use callout_testkit::child::{child_with_faults, folder};
use callout_testkit::{Remote, Reply, Request, Signal};
use jiff::SignedDuration;
use serde_json::json;

use crate::token_world::{CLIENT_SECRET, counting};
use crate::world::{
    begin, by_operation, change, connect, connection, ended, opened, org, outcome, pass, publish,
    publish_integration, run, sealed, standing, until_so, with_standing_clock,
};

const REFRESH: &str = "r3fresh-token-of-the-first-consent";

/// A flow by a connection that someone agreed to an hour ago: its access is over, its refresh token is good.
async fn agreed(tokens: &Remote, api: &Remote) -> Engine {
    agreed_on(Store::in_memory().unwrap(), tokens, api).await
}

async fn agreed_on(store: Store, tokens: &Remote, api: &Remote) -> Engine {
    let engine = with_standing_clock(store);
    let auth = format!(
        "auth: {{ type: oauth2AuthorizationCode, authorizationUrl: 'https://login.example/', tokenUrl: '{}', \
         clientId: us, clientSecret: '{{{{ secret.client }}}}', clientAuth: body }}\n\
         secretSchema: {{ type: object, properties: {{ client: {{ type: string }} }} }}",
        tokens.url("/token")
    );
    publish_integration(&engine, &api.url(""), &auth).await;
    connect(&engine, &connection(&[("client", CLIENT_SECRET)])).await;
    publish(&engine, &by_operation("get", "")).await;
    let open = opened(&engine).await;
    let kept = [("oauth.access_token", "acc3ss-that-is-over"), ("oauth.refresh_token", REFRESH)];
    let secrets = kept.map(|(field, text)| (field.to_owned(), Some(SecretText::new(text))));
    let over = standing().checked_sub(SignedDuration::from_secs(1)).unwrap();
    let fetched = Fetched { secrets: BTreeMap::from(secrets), expires_at: Some(over), now: standing() };
    engine.store().put_fetched(&org(), &open, &fetched).await.unwrap();
    engine
}

fn api() -> Remote {
    Remote::start(vec![Reply::json(200, "{}")])
}

fn granted(access: &str, refresh: Option<&str>) -> Reply {
    let mut grant = json!({ "access_token": access, "token_type": "bearer", "expires_in": 3600 });
    if let Some(refresh) = refresh {
        grant["refresh_token"] = refresh.into();
    }
    Reply::json(200, grant.to_string())
}

async fn kept(engine: &Engine) -> String {
    opened(engine).await.secrets["oauth.refresh_token"].expose().to_owned()
}

fn refresh_token(request: &Request) -> String {
    let form = request.text();
    form.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_refresh_token_stays_until_the_server_gives_another() {
    // None, the same again, and another one.
    let tokens = counting(|number| match number {
        1 => granted("acc3ss-1", None),
        2 => granted("acc3ss-2", Some(REFRESH)),
        _ => granted("acc3ss-3", Some("r3fresh-token-of-later")),
    });
    let api = api();
    let engine = agreed(&tokens, &api).await;
    for (number, after) in [(1, REFRESH), (2, REFRESH), (3, "r3fresh-token-of-later")] {
        assert_eq!(outcome(&run(&engine).await).0, "200");
        assert_eq!(kept(&engine).await, after);
        let shown = api.requests().last().unwrap().header("authorization").unwrap().to_owned();
        assert_eq!(shown, format!("Bearer acc3ss-{number}"));
        pass(3600);
    }
    let asked: Vec<_> = tokens.requests().iter().map(refresh_token).collect();
    assert_eq!(asked, [REFRESH; 3]);
}

#[tokio::test]
async fn a_failed_refresh_spoils_nothing() {
    let refusal =
        r#"{"error":"invalid_grant","error_description":"r3fresh-token-of-the-first-consent is no more"}"#;
    let (tokens, api) = (
        counting(move |number| match number {
            1 => Reply::json(400, refusal),
            2 => Reply::status(503),
            3 => Reply::reset(),
            4 => Reply::json(200, r#"{"token_type":"bearer"}"#),
            _ => granted("acc3ss-5", None),
        }),
        api(),
    );
    let engine = agreed(&tokens, &api).await;
    for key in ["invalid", "network", "network", "invalid"] {
        let record = run(&engine).await;
        assert_eq!(outcome(&record).0, key, "{record:#}");
        assert!(!record.to_string().contains(REFRESH) && !record.to_string().contains(CLIENT_SECRET));
        assert_eq!(kept(&engine).await, REFRESH);
    }
    assert_eq!(api.connections(), 0);
    assert_eq!(outcome(&run(&engine).await).0, "200");
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_lose_a_token_that_is_good_for_one_use() {
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| match number {
        1 => granted("acc3ss-1", Some("r3fresh-token-of-later")).after(&gate),
        _ => Reply::json(400, r#"{"error":"invalid_grant"}"#),
    });
    let api = api();
    let engine = agreed(&tokens, &api).await;
    publish(&engine, &by_operation("get", "timeoutMs: 50")).await;
    assert_eq!(outcome(&run(&engine).await).0, "timeout");
    go.give();
    until_so(async || kept(&engine).await == "r3fresh-token-of-later").await;
    publish(&engine, &by_operation("get", "")).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    assert_eq!(tokens.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_that_was_changed_meanwhile_keeps_what_it_has() {
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| match number {
        1 => granted("acc3ss-of-before", Some("r3fresh-of-before")).after(&gate),
        _ => granted("acc3ss-2", None),
    });
    let api = api();
    let engine = agreed(&tokens, &api).await;
    let id = begin(&engine).await;
    until_so(async || !tokens.requests().is_empty()).await;
    change(&engine, "{}", &[("client", "another-s3cret")], false).await;
    go.give();
    assert_eq!(outcome(&ended(&engine, &id).await).0, "network");
    assert_eq!(kept(&engine).await, REFRESH);
    assert_eq!(outcome(&run(&engine).await).0, "200");
    assert!(tokens.requests()[1].text().contains("client_secret=another-s3cret"));
}

#[tokio::test]
async fn a_new_consent_ends_what_the_old_one_gave() {
    let tokens = counting(|_| granted("acc3ss-of-the-new-consent", None));
    let api = api();
    let engine = agreed(&tokens, &api).await;
    let asked = engine.authorize(&org(), "c", "https://callout.example/back").await.unwrap();
    assert_eq!(kept(&engine).await, REFRESH, "until someone agreed");
    engine.authorized(&org(), "c", &asked.state, "the-code").await.unwrap();
    assert!(!opened(&engine).await.secrets.contains_key("oauth.refresh_token"));
    assert_eq!(outcome(&run(&engine).await).0, "200");
    pass(3600);
    let record = run(&engine).await;
    let (key, message) = outcome(&record);
    assert!(key == "invalid" && message.contains("gave no refresh token"), "{record:#}");
    assert_eq!(tokens.requests().len(), 1);
}

#[tokio::test]
async fn neither_a_consent_nor_a_call_that_waits_for_it_outlasts_a_change() {
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |_| granted("acc3ss-of-before", None).after(&gate));
    let api = api();
    let engine = agreed(&tokens, &api).await;
    let asked = engine.authorize(&org(), "c", "https://callout.example/back").await.unwrap();
    let consent = tokio::spawn({
        let engine = engine.clone();
        async move { engine.authorized(&org(), "c", &asked.state, "the-code").await }
    });
    until_so(async || tokens.requests().len() == 1).await;
    let id = begin(&engine).await;
    until_so(async || engine.figures().calls == 1).await;
    change(&engine, "{}", &[("client", "another-s3cret")], false).await;
    go.give();
    let said = consent.await.unwrap();
    assert!(matches!(&said, Err(OauthError::Refused(why)) if why.contains("changed meanwhile")), "{said:?}");
    // What it would ask with is of before, too.
    assert_eq!(outcome(&ended(&engine, &id).await).0, "network");
    assert_eq!((tokens.requests().len(), api.connections()), (1, 0));
    assert_eq!(kept(&engine).await, REFRESH);
}

/// Its disk fails just when the token must be kept.
#[test]
fn a_new_refresh_token_outlives_a_database_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = child_with_faults("refreshed::child_whose_disk_fails_for_a_while", folder.path());
    assert!(command.status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_whose_disk_fails_for_a_while() {
    let Some(folder) = folder() else { return };
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| match number {
        1 => granted("acc3ss-1", Some("r3fresh-token-of-later")).after(&gate),
        _ => Reply::json(400, r#"{"error":"invalid_grant"}"#),
    });
    let api = api();
    let engine = agreed_on(sealed(&folder), &tokens, &api).await;
    let id = begin(&engine).await;
    until_so(async || !tokens.requests().is_empty()).await;
    let fault = folder.join("fault");
    std::fs::write(&fault, "write 5").unwrap();
    go.give();
    until_so(async || engine.store().health().unavailable.is_some()).await;
    std::fs::remove_file(&fault).unwrap();
    let record = ended(&engine, &id).await;
    let (key, message) = outcome(&record);
    assert!(key == "network" && message.contains("cannot be"), "{record:#}");
    assert_eq!(kept(&engine).await, REFRESH, "it could not be written");
    let record = run(&engine).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    assert_eq!(kept(&engine).await, "r3fresh-token-of-later");
    assert_eq!(api.only_request().header("authorization"), Some("Bearer acc3ss-1"));
    assert_eq!(tokens.requests().len(), 1);
}
