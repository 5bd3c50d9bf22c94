//! Connections: what is shown of them, what is opened, and who may write what.

use std::collections::BTreeMap;
use std::sync::Arc;

use callout_flow::request::SecretText;
use callout_store::{
    ConnectionChange, ConnectionView, Fetched, NewConnection, OpenConnection, SECRET_BYTES_MAX, SECRETS_MAX,
    StoreError, Verification,
};
use jiff::Timestamp;

use crate::world::{World, at, over_both};

over_both!(
    what_is_sealed_is_opened,
    a_view_shows_that_there_is_a_secret_and_no_more,
    secrets_are_written_one_by_one,
    another_revision_is_a_conflict,
    hosts_and_integration_stay,
    fetched_tokens_are_not_the_authors,
    what_was_fetched_for_another_connection_is_refused,
    a_removed_connection_is_gone_with_its_secrets,
    use_and_verification_are_noted,
    what_is_too_large_is_refused,
    lists_come_in_pages,
    an_open_connection_follows_every_write,
    two_who_make_the_same,
);

pub(crate) fn secrets(pairs: &[(&str, &str)]) -> BTreeMap<String, SecretText> {
    pairs.iter().map(|(field, text)| ((*field).to_owned(), SecretText::new(*text))).collect()
}

pub(crate) fn changes(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<SecretText>> {
    pairs.iter().map(|(field, text)| ((*field).to_owned(), text.map(SecretText::new))).collect()
}

pub(crate) fn new(id: &str, pairs: &[(&str, &str)]) -> NewConnection {
    NewConnection {
        id: id.to_owned(),
        name: format!("Name of {id}"),
        integration: Some("acme".to_owned()),
        document: "{\"config\":{\"region\":\"eu\"}}".to_owned(),
        allowed_hosts: vec!["api.acme.example".to_owned(), "*.acme.example".to_owned()],
        secrets: secrets(pairs),
        disabled: false,
        expires_at: Some(at(900)),
        by: "ann".to_owned(),
        now: at(1),
    }
}

pub(crate) fn change(pairs: &[(&str, Option<&str>)]) -> ConnectionChange {
    ConnectionChange {
        name: "Other".to_owned(),
        document: "{}".to_owned(),
        secrets: changes(pairs),
        disabled: true,
        expires_at: None,
        by: "ben".to_owned(),
        now: at(5),
    }
}

fn fetched(pairs: &[(&str, Option<&str>)], expires_at: Option<Timestamp>) -> Fetched {
    Fetched { secrets: changes(pairs), expires_at, now: at(7) }
}

impl World {
    pub(crate) async fn connect(&self, id: &str, pairs: &[(&str, &str)]) -> ConnectionView {
        self.store.create_connection(&self.org, &new(id, pairs)).await.unwrap()
    }

    pub(crate) async fn opened(&self, id: &str) -> Arc<OpenConnection> {
        self.store.open_connection(&self.org, id).await.unwrap().unwrap()
    }

    async fn view(&self, id: &str) -> ConnectionView {
        self.store.connection(&self.org, id).await.unwrap().unwrap()
    }
}

fn conflict<T: std::fmt::Debug>(said: Result<T, StoreError>) -> String {
    match said {
        Err(StoreError::Conflict(text)) => text,
        other => panic!("{other:?}"),
    }
}

async fn what_is_sealed_is_opened(world: &World) {
    let long = "ä".repeat(SECRET_BYTES_MAX / 2);
    let pairs = [("key", "s3cret"), ("empty", ""), ("pem", "-----BEGIN\nKEY-----\n"), ("long", &long)];
    world.connect("a", &pairs).await;
    for _ in 0..2 {
        let open = world.opened("a").await;
        assert_eq!(open.secrets, secrets(&pairs));
        assert_eq!((open.id.as_str(), open.name.as_str()), ("a", "Name of a"));
        assert_eq!((open.integration.as_deref(), open.revision), (Some("acme"), 1));
        assert_eq!(open.document, "{\"config\":{\"region\":\"eu\"}}");
        assert_eq!(open.allowed_hosts, ["api.acme.example", "*.acme.example"]);
        assert_eq!((open.disabled, open.expires_at, open.token_expires_at), (false, Some(at(900)), None));
        assert!(!format!("{open:?}").contains("s3cret"));
    }
    assert_eq!(world.store.open_connection(&world.org, "b").await, Ok(None));
}

async fn a_view_shows_that_there_is_a_secret_and_no_more(world: &World) {
    let made = world.connect("a", &[("key", "s3cret"), ("other", "s3cret too")]).await;
    assert_eq!(made, world.view("a").await);
    let shown: Vec<_> = made.secrets.iter().map(|(field, view)| (field.as_str(), view.updated_at)).collect();
    assert_eq!(shown, [("key", at(1)), ("other", at(1))]);
    assert!(!format!("{made:?}").contains("s3cret"));
    assert_eq!((made.created_at, made.created_by.as_str()), (at(1), "ann"));
    assert_eq!((made.updated_at, made.updated_by.as_str()), (at(1), "ann"));
    assert_eq!((made.last_used_at, made.verification, made.revision), (None, None, 1));
    let bare = world.connect("b", &[]).await;
    assert!(bare.secrets.is_empty() && world.opened("b").await.secrets.is_empty());
    assert_eq!(world.store.connection(&world.org, "c").await, Ok(None));
}

async fn secrets_are_written_one_by_one(world: &World) {
    let (store, org) = (&world.store, &world.org);
    world.connect("a", &[("one", "1"), ("two", "2"), ("three", "3")]).await;
    let change = change(&[("two", Some("22")), ("three", None), ("four", Some("4")), ("five", None)]);
    let view = store.update_connection(org, "a", &change, Some(1)).await.unwrap();
    assert_eq!(view, world.view("a").await);
    assert_eq!(world.opened("a").await.secrets, secrets(&[("one", "1"), ("two", "22"), ("four", "4")]));
    let times: Vec<_> = view.secrets.values().map(|view| view.updated_at).collect();
    assert_eq!(times, [at(5), at(1), at(5)], "four, one, two");
    assert_eq!((view.revision, view.disabled, view.expires_at), (2, true, None));
    assert_eq!((view.name.as_str(), view.document.as_str()), ("Other", "{}"));
    assert_eq!((view.updated_at, view.updated_by.as_str()), (at(5), "ben"));
    assert_eq!((view.created_at, view.created_by.as_str()), (at(1), "ann"));
}

async fn another_revision_is_a_conflict(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let change = change(&[("key", Some("new"))]);
    let gone = Err(StoreError::NotFound);
    assert_eq!(store.update_connection(org, "a", &change, None).await, gone);
    world.connect("a", &[("key", "old")]).await;
    assert_eq!(
        conflict(store.update_connection(org, "a", &change, Some(2)).await),
        "the connection `a` has revision 1 by now, not 2"
    );
    assert_eq!(world.opened("a").await.secrets, secrets(&[("key", "old")]));
    assert_eq!(store.update_connection(org, "a", &change, None).await.unwrap().revision, 2);
    assert_eq!(
        conflict(store.create_connection(org, &new("a", &[("key", "mine")])).await),
        "there is a connection `a` already"
    );
    assert_eq!(world.opened("a").await.secrets, secrets(&[("key", "new")]));
}

async fn hosts_and_integration_stay(world: &World) {
    let before = world.connect("a", &[]).await;
    let after = world.store.update_connection(&world.org, "a", &change(&[]), None).await.unwrap();
    assert_eq!((before.allowed_hosts, before.integration), (after.allowed_hosts, after.integration));
}

async fn fetched_tokens_are_not_the_authors(world: &World) {
    let (store, org) = (&world.store, &world.org);
    world.connect("a", &[("client", "s3cret")]).await;
    let tokens =
        [("oauth.access_token", Some("token")), ("oauth.refresh_token", Some("refresh")), ("oauth.x", None)];
    let open = world.opened("a").await;
    store.put_fetched(org, &open, &fetched(&tokens, Some(at(60)))).await.unwrap();
    let open = world.opened("a").await;
    let all = [("client", "s3cret"), ("oauth.access_token", "token"), ("oauth.refresh_token", "refresh")];
    assert_eq!((&open.secrets, open.token_expires_at), (&secrets(&all), Some(at(60))));
    let view = world.view("a").await;
    assert_eq!(view.secrets.keys().collect::<Vec<_>>(), ["client"]);
    assert_eq!((view.token_expires_at, view.revision, view.updated_at), (Some(at(60)), 1, at(1)));
    // An author can neither write one nor a fetcher an author's.
    let theirs = change(&[("oauth.access_token", Some("mine"))]);
    assert!(conflict(store.update_connection(org, "a", &theirs, None).await).contains("a dot"));
    assert!(conflict(store.create_connection(org, &new("b", &[("a.b", "x")])).await).contains("a dot"));
    let ours = fetched(&[("client", None)], None);
    assert!(conflict(store.put_fetched(org, &open, &ours).await).contains("a dot"));
    // What changes them goes over a change of the author's secrets.
    store.update_connection(org, "a", &change(&[("client", None)]), None).await.unwrap();
    let open = world.opened("a").await;
    assert_eq!(open.secrets, secrets(&all[1..]));
    store.put_fetched(org, &open, &fetched(&[("oauth.access_token", None)], None)).await.unwrap();
    assert_eq!(world.opened("a").await.secrets, secrets(&all[2..]));
    assert_eq!(world.view("a").await.token_expires_at, None);
}

async fn what_was_fetched_for_another_connection_is_refused(world: &World) {
    let (store, org) = (&world.store, &world.org);
    world.connect("a", &[("client", "one")]).await;
    let before = world.opened("a").await;
    let tokens = fetched(&[("oauth.access_token", Some("token"))], None);
    store.update_connection(org, "a", &change(&[("client", Some("two"))]), None).await.unwrap();
    assert_eq!(
        conflict(store.put_fetched(org, &before, &tokens).await),
        "the connection `a` has revision 2 by now, not 1"
    );
    store.delete_connection(org, "a").await.unwrap();
    assert_eq!(store.put_fetched(org, &before, &tokens).await, Err(StoreError::NotFound));
    let anew = NewConnection { now: at(8), ..new("a", &[("client", "three")]) };
    store.create_connection(org, &anew).await.unwrap();
    assert!(conflict(store.put_fetched(org, &before, &tokens).await).contains("another one by now"));
    assert_eq!(world.opened("a").await.secrets, secrets(&[("client", "three")]));
}

async fn a_removed_connection_is_gone_with_its_secrets(world: &World) {
    let (store, org) = (&world.store, &world.org);
    world.connect("a", &[("key", "s3cret")]).await;
    world.opened("a").await;
    store.delete_connection(org, "a").await.unwrap();
    assert_eq!(store.delete_connection(org, "a").await, Err(StoreError::NotFound));
    assert_eq!(store.connection(org, "a").await, Ok(None));
    assert_eq!(store.open_connection(org, "a").await, Ok(None));
    world.connect("a", &[]).await;
    assert!(world.opened("a").await.secrets.is_empty());
}

async fn use_and_verification_are_noted(world: &World) {
    let (store, org) = (&world.store, &world.org);
    world.connect("a", &[]).await;
    let commits = store.health().commits;
    for second in 10..40 {
        store.touch_connection(org, "a", at(second));
    }
    store.touch_connection(org, "nobody", at(10));
    let verification = Verification { at: at(50), ok: false, text: "401".to_owned() };
    store.record_verification(org, "a", &verification).await.unwrap();
    assert!(store.health().commits <= commits + 3, "thirty uses are not thirty writes");
    let view = world.view("a").await;
    assert_eq!((view.last_used_at, view.revision), (Some(at(10)), 1));
    assert_eq!(view.verification, Some(verification.clone()));
    store.touch_connection(org, "a", at(70));
    let works = Verification { at: at(71), ok: true, text: String::new() };
    store.record_verification(org, "a", &works).await.unwrap();
    let view = world.view("a").await;
    assert_eq!((view.last_used_at, view.verification), (Some(at(70)), Some(works)));
    let nobody = store.record_verification(org, "b", &verification).await;
    assert_eq!(nobody, Err(StoreError::NotFound));
}

async fn what_is_too_large_is_refused(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let long = "x".repeat(SECRET_BYTES_MAX + 1);
    assert!(conflict(store.create_connection(org, &new("a", &[("key", &long)])).await).contains("longer"));
    let names: Vec<String> = (0..=SECRETS_MAX).map(|number| format!("s{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    assert!(conflict(store.create_connection(org, &new("a", &many)).await).contains("at most 64"));
    assert_eq!(store.connection(org, "a").await, Ok(None));
    world.connect("a", &many[..SECRETS_MAX]).await;
    let one_more = change(&[(names[SECRETS_MAX].as_str(), Some("x"))]);
    assert!(conflict(store.update_connection(org, "a", &one_more, None).await).contains("at most 64"));
    let instead = change(&[(names[SECRETS_MAX].as_str(), Some("x")), ("s0", None)]);
    store.update_connection(org, "a", &instead, None).await.unwrap();
    assert_eq!(world.opened("a").await.secrets.len(), SECRETS_MAX);
}

async fn lists_come_in_pages(world: &World) {
    let (store, org) = (&world.store, &world.org);
    for id in ["d", "b", "a"] {
        world.connect(id, &[("one", "1"), ("two", "2")]).await;
    }
    store.create_connection(org, &NewConnection { integration: None, ..new("c", &[]) }).await.unwrap();
    let page = async |integration, cursor| {
        let page = store.connections(org, integration, cursor, 2).await.unwrap();
        for view in &page.items {
            assert_eq!(*view, world.view(&view.id).await);
        }
        (page.items.into_iter().map(|view| view.id).collect::<String>(), page.more)
    };
    assert_eq!(page(None, None).await, ("ab".to_owned(), true));
    assert_eq!(page(None, Some("b")).await, ("cd".to_owned(), false));
    assert_eq!(page(Some("acme"), Some("a")).await, ("bd".to_owned(), false));
    assert_eq!(page(Some("other"), None).await, (String::new(), false));
}

async fn an_open_connection_follows_every_write(world: &World) {
    let (store, org) = (&world.store, &world.org);
    world.connect("a", &[("key", "0")]).await;
    let reader = {
        let (store, org) = (store.clone(), org.clone());
        tokio::spawn(async move {
            let mut last = 0;
            while last < 100 {
                let open = store.open_connection(&org, "a").await.unwrap().unwrap();
                let value: u64 = open.secrets["key"].expose().parse().unwrap();
                assert!(value >= last, "{value} after {last}");
                assert_eq!(open.revision, value + 1, "all of one moment");
                last = value;
            }
        })
    };
    for value in 1..=100 {
        let text = value.to_string();
        let change = change(&[("key", Some(&text))]);
        store.update_connection(org, "a", &change, None).await.unwrap();
        assert_eq!(world.opened("a").await.secrets["key"].expose(), text, "as soon as it is written");
    }
    reader.await.unwrap();
    // Also where nobody waits for the write.
    let change = change(&[("key", Some("last"))]);
    let write = tokio::spawn({
        let (store, org) = (store.clone(), org.clone());
        async move { store.update_connection(&org, "a", &change, None).await }
    });
    tokio::task::yield_now().await;
    write.abort();
    let _ = write.await;
    // Behind it in the queue, if it came that far.
    store.add_org(org).await.unwrap();
    let shown = world.view("a").await.revision;
    assert_eq!(world.opened("a").await.revision, shown);
}

async fn two_who_make_the_same(world: &World) {
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let (store, org) = (world.store.clone(), world.org.clone());
            tokio::spawn(async move {
                let text = number.to_string();
                store.create_connection(&org, &new("a", &[("key", &text)])).await.is_ok().then_some(text)
            })
        })
        .collect();
    let mut made = Vec::new();
    for task in tasks {
        made.extend(task.await.unwrap());
    }
    assert_eq!(made.len(), 1);
    assert_eq!(world.opened("a").await.secrets, secrets(&[("key", &made[0])]));
}
