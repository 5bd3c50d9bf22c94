//! Nothing of one org is there for another, to be seen or to be changed.

use callout_flow::id::OrgId;
use callout_store::{
    Accepted, Document, Fetched, FlowFilter, Key, NewInbox, NewIntegrationVersion, NewToken, NewVersion,
    Part, Record, Recorded, Role, RunFilter, RunStatus, StoreError, Verification,
};

use crate::connections::{change, new, secrets};
use crate::world::{World, at, begun, first, going, id, later, over, over_both, parked, visit};

over_both!(
    orgs_are_made_and_listed,
    an_org_that_is_not_there_has_nothing,
    another_org_sees_nothing,
    another_org_changes_nothing,
    both_may_have_the_same,
    connections_and_integrations_are_an_orgs_own,
);

async fn orgs_are_made_and_listed(world: &World) {
    let (store, other) = (&world.store, OrgId::new("org_b"));
    for _ in 0..2 {
        store.add_org(&other).await.unwrap();
    }
    assert_eq!(store.orgs().await.unwrap(), [OrgId::default_org(), other]);
}

fn text(text: &str) -> Document {
    Document { text: text.to_owned(), json: false }
}

fn token(name: &str, hash: u8) -> NewToken {
    NewToken {
        name: name.to_owned(),
        role: Role::Admin,
        hash: [hash; 32],
        created_at: at(1),
        expires_at: None,
    }
}

fn key() -> Option<Key> {
    Some(Key { scope: "events".to_owned(), text: "k".to_owned(), digest: [1; 32] })
}

fn said() -> NewInbox {
    NewInbox { kind: "cancel".to_owned(), body: b"{}".to_vec(), at: at(1) }
}

/// One of each in the default org; the lease of the run that is under way.
async fn fill(world: &World) -> i64 {
    let (store, org) = (&world.store, &world.org);
    store.put_draft(org, "a", "A", &text("one"), None, at(1)).await.unwrap();
    store.publish(org, &NewVersion { number: 1, revision: 1, by: "me", now: at(1) }).await.unwrap();
    store.add_token(org, &token("t", 1)).await.unwrap();
    let mut begin = begun(1);
    begin.contact = Some("c".to_owned());
    let accepted = store.accept(org, vec![(id(1), begin.clone())], 1, key(), at(1)).await.unwrap();
    let Accepted::New { epochs } = accepted else { panic!("{accepted:?}") };
    store.tell(org, &id(1), &said()).await.unwrap();
    let part = Part { tallies: vec![visit("n", Some("404"), 1)], ..Part::default() };
    world.record(Record { part: part.clone(), ..later(&id(1), epochs[0], 1, going()) }).await;
    world.record(Record { part, ..first(&id(2), begin, over(2, RunStatus::Failed)) }).await;
    world.record(first(&id(3), begun(1), parked(5))).await;
    epochs[0]
}

fn filters() -> Vec<RunFilter> {
    let all = RunFilter::default;
    vec![
        all(),
        RunFilter { flow: Some(1), ..all() },
        RunFilter { status: Some(RunStatus::Failed), ..all() },
        RunFilter { status: Some(RunStatus::Waiting), ..all() },
        RunFilter { outcome: Some("404".to_owned()), ..all() },
        RunFilter { outcome: Some("200".to_owned()), ..all() },
        RunFilter { contact: Some("c".to_owned()), ..all() },
    ]
}

async fn sees_nothing(world: &World, org: &OrgId) {
    let store = &world.store;
    assert_eq!(store.draft(org, "a").await, Ok(None));
    assert_eq!(store.flow(org, "a").await, Ok(None));
    assert!(store.flows(org, &FlowFilter::default(), None, 9).await.unwrap().items.is_empty());
    assert!(store.versions(org, 1, None, 9).await.unwrap().items.is_empty());
    assert_eq!(store.version(org, 1, 1).await, Ok(None));
    assert!(store.published(org).await.unwrap().is_empty());
    assert!(store.tokens(org).await.unwrap().is_empty());
    for run in [id(1), id(2), id(3)] {
        assert_eq!(store.run(org, &run, 0).await, Ok(None));
        assert!(store.inbox(org, &run).await.unwrap().is_empty());
        assert_eq!(store.claim_run(org, &run, at(9)).await, Ok(None));
    }
    for filter in filters() {
        assert!(store.runs(org, &filter, None, 9).await.unwrap().items.is_empty(), "{filter:?}");
    }
    assert!(store.counts(org, 1, None, at(0), at(900)).await.unwrap().is_empty());
}

async fn another_org_sees_nothing(world: &World) {
    let other = OrgId::new("org_b");
    world.store.add_org(&other).await.unwrap();
    fill(world).await;
    for _ in 0..2 {
        sees_nothing(world, &other).await;
        assert!(world.store.claim(&other, at(9), 9).await.unwrap().is_empty());
        assert_eq!(world.store.due_orgs(at(9)).await.unwrap(), [OrgId::default_org()]);
        world.store.index_behind(100).await.unwrap();
    }
}

async fn an_org_that_is_not_there_has_nothing(world: &World) {
    let (store, nobody) = (&world.store, OrgId::new("org_x"));
    fill(world).await;
    sees_nothing(world, &nobody).await;
    assert_eq!(store.claim(&nobody, at(9), 9).await, Err(StoreError::NotFound));
    assert_eq!(store.prune(&nobody, at(9), 9).await, Err(StoreError::NotFound));
    assert_eq!(store.put_draft(&nobody, "a", "A", &text("x"), None, at(1)).await, Err(StoreError::NotFound));
    assert_eq!(
        store.accept(&nobody, vec![(id(9), begun(1))], 1, None, at(1)).await,
        Err(StoreError::NotFound)
    );
    let record = first(&id(9), begun(1), going());
    assert_eq!(store.record(&nobody, record).durable().await, Err(StoreError::NotFound));
}

/// All of the default org that another could have changed.
async fn seen(world: &World) -> String {
    let (store, org) = (&world.store, &world.org);
    let mut runs = Vec::new();
    for run in [id(1), id(2), id(3)] {
        runs.push((world.run(&run).await, store.inbox(org, &run).await.unwrap()));
    }
    let flows =
        (store.draft(org, "a").await, store.versions(org, 1, None, 9).await, store.published(org).await);
    format!(
        "{runs:?} {flows:?} {:?} {:?}",
        store.tokens(org).await,
        store.counts(org, 1, None, at(0), at(9)).await
    )
}

async fn another_org_changes_nothing(world: &World) {
    let (store, other) = (&world.store, OrgId::new("org_b"));
    store.add_org(&other).await.unwrap();
    let epoch = fill(world).await;
    let before = seen(world).await;
    let gone = Err(StoreError::NotFound);
    assert_eq!(
        store.put_draft(&other, "a", "B", &text("two"), Some(1), at(2)).await,
        Err(StoreError::NotFound)
    );
    let new = NewVersion { number: 1, revision: 1, by: "other", now: at(2) };
    assert_eq!(store.publish(&other, &new).await, Err(StoreError::NotFound));
    assert_eq!(store.remove_flow(&other, 1, at(2)).await, gone);
    assert_eq!(store.revoke_token(&other, "tok_0101010101010101").await, gone);
    assert_eq!(store.tell(&other, &id(1), &said()).await, gone);
    store.give_back(&other, &id(1), epoch, at(2)).await.unwrap();
    for stand in [going(), over(3, RunStatus::Cancelled)] {
        let mut record = later(&id(1), epoch, 2, stand);
        record.inbox_up_to = Some(i64::MAX);
        assert_eq!(store.record(&other, record).durable().await, Ok(Recorded::Fenced));
    }
    assert_eq!(store.prune(&other, at(9000), 9).await.unwrap().runs, 0);
    assert_eq!(store.claim_run(&other, &id(3), at(9)).await, Ok(None));
    assert_eq!(seen(world).await, before);
}

async fn both_may_have_the_same(world: &World) {
    let (store, other) = (&world.store, OrgId::new("org_b"));
    store.add_org(&other).await.unwrap();
    fill(world).await;
    let before = seen(world).await;
    // The same slug, number, name, key and even id.
    assert_eq!(store.put_draft(&other, "a", "B", &text("two"), Some(0), at(2)).await.unwrap().number, 1);
    store.add_token(&other, &token("t", 2)).await.unwrap();
    let mut begin = begun(1);
    begin.contact = Some("c".to_owned());
    let accepted = store.accept(&other, vec![(id(1), begin)], 1, key(), at(1)).await.unwrap();
    assert!(matches!(accepted, Accepted::New { .. }));
    assert_eq!(store.token_owner(&[1; 32]).await.unwrap().unwrap().org, OrgId::default_org());
    assert_eq!(store.token_owner(&[2; 32]).await.unwrap().unwrap().org, other);
    let contact = RunFilter { contact: Some("c".to_owned()), ..RunFilter::default() };
    for _ in 0..2 {
        let found = store.runs(&other, &contact, None, 9).await.unwrap().items;
        assert_eq!(
            found.iter().map(|line| (line.id.clone(), line.slug.as_str())).collect::<Vec<_>>(),
            [(id(1), "a")]
        );
        store.index_behind(100).await.unwrap();
    }
    assert_eq!(seen(world).await, before);
    // A token is one person's, whichever org it is of.
    assert!(matches!(store.add_token(&other, &token("u", 1)).await, Err(StoreError::Conflict(_))));
}

/// All of the integrations and connections of an org.
async fn shown(world: &World, org: &OrgId) -> String {
    let store = &world.store;
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        store.integration(org, "a").await,
        store.integration_draft(org, "a").await,
        store.integrations(org, None, 9).await,
        store.integration_versions(org, "a", None, 9).await,
        store.integration_version(org, "a", 1).await,
        store.connection(org, "a").await,
        store.connections(org, None, None, 9).await,
        store
            .open_connection(org, "a")
            .await
            .map(|open| open.map(|open| format!("{:?}", open.secrets.keys()))),
    )
}

async fn changed_by(world: &World, org: &OrgId) {
    let (store, gone) = (&world.store, Err(StoreError::NotFound));
    let new_version = NewIntegrationVersion { slug: "a", revision: 1, by: "other", now: at(2) };
    assert_eq!(
        store.put_integration_draft(org, "a", "B", &text("two"), Some(1), at(2)).await.map(drop),
        gone
    );
    assert_eq!(store.publish_integration(org, &new_version).await.map(drop), gone);
    assert_eq!(store.remove_integration(org, "a", at(2)).await, gone);
    let theirs = store.open_connection(&world.org, "a").await.unwrap().unwrap();
    let changed = change(&[("key", Some("other"))]);
    assert_eq!(store.update_connection(org, "a", &changed, None).await.map(drop), gone);
    let fetched = Fetched { secrets: Default::default(), expires_at: None, now: at(2) };
    assert_eq!(store.put_fetched(org, &theirs, &fetched).await, gone);
    let verification = Verification { at: at(2), ok: true, text: String::new() };
    assert_eq!(store.record_verification(org, "a", &verification).await, gone);
    assert_eq!(store.delete_connection(org, "a").await, gone);
    store.touch_connection(org, "a", at(2));
    assert_eq!(store.left_on_former_keys(org).await.unwrap_or(0), 0);
    assert_eq!(store.reseal(org).await.map_or(0, |rotated| rotated.resealed), 0);
    assert_eq!(store.rotate_data_key(org, at(2)).await.map_or(0, |rotated| rotated.resealed), 0);
}

async fn connections_and_integrations_are_an_orgs_own(world: &World) {
    let (store, other, nobody) = (&world.store, OrgId::new("org_b"), OrgId::new("org_x"));
    store.add_org(&other).await.unwrap();
    let nothing = shown(world, &nobody).await;
    store.put_integration_draft(&world.org, "a", "A", &text("one"), None, at(1)).await.unwrap();
    let new_version = NewIntegrationVersion { slug: "a", revision: 1, by: "me", now: at(1) };
    store.publish_integration(&world.org, &new_version).await.unwrap();
    world.connect("a", &[("key", "ours")]).await;
    let ours = shown(world, &world.org).await;
    for org in [&other, &nobody] {
        assert_eq!(shown(world, org).await, nothing);
        changed_by(world, org).await;
        assert_eq!(shown(world, org).await, nothing);
    }
    assert_eq!(shown(world, &world.org).await, ours);
    // The same slug and id, and each keeps what is its own.
    store.put_integration_draft(&other, "a", "B", &text("two"), Some(0), at(2)).await.unwrap();
    store.create_connection(&other, &new("a", &[("key", "theirs")])).await.unwrap();
    assert_eq!(world.opened("a").await.secrets, secrets(&[("key", "ours")]));
    store.delete_connection(&other, "a").await.unwrap();
    store.remove_integration(&other, "a", at(3)).await.unwrap();
    assert_eq!(shown(world, &world.org).await, ours);
    let new_one = new("a", &[("key", "x")]);
    assert_eq!(store.create_connection(&nobody, &new_one).await.map(drop), Err(StoreError::NotFound));
    let draft = store.put_integration_draft(&nobody, "a", "A", &text("x"), None, at(1)).await;
    assert_eq!(draft.map(drop), Err(StoreError::NotFound));
}
