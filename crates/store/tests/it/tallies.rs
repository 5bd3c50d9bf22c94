//! Visits are counted once, whether behind the watermark or beyond it.

use callout_store::{EndedRuns, Figures, NodeCounts, Part, Record, RunFilter, RunStatus, Tally};

use crate::world::{World, at, begun, first, going, id, later, over, over_both, visit};

over_both!(
    counts_are_the_same_before_and_after,
    counts_are_by_slice_version_and_flow,
    counting_and_moving_at_once_count_once,
    times_are_within_a_hundredth,
    a_failure_without_visits_is_found,
    a_run_that_ended_is_counted_once,
);

fn with(record: Record, tallies: Vec<Tally>) -> Record {
    Record { part: Part { tallies, ..record.part }, ..record }
}

fn node<'a>(counts: &'a [NodeCounts], name: &str) -> &'a Figures {
    &counts.iter().find(|counts| counts.node == name).unwrap().figures
}

async fn counts_are_the_same_before_and_after(world: &World) {
    let store = &world.store;
    for (number, outcome) in [(1, "200"), (2, "404"), (3, "200")] {
        let tallies = vec![visit("get", Some(outcome), 1), visit("end", None, 2)];
        world.record(with(first(&id(number), begun(1), going()), tallies)).await;
        let tallies = vec![Tally { case: "1".to_owned(), ..visit("get", Some("timeout"), 3) }];
        world.record(with(later(&id(number), store.boot_epoch(), 2, going()), tallies)).await;
    }
    let counts = async || store.counts(&world.org, 1, None, at(0), at(600)).await.unwrap();
    let before = counts().await;
    assert_eq!(before.iter().map(|counts| counts.node.as_str()).collect::<Vec<_>>(), ["end", "get"]);
    assert_eq!((before[1].figures.success, before[1].figures.fail, before[1].figures.p50_ms), (2, 4, 10));
    let cases: Vec<_> = before[1]
        .cases
        .iter()
        .map(|case| (case.case.as_str(), case.figures.success, case.figures.fail))
        .collect();
    assert_eq!(cases, [("0", 2, 1), ("1", 0, 3)]);
    let by = |outcome: &str| RunFilter { outcome: Some(outcome.to_owned()), ..RunFilter::default() };
    for taken in [2, 2, 2, 0] {
        assert_eq!(world.list(&by("404")).await, [id(2)]);
        assert_eq!(world.list(&by("timeout")).await, [id(3), id(2), id(1)]);
        assert_eq!(world.list(&by("200")).await, [id(3), id(1)]);
        assert_eq!(store.index_behind(2).await, Ok(taken));
        assert_eq!(counts().await, before);
    }
}

async fn counts_are_by_slice_version_and_flow(world: &World) {
    let store = &world.store;
    let tallies = vec![
        visit("a", None, 0),
        visit("a", None, 299),
        visit("a", None, 300),
        Tally { version: 2, ..visit("a", None, 10) },
        Tally { flow: 2, ..visit("a", None, 10) },
    ];
    world.record(with(first(&id(1), begun(1), going()), tallies)).await;
    for _ in 0..2 {
        let count = async |flow, version, from, to| {
            let counts = store.counts(&world.org, flow, version, at(from), at(to)).await.unwrap();
            counts.first().map_or(0, |counts| counts.figures.success)
        };
        // Slices begin at whole five minutes; this beginning is one.
        assert_eq!(count(1, None, 0, 300).await, 3);
        assert_eq!(count(1, None, 100, 101).await, 3);
        assert_eq!(count(1, None, 299, 301).await, 4);
        assert_eq!(count(1, None, 300, 600).await, 1);
        assert_eq!(count(1, None, 300, 300).await, 0);
        assert_eq!(count(1, Some(1), 0, 600).await, 3);
        assert_eq!(count(1, Some(2), 0, 600).await, 1);
        assert_eq!(count(2, None, 0, 600).await, 1);
        assert_eq!(count(3, None, 0, 600).await, 0);
        store.index_behind(10).await.unwrap();
    }
}

async fn counting_and_moving_at_once_count_once(world: &World) {
    const RUNS: u64 = 300;
    let store = &world.store;
    let movers: Vec<_> = (0..3)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut taken = 0;
                for _ in 0..60 {
                    taken += store.index_behind(7).await.unwrap();
                }
                taken
            })
        })
        .collect();
    let mut last = 0;
    for number in 0..RUNS {
        world.record(with(first(&id(number), begun(1), going()), vec![visit("a", None, 1)])).await;
        let counts = store.counts(&world.org, 1, None, at(0), at(300)).await.unwrap();
        let count = node(&counts, "a").success;
        assert_eq!(count, last + 1);
        last = count;
    }
    let mut taken = 0;
    for mover in movers {
        taken += mover.await.unwrap();
    }
    while let count @ 1.. = store.index_behind(100).await.unwrap() {
        taken += count;
    }
    assert_eq!(taken as u64, RUNS);
    let counts = store.counts(&world.org, 1, None, at(0), at(300)).await.unwrap();
    assert_eq!(node(&counts, "a").success, RUNS);
}

async fn times_are_within_a_hundredth(world: &World) {
    for number in 1..=1000 {
        let tallies = vec![Tally { duration_ms: number * 7, ..visit("a", None, 1) }];
        drop(world.queue(with(first(&id(number), begun(1), going()), tallies)));
    }
    let long = vec![Tally { duration_ms: u64::MAX, ..visit("b", None, 1) }];
    world.record(with(first(&id(2000), begun(1), going()), long)).await;
    for _ in 0..2 {
        let counts = world.store.counts(&world.org, 1, None, at(0), at(300)).await.unwrap();
        let figures = node(&counts, "a");
        for (found, exact) in [(figures.p50_ms, 3500), (figures.p95_ms, 6650), (figures.p99_ms, 6930)] {
            assert!(found.abs_diff(exact) <= exact / 100 + 1, "{found} for {exact}");
        }
        assert!(node(&counts, "b").p50_ms >= 31 * 24 * 3600 * 1000);
        while world.store.index_behind(400).await.unwrap() > 0 {}
    }
}

/// Its row has passed the watermark before it fails, and its end adds nothing to its history.
async fn a_failure_without_visits_is_found(world: &World) {
    let (store, run) = (&world.store, id(1));
    world.record(first(&run, begun(1), going())).await;
    store.index_behind(10).await.unwrap();
    let mut end = later(&run, store.boot_epoch(), 2, over(2, RunStatus::Failed));
    end.part = Part::default();
    world.record(end).await;
    let failed = RunFilter { status: Some(RunStatus::Failed), ..RunFilter::default() };
    for _ in 0..2 {
        assert_eq!(world.list(&failed).await, [id(1)]);
        store.index_behind(10).await.unwrap();
    }
    assert_eq!(world.run(&run).await.parts.len(), 1);
}

/// However it was begun, and wherever the watermark stood when it ended.
async fn a_run_that_ended_is_counted_once(world: &World) {
    let store = &world.store;
    let ended = async |since: i64| store.ended_runs(&world.org, &[1, 7], at(since)).await.unwrap();
    let is = |completed: u64, failed: u64| [(1, EndedRuns { completed, failed })].into();
    assert!(ended(0).await.is_empty());
    let bare = |mut record: Record| {
        record.part = Part::default();
        record
    };
    // Ended in the commit that inserted them, with and without anything in it.
    world.record(first(&id(1), begun(1), over(2, RunStatus::Completed))).await;
    world.record(bare(first(&id(2), begun(1), over(2, RunStatus::Completed)))).await;
    // Inserted with and without anything in it, and accepted: ended later, with and without.
    for (number, with_part, last_with_part) in
        [(3, true, true), (4, true, false), (5, false, true), (6, false, false)]
    {
        let begin = first(&id(number), begun(1), going());
        world.record(if with_part { begin } else { bare(begin) }).await;
        store.index_behind(usize::try_from(number).unwrap()).await.unwrap();
        let end = later(&id(number), store.boot_epoch(), 2, over(3, RunStatus::Completed));
        world.record(if last_with_part { end } else { bare(end) }).await;
    }
    let epoch = world.begin(&id(7), begun(1)).await;
    world.record(later(&id(7), epoch, 1, over(3, RunStatus::Failed))).await;
    let epoch = world.begin(&id(8), begun(1)).await;
    world.record(later(&id(8), epoch, 1, going())).await;
    world.record(later(&id(8), epoch, 2, over(400, RunStatus::Failed))).await;
    world.record(first(&id(9), begun(1), over(2, RunStatus::Cancelled))).await;
    world.record(first(&id(10), begun(1), going())).await;
    while {
        assert_eq!(ended(0).await, is(6, 2));
        assert_eq!(ended(301).await, is(0, 1), "by the slice in which they ended");
        store.index_behind(2).await.unwrap() > 0
    } {}
    assert_eq!(ended(0).await, is(6, 2));
    store.prune(&world.org, at(399), 100).await.unwrap();
    assert_eq!(ended(0).await, is(0, 1), "retention takes whole slices");
}
