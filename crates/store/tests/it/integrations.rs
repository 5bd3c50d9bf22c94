//! Drafts and versions of integrations, and that a slug means one integration for good.

use callout_store::{
    Document, IntegrationRow, NewIntegrationVersion, PublishedIntegration, StoreError, VersionRow,
};

use crate::world::{World, at, over_both};

over_both!(
    a_draft_is_written_and_read,
    a_draft_that_moved_on_is_a_conflict,
    publishing_numbers_versions,
    what_is_unchanged_is_no_new_version,
    a_removed_integration_keeps_its_versions,
    lists_come_in_pages,
);

fn text(text: &str) -> Document {
    Document { text: text.to_owned(), json: false }
}

async fn put(
    world: &World,
    slug: &str,
    document: &str,
    revision: Option<u64>,
) -> Result<IntegrationRow, StoreError> {
    world.store.put_integration_draft(&world.org, slug, "Name", &text(document), revision, at(1)).await
}

async fn publish(world: &World, slug: &str, revision: u64) -> Result<PublishedIntegration, StoreError> {
    let new = NewIntegrationVersion { slug, revision, by: "someone", now: at(2) };
    world.store.publish_integration(&world.org, &new).await
}

fn conflict<T: std::fmt::Debug>(said: Result<T, StoreError>) -> String {
    match said {
        Err(StoreError::Conflict(text)) => text,
        other => panic!("{other:?}"),
    }
}

async fn a_draft_is_written_and_read(world: &World) {
    let (store, org) = (&world.store, &world.org);
    assert_eq!(store.integration_draft(org, "a").await, Ok(None));
    let made = put(world, "a", "one", Some(0)).await.unwrap();
    assert_eq!((made.number, made.revision, made.version), (1, 1, None));
    let json = Document { text: "{}".to_owned(), json: true };
    let written = store.put_integration_draft(org, "a", "Other", &json, None, at(5)).await.unwrap();
    assert_eq!((written.number, written.revision, written.name.as_str()), (1, 2, "Other"));
    assert_eq!((written.created_at, written.draft_at), (at(1), at(5)));
    let draft = store.integration_draft(org, "a").await.unwrap().unwrap();
    assert_eq!((&draft.integration, &draft.document), (&written, &json));
    assert_eq!(store.integration(org, "a").await.unwrap(), Some(written));
    assert_eq!(put(world, "b", "one", None).await.unwrap().number, 2);
}

async fn a_draft_that_moved_on_is_a_conflict(world: &World) {
    assert_eq!(put(world, "a", "one", Some(1)).await, Err(StoreError::NotFound));
    put(world, "a", "one", Some(0)).await.unwrap();
    assert_eq!(conflict(put(world, "a", "two", Some(0)).await), "there is an integration `a` already");
    put(world, "a", "two", Some(1)).await.unwrap();
    assert_eq!(
        conflict(put(world, "a", "three", Some(1)).await),
        "the draft of `a` has revision 2 by now, not 1"
    );
    assert_eq!(conflict(publish(world, "a", 1).await), "the draft of `a` has revision 2 by now, not 1");
    let draft = world.store.integration_draft(&world.org, "a").await.unwrap().unwrap();
    assert_eq!(draft.document.text, "two");
    assert_eq!(draft.integration.version, None);
}

async fn publishing_numbers_versions(world: &World) {
    let (store, org) = (&world.store, &world.org);
    assert_eq!(publish(world, "a", 1).await, Err(StoreError::NotFound));
    put(world, "a", "one", None).await.unwrap();
    let row = VersionRow { version: 1, published_at: at(2), published_by: "someone".to_owned() };
    assert_eq!(publish(world, "a", 1).await.unwrap(), PublishedIntegration { row, new: true });
    put(world, "a", "two", None).await.unwrap();
    assert_eq!(publish(world, "a", 2).await.unwrap().row.version, 2);
    let row = store.integration(org, "a").await.unwrap().unwrap();
    assert_eq!((row.version, row.published_revision, row.published_at), (Some(2), Some(2), Some(at(2))));
    for (number, document) in [(1, "one"), (2, "two")] {
        let version = store.integration_version(org, "a", number).await.unwrap().unwrap();
        assert_eq!((version.document, version.slug.as_str()), (text(document), "a"));
        assert_eq!(version.row.version, number);
    }
    assert_eq!(store.integration_version(org, "a", 3).await, Ok(None));
    assert_eq!(store.integration_version(org, "b", 1).await, Ok(None));
}

async fn what_is_unchanged_is_no_new_version(world: &World) {
    let (store, org) = (&world.store, &world.org);
    for document in ["one", "one", "two", "one"] {
        put(world, "a", document, None).await.unwrap();
    }
    put(world, "b", "one", None).await.unwrap();
    let first = publish(world, "a", 4).await.unwrap();
    let again = publish(world, "a", 4).await.unwrap();
    assert_eq!((first.new, again.new, &first.row), (true, false, &again.row));
    put(world, "a", "one", None).await.unwrap();
    assert!(!publish(world, "a", 5).await.unwrap().new);
    assert!(publish(world, "b", 1).await.unwrap().new);
    // The same text as JSON is another document.
    let json = Document { text: "one".to_owned(), json: true };
    store.put_integration_draft(org, "a", "A", &json, None, at(3)).await.unwrap();
    assert!(publish(world, "a", 6).await.unwrap().new);
    // Only the latest version counts.
    put(world, "a", "one", None).await.unwrap();
    assert_eq!(publish(world, "a", 7).await.unwrap().row.version, 3);
}

async fn a_removed_integration_keeps_its_versions(world: &World) {
    let (store, org) = (&world.store, &world.org);
    put(world, "a", "one", None).await.unwrap();
    publish(world, "a", 1).await.unwrap();
    store.remove_integration(org, "a", at(3)).await.unwrap();
    assert_eq!(store.remove_integration(org, "a", at(3)).await, Err(StoreError::NotFound));
    assert_eq!(store.integration(org, "a").await, Ok(None));
    assert_eq!(store.integration_draft(org, "a").await, Ok(None));
    assert!(store.integrations(org, None, 10).await.unwrap().items.is_empty());
    assert_eq!(publish(world, "a", 1).await, Err(StoreError::NotFound));
    assert_eq!(put(world, "a", "two", Some(1)).await, Err(StoreError::NotFound));
    let pinned = store.integration_version(org, "a", 1).await.unwrap().unwrap();
    // Written again it goes on where it was: what pins `a` at 1 is what it was.
    let back = store.put_integration_draft(org, "a", "A", &text("two"), Some(0), at(9)).await.unwrap();
    assert_eq!((back.number, back.revision, back.created_at, back.version), (1, 2, at(9), Some(1)));
    assert_eq!(publish(world, "a", 2).await.unwrap().row.version, 2);
    assert_eq!(store.integration_version(org, "a", 1).await.unwrap().unwrap(), pinned);
}

async fn lists_come_in_pages(world: &World) {
    let (store, org) = (&world.store, &world.org);
    for slug in ["a", "b", "c"] {
        put(world, slug, "text", None).await.unwrap();
    }
    let page = store.integrations(org, None, 2).await.unwrap();
    assert_eq!((page.items.iter().map(|row| row.number).collect(), page.more), (vec![1, 2], true));
    let page = store.integrations(org, Some(2), 2).await.unwrap();
    assert_eq!((page.items.iter().map(|row| row.number).collect(), page.more), (vec![3], false));
    for revision in 1..=3 {
        publish(world, "a", revision).await.unwrap();
        put(world, "a", &revision.to_string(), None).await.unwrap();
    }
    let versions = async |cursor| {
        let page = store.integration_versions(org, "a", cursor, 2).await.unwrap();
        (page.items.iter().map(|row| row.version).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(versions(None).await, (vec![3, 2], true));
    assert_eq!(versions(Some(2)).await, (vec![1], false));
}
