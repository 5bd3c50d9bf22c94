//! What is older than wanted goes, with all that belongs to it, and nothing else.

use callout_store::{Accepted, Key, NewInbox, Part, Pruned, Record, RunFilter, RunStatus};
use rusqlite::Connection;

use crate::world::{World, at, begun, first, going, id, later, open, over, over_both, parked, visit};

over_both!(
    runs_that_ended_before_are_removed,
    a_key_goes_with_the_last_of_its_runs,
    tallies_go_by_whole_slices,
    what_comes_after_is_counted_and_marked,
    one_round_is_bounded,
);

async fn all(world: &World, before: i64, limit: usize) -> u64 {
    let mut runs = 0;
    loop {
        let pruned = world.store.prune(&world.org, at(before), limit).await.unwrap();
        assert!(pruned.runs <= limit as u64);
        runs += pruned.runs;
        if !pruned.more {
            return runs;
        }
    }
}

async fn runs_that_ended_before_are_removed(world: &World) {
    for number in 1..=5 {
        let second = number as i64;
        world.record(first(&id(number), begun(second), over(second + 1, RunStatus::Completed))).await;
    }
    // Old, and not over.
    world.record(first(&id(0), begun(0), parked(9))).await;
    let pruned = world.store.prune(&world.org, at(5), 2).await.unwrap();
    assert_eq!(pruned, Pruned { runs: 2, more: true });
    assert_eq!(world.list(&RunFilter::default()).await, [id(5), id(4), id(3), id(0)]);
    let pruned = world.store.prune(&world.org, at(5), 2).await.unwrap();
    assert_eq!(pruned, Pruned { runs: 1, more: false });
    assert_eq!(world.list(&RunFilter::default()).await, [id(5), id(4), id(0)]);
}

fn key(text: &str) -> Option<Key> {
    Some(Key { scope: "events".to_owned(), text: text.to_owned(), digest: [1; 32] })
}

async fn a_key_goes_with_the_last_of_its_runs(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let accept = async |runs| store.accept(org, runs, 9, key("a"), at(1)).await.unwrap();
    let runs = vec![(id(1), begun(1)), (id(2), begun(1))];
    let Accepted::New { epochs } = accept(runs).await else { panic!() };
    store.accept(org, Vec::new(), 0, key("nobody's"), at(1)).await.unwrap();
    world.record(later(&id(1), epochs[0], 1, over(2, RunStatus::Completed))).await;
    assert_eq!(all(world, 5, 10).await, 1);
    assert_eq!(accept(Vec::new()).await, Accepted::Before { runs: vec![(id(2), String::new())] });
    let again = store.accept(org, Vec::new(), 0, key("nobody's"), at(2)).await.unwrap();
    assert_eq!(again, Accepted::New { epochs: Vec::new() });
    world.record(later(&id(2), epochs[1], 1, over(6, RunStatus::Completed))).await;
    assert_eq!(all(world, 9, 10).await, 1);
    assert!(matches!(accept(vec![(id(3), begun(10))]).await, Accepted::New { .. }));
}

fn visited(record: Record, outcome: &str, second: i64) -> Record {
    Record { part: Part { tallies: vec![visit("a", Some(outcome), second)], ..record.part }, ..record }
}

async fn tallies_go_by_whole_slices(world: &World) {
    for (number, second) in [(1, 10), (2, 310), (3, 610)] {
        world.record(visited(first(&id(number), begun(second), going()), "200", second)).await;
    }
    let count = async || {
        let counts = world.store.counts(&world.org, 1, None, at(0), at(900)).await.unwrap();
        counts.first().map_or(0, |counts| counts.figures.success)
    };
    for (before, left) in [(299, 3), (300, 2), (599, 2), (900, 0)] {
        assert_eq!(all(world, before, 10).await, 0);
        assert_eq!(count().await, left, "before {before}");
    }
}

/// Places in the tables are used again: what comes to stand in them is new.
async fn what_comes_after_is_counted_and_marked(world: &World) {
    for number in 1..=3 {
        let record = first(&id(number), begun(1), going());
        world.record(visited(record, "404", 1)).await;
        let end = later(&id(number), world.store.boot_epoch(), 2, over(2, RunStatus::Failed));
        world.record(visited(end, "404", 1)).await;
    }
    assert_eq!(all(world, 1000, 10).await, 3);
    for number in 4..=5 {
        let record = first(&id(number), begun(2000), going());
        world.record(visited(record, "500", 2000)).await;
        let end = later(&id(number), world.store.boot_epoch(), 2, over(2001, RunStatus::Failed));
        world.record(visited(end, "500", 2000)).await;
    }
    for _ in 0..2 {
        let counts = world.store.counts(&world.org, 1, None, at(0), at(3000)).await.unwrap();
        assert_eq!(counts[0].figures.fail, 4);
        let by = |outcome: &str| RunFilter { outcome: Some(outcome.to_owned()), ..RunFilter::default() };
        assert_eq!(world.list(&by("500")).await, [id(5), id(4)]);
        assert_eq!(world.list(&by("404")).await, []);
        assert_eq!(world.store.index_behind(100).await.unwrap() % 4, 0);
    }
}

async fn one_round_is_bounded(world: &World) {
    for number in 0..1200 {
        drop(world.queue(first(&id(number), begun(1), over(2, RunStatus::Completed))));
    }
    world.record(first(&id(1200), begun(1), going())).await;
    let pruned = world.store.prune(&world.org, at(5), usize::MAX).await.unwrap();
    assert_eq!(pruned, Pruned { runs: 1000, more: true });
    let pruned = world.store.prune(&world.org, at(5), usize::MAX).await.unwrap();
    assert_eq!(pruned, Pruned { runs: 200, more: false });
}

#[tokio::test]
async fn no_row_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let world =
        World { store: open(folder.path()), org: callout_flow::id::OrgId::default_org(), _folder: None };
    let (store, org) = (&world.store, &world.org);
    for (number, status) in [(1, RunStatus::Completed), (2, RunStatus::Failed), (3, RunStatus::Cancelled)] {
        let run = id(number);
        let mut begin = begun(1);
        begin.contact = Some("c".to_owned());
        let accepted =
            store.accept(org, vec![(run.clone(), begin)], 1, key(&number.to_string()), at(1)).await;
        let Ok(Accepted::New { epochs }) = accepted else { panic!("{accepted:?}") };
        let entry = NewInbox { kind: "cancel".to_owned(), body: Vec::new(), at: at(1) };
        store.tell(org, &run, &entry).await.unwrap();
        world.record(visited(later(&run, epochs[0], 1, going()), "404", 1)).await;
        world.record(visited(later(&run, epochs[0], 2, over(2, status)), "timeout", 1)).await;
        let record = visited(first(&id(number + 10), begun(1), over(2, status)), "500", 1);
        world.record(record).await;
    }
    assert_eq!(all(&world, 1000, 2).await, 6);
    store.close().await;
    let conn = Connection::open(folder.path().join("callout.db")).unwrap();
    for table in ["run", "run_part", "inbox", "run_mark", "accept_key", "tally"] {
        let count: i64 =
            conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "{table}");
    }
}
