//! Drafts, versions, and what is published.

use callout_store::{
    Document, DraftHead, FlowFilter, FlowRow, FlowTrigger, NewVersion, RunStatus, StoreError,
};

use crate::world::{World, at, begun, first, going, id, over, over_both};

over_both!(
    a_draft_is_written_and_read,
    a_draft_that_moved_on_is_a_conflict,
    publishing_numbers_versions,
    a_removed_flow_frees_its_slug,
    a_removed_flow_comes_back_as_it_was,
    lists_come_in_pages,
    lists_show_what_drafts_say_and_find_by_it,
    the_last_run_of_each_flow_is_known,
);

fn text(text: &str) -> Document {
    Document { text: text.to_owned(), json: false }
}

async fn put(
    world: &World,
    slug: &str,
    document: &str,
    revision: Option<u64>,
) -> Result<FlowRow, StoreError> {
    world.store.put_draft(&world.org, slug, "Name", &text(document), revision, at(1)).await
}

fn version<'a>(number: u32, revision: u64) -> NewVersion<'a> {
    NewVersion { number, revision, by: "someone", now: at(2) }
}

async fn a_draft_is_written_and_read(world: &World) {
    let (store, org) = (&world.store, &world.org);
    assert_eq!(store.draft(org, "a").await, Ok(None));
    let made = put(world, "a", "one", Some(0)).await.unwrap();
    assert_eq!((made.number, made.revision, made.version), (1, 1, None));
    let json = Document { text: "{}".to_owned(), json: true };
    let written = store.put_draft(org, "a", "Other", &json, None, at(5)).await.unwrap();
    assert_eq!((written.number, written.revision, written.name.as_str()), (1, 2, "Other"));
    assert_eq!((written.created_at, written.draft_at), (at(1), at(5)));
    let draft = store.draft(org, "a").await.unwrap().unwrap();
    assert_eq!((&draft.flow, &draft.document), (&written, &json));
    assert_eq!(store.flow(org, "a").await.unwrap(), Some(written));
    assert_eq!(put(world, "b", "one", None).await.unwrap().number, 2);
}

async fn a_draft_that_moved_on_is_a_conflict(world: &World) {
    let conflict = |said: Result<FlowRow, StoreError>| match said {
        Err(StoreError::Conflict(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(put(world, "a", "one", Some(1)).await, Err(StoreError::NotFound));
    put(world, "a", "one", Some(0)).await.unwrap();
    assert_eq!(conflict(put(world, "a", "two", Some(0)).await), "there is a flow `a` already");
    put(world, "a", "two", Some(1)).await.unwrap();
    assert_eq!(
        conflict(put(world, "a", "three", Some(1)).await),
        "the draft of `a` has revision 2 by now, not 1"
    );
    assert_eq!(world.store.draft(&world.org, "a").await.unwrap().unwrap().document.text, "two");
}

async fn publishing_numbers_versions(world: &World) {
    let (store, org) = (&world.store, &world.org);
    assert_eq!(store.publish(org, &version(1, 1)).await, Err(StoreError::NotFound));
    put(world, "a", "one", None).await.unwrap();
    put(world, "b", "unpublished", None).await.unwrap();
    assert_eq!(store.publish(org, &version(1, 1)).await.unwrap().version, 1);
    put(world, "a", "two", None).await.unwrap();
    assert!(matches!(store.publish(org, &version(1, 1)).await, Err(StoreError::Conflict(_))));
    let row = store.publish(org, &version(1, 2)).await.unwrap();
    assert_eq!((row.version, row.published_at, row.published_by.as_str()), (2, at(2), "someone"));
    let flow = store.flow(org, "a").await.unwrap().unwrap();
    assert_eq!((flow.version, flow.published_revision, flow.published_at), (Some(2), Some(2), Some(at(2))));
    let first = store.version(org, 1, 1).await.unwrap().unwrap();
    assert_eq!((first.document.text.as_str(), first.slug.as_str()), ("one", "a"));
    assert_eq!(store.version(org, 1, 3).await, Ok(None));
    let published = store.published(org).await.unwrap();
    assert_eq!(published.len(), 1);
    assert_eq!((published[0].document.text.as_str(), &published[0].row), ("two", &row));
}

async fn a_removed_flow_frees_its_slug(world: &World) {
    let (store, org) = (&world.store, &world.org);
    put(world, "a", "one", None).await.unwrap();
    store.publish(org, &version(1, 1)).await.unwrap();
    store.remove_flow(org, 1, at(3)).await.unwrap();
    assert_eq!(store.remove_flow(org, 1, at(3)).await, Err(StoreError::NotFound));
    assert_eq!(store.flow(org, "a").await, Ok(None));
    assert!(store.published(org).await.unwrap().is_empty());
    assert!(store.flows(org, &FlowFilter::default(), None, 10).await.unwrap().items.is_empty());
    assert!(matches!(store.publish(org, &version(1, 1)).await, Err(StoreError::NotFound)));
    assert_eq!(store.version(org, 1, 1).await.unwrap().unwrap().slug, "a");
    // A number is not used again.
    assert_eq!(put(world, "a", "new", Some(0)).await.unwrap().number, 2);
}

async fn lists_come_in_pages(world: &World) {
    let (store, org) = (&world.store, &world.org);
    for slug in ["a", "b", "c"] {
        put(world, slug, "text", None).await.unwrap();
    }
    let page = store.flows(org, &FlowFilter::default(), None, 2).await.unwrap();
    assert_eq!((page.items.iter().map(|flow| flow.number).collect(), page.more), (vec![1, 2], true));
    let page = store.flows(org, &FlowFilter::default(), Some(2), 2).await.unwrap();
    assert_eq!((page.items.iter().map(|flow| flow.number).collect(), page.more), (vec![3], false));
    for _ in 0..3 {
        store.publish(org, &version(1, 1)).await.unwrap();
    }
    let page = store.versions(org, 1, None, 2).await.unwrap();
    assert_eq!((page.items.iter().map(|row| row.version).collect(), page.more), (vec![3, 2], true));
    let page = store.versions(org, 1, Some(2), 2).await.unwrap();
    assert_eq!((page.items.iter().map(|row| row.version).collect(), page.more), (vec![1], false));
}

async fn lists_show_what_drafts_say_and_find_by_it(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let trigger = FlowTrigger { kind: "event".to_owned(), event: Some("go".to_owned()) };
    let head = DraftHead {
        name: "ÜBERGABE 50%".to_owned(),
        description: Some("Why".to_owned()),
        trigger: Some(trigger.clone()),
    };
    let row = store.put_draft(org, "hand-over", head, &text("x"), None, at(1)).await.unwrap();
    assert_eq!((row.description.as_deref(), row.trigger.as_ref()), (Some("Why"), Some(&trigger)));
    put(world, "other", "x", None).await.unwrap();
    let found = async |search: &str| {
        let filter = FlowFilter { search: Some(search.to_owned()) };
        let page = store.flows(org, &filter, None, 10).await.unwrap();
        page.items.into_iter().map(|flow| flow.slug).collect::<Vec<_>>()
    };
    assert_eq!(found("übergabe").await, ["hand-over"]);
    assert_eq!(found("HAND-O").await, ["hand-over"]);
    assert_eq!(found("50%").await, ["hand-over"]);
    assert!(found("5_%").await.is_empty(), "no letter stands for others");
    assert_eq!(found("name").await, ["other"]);
    let again = store.put_draft(org, "hand-over", "Plain", &text("y"), None, at(2)).await.unwrap();
    assert_eq!((again.description, again.trigger), (None, None));
    assert!(found("übergabe").await.is_empty());
}

async fn the_last_run_of_each_flow_is_known(world: &World) {
    for slug in ["a", "b", "c"] {
        put(world, slug, "x", None).await.unwrap();
    }
    world.record(first(&id(1), begun(1), over(2, RunStatus::Completed))).await;
    world.record(first(&id(3), begun(3), over(4, RunStatus::Failed))).await;
    world.record(first(&id(2), begun(2), over(4, RunStatus::Completed))).await;
    let mut of_b = begun(9);
    of_b.flow = 2;
    world.record(first(&id(9), of_b, going())).await;
    let last = world.store.last_runs(&world.org, &[1, 2, 3]).await.unwrap();
    let shown: Vec<_> =
        last.iter().map(|(flow, run)| (*flow, run.id.clone(), run.status, run.started_at)).collect();
    assert_eq!(shown, [(1, id(3), RunStatus::Failed, at(3)), (2, id(9), RunStatus::Running, at(9))]);
}

async fn a_removed_flow_comes_back_as_it_was(world: &World) {
    let (store, org) = (&world.store, &world.org);
    assert_eq!(store.restore_flow(org, "a").await, Err(StoreError::NotFound));
    put(world, "a", "first", None).await.unwrap();
    store.remove_flow(org, 1, at(3)).await.unwrap();
    let made = put(world, "a", "second", None).await.unwrap();
    store.publish(org, &version(made.number, 1)).await.unwrap();
    let before = store.flow(org, "a").await.unwrap().unwrap();
    assert!(matches!(store.restore_flow(org, "a").await, Err(StoreError::Conflict(_))), "it is taken");
    store.remove_flow(org, 2, at(4)).await.unwrap();
    assert_eq!(store.restore_flow(org, "a").await, Ok(before), "the one that was removed last");
    assert_eq!(store.draft(org, "a").await.unwrap().unwrap().document.text, "second");
    assert_eq!(store.published(org).await.unwrap().len(), 1);
    put(world, "b", "live", None).await.unwrap();
    assert_eq!(store.restore_flow(org, "b").await, Err(StoreError::NotFound));
}
