//! Runs are accepted once, recorded commit by commit, and read as they were recorded.

use callout_flow::id::RunId;
use callout_store::{Accepted, Key, Receipt, Recorded, RunFilter, RunStatus, Stand, StoreError};

use crate::world::{World, at, begun, first, going, id, later, over, over_both, parked, part};

over_both!(
    one_commit_run_is_one_row,
    accepted_run_is_recorded_part_by_part,
    records_of_one_run_are_taken_in_order,
    duplicates_are_ignored,
    older_lease_is_fenced,
    a_lease_given_back_is_gone,
    part_numbers_rise_across_leases,
    a_key_is_accepted_once,
    the_same_key_at_once_begins_one_run,
    runs_are_accepted_all_or_none,
    a_dropped_receipt_changes_nothing,
    odd_ids_are_told,
    an_end_may_replace_the_head,
);

async fn one_commit_run_is_one_row(world: &World) {
    let run = id(1);
    assert_eq!(world.record(first(&run, begun(1), over(2, RunStatus::Completed))).await, Recorded::Taken);
    let row = world.run(&run).await;
    assert_eq!(row.line.status, RunStatus::Completed);
    assert_eq!((row.line.started_at, row.line.ended_at, row.line.due), (at(1), Some(at(2)), None));
    assert_eq!(row.head, begun(1).head);
    assert_eq!(row.parts, [(1, b"\"1\"".to_vec(), Vec::new())]);
    assert_eq!((row.state, row.tail), (None, Some(b"{\"result\":1}".to_vec())));
    assert_eq!(world.store.run(&world.org, &run, 1).await.unwrap().unwrap().parts, []);
}

async fn accepted_run_is_recorded_part_by_part(world: &World) {
    let run = id(1);
    let epoch = world.begin(&run, begun(1)).await;
    assert_eq!(epoch, world.store.boot_epoch());
    let row = world.run(&run).await;
    assert_eq!((row.line.status, row.line.due), (RunStatus::Running, None));
    assert_eq!((row.state, row.parts), (Some(Vec::new()), Vec::new()));
    world.record(later(&run, epoch, 1, going())).await;
    let mut empty = later(&run, epoch, 2, going());
    empty.part = part("");
    world.record(empty).await;
    world.record(later(&run, epoch, 3, parked(9))).await;
    let row = world.run(&run).await;
    assert_eq!((row.line.status, row.line.due), (RunStatus::Waiting, Some(at(9))));
    assert_eq!(row.state, Some(b"parked".to_vec()));
    let steps: Vec<_> = row.parts.iter().map(|(number, steps, _)| (*number, steps.clone())).collect();
    assert_eq!(steps, [(1, b"\"1\"".to_vec()), (2, b"\"3\"".to_vec())]);
    assert_eq!(world.store.run(&world.org, &run, 1).await.unwrap().unwrap().parts.len(), 1);
}

async fn records_of_one_run_are_taken_in_order(world: &World) {
    let run = id(1);
    let epoch = world.begin(&run, begun(1)).await;
    let mut receipts: Vec<Receipt> =
        (1..=200).map(|seq| world.queue(later(&run, epoch, seq, going()))).collect();
    // The last one carries the ones before.
    assert_eq!(receipts.pop().unwrap().durable().await, Ok(Recorded::Taken));
    let row = world.run(&run).await;
    let steps: Vec<u32> = row
        .parts
        .iter()
        .map(|(_, steps, _)| serde_json::from_slice::<String>(steps).unwrap().parse().unwrap())
        .collect();
    assert_eq!(steps, (1..=200).collect::<Vec<u32>>());
    for receipt in receipts {
        assert_eq!(receipt.durable().await, Ok(Recorded::Taken));
    }
}

async fn duplicates_are_ignored(world: &World) {
    let (run, epoch) = (id(1), world.store.boot_epoch());
    for _ in 0..2 {
        assert_eq!(world.record(first(&run, begun(1), going())).await, Recorded::Taken);
    }
    for seq in [2, 3, 2, 3, 1] {
        assert_eq!(world.record(later(&run, epoch, seq, going())).await, Recorded::Taken);
    }
    for _ in 0..2 {
        assert_eq!(world.record(later(&run, epoch, 4, over(5, RunStatus::Completed))).await, Recorded::Taken);
    }
    assert_eq!(world.run(&run).await.parts.len(), 4);
    // Over is over: nothing newer is taken.
    assert_eq!(world.record(later(&run, epoch, 5, going())).await, Recorded::Fenced);
    assert_eq!(world.run(&run).await.line.status, RunStatus::Completed);
}

async fn older_lease_is_fenced(world: &World) {
    let run = id(1);
    let old = world.begin(&run, begun(1)).await;
    world.record(later(&run, old, 1, parked(5))).await;
    let claimed = world.claim(5, 10).await;
    assert!(claimed[0].epoch > old);
    let before = world.run(&run).await;
    assert_eq!(world.record(later(&run, old, 2, over(6, RunStatus::Failed))).await, Recorded::Fenced);
    assert_eq!(world.run(&run).await, before);
    assert_eq!(world.record(later(&run, claimed[0].epoch, 1, going())).await, Recorded::Taken);
    // Neither does a run begin that is there already under another lease.
    assert_eq!(world.record(first(&run, begun(1), going())).await, Recorded::Fenced);
    assert_eq!(world.record(later(&id(2), old, 1, going())).await, Recorded::Fenced);
}

async fn a_lease_given_back_is_gone(world: &World) {
    let run = id(1);
    let epoch = world.begin(&run, begun(1)).await;
    world.record(later(&run, epoch, 1, going())).await;
    world.store.give_back(&world.org, &run, epoch, at(7)).await.unwrap();
    assert_eq!(world.record(later(&run, epoch, 2, going())).await, Recorded::Fenced);
    assert_eq!(world.run(&run).await.line.due, Some(at(7)));
    let claimed = world.claim(7, 1).await;
    assert_eq!(claimed[0].state, b"going");
    // Not the lease that is held now.
    world.store.give_back(&world.org, &run, epoch, at(8)).await.unwrap();
    assert_eq!(world.run(&run).await.line.due, None);
    // Nor one that a record gave back.
    world.record(later(&run, claimed[0].epoch, 1, parked(9))).await;
    world.store.give_back(&world.org, &run, claimed[0].epoch, at(8)).await.unwrap();
    assert_eq!(world.run(&run).await.line.due, Some(at(9)));
}

async fn part_numbers_rise_across_leases(world: &World) {
    let run = id(1);
    world.record(first(&run, begun(1), parked(2))).await;
    for second in 2..6 {
        let claimed = world.claim(second, 1).await;
        world.record(later(&run, claimed[0].epoch, 1, parked(second + 1))).await;
    }
    let numbers: Vec<u32> = world.run(&run).await.parts.iter().map(|(number, _, _)| *number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}

fn key(text: &str, digest: u8) -> Option<Key> {
    Some(Key { scope: "events".to_owned(), text: text.to_owned(), digest: [digest; 32] })
}

async fn a_key_is_accepted_once(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let runs = || vec![(id(1), begun(1)), (id(2), begun(1))];
    let new = store.accept(org, runs(), 1, key("a", 1), at(1)).await.unwrap();
    assert_eq!(new, Accepted::New { epochs: vec![store.boot_epoch(), 0] });
    let again = store.accept(org, vec![(id(3), begun(1))], 1, key("a", 1), at(2)).await.unwrap();
    assert_eq!(again, Accepted::Before { runs: vec![(id(1), String::new()), (id(2), String::new())] });
    let other = store.accept(org, vec![(id(3), begun(1))], 1, key("a", 2), at(2)).await.unwrap();
    assert_eq!(other, Accepted::OtherRequest);
    assert_eq!(store.run(org, &id(3), 0).await.unwrap(), None);
    let elsewhere = Key { scope: "flows/x/runs".to_owned(), ..key("a", 2).unwrap() };
    let new = store.accept(org, vec![(id(3), begun(1))], 0, Some(elsewhere), at(2)).await.unwrap();
    assert_eq!(new, Accepted::New { epochs: vec![0] });
    // The second and the third are due.
    let due: Vec<RunId> = world.claim(2, 10).await.into_iter().map(|claimed| claimed.run).collect();
    assert_eq!(due, [id(2), id(3)]);
}

async fn the_same_key_at_once_begins_one_run(world: &World) {
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let (store, org) = (world.store.clone(), world.org.clone());
            tokio::spawn(async move {
                store.accept(&org, vec![(id(number), begun(1))], 1, key("a", 1), at(1)).await.unwrap()
            })
        })
        .collect();
    let (mut new, mut before) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Accepted::New { .. } => new += 1,
            Accepted::Before { runs } => before += runs.len(),
            Accepted::OtherRequest => panic!("the same request"),
        }
    }
    assert_eq!((new, before), (1, 63));
    assert_eq!(world.list(&RunFilter::default()).await.len(), 1);
}

async fn runs_are_accepted_all_or_none(world: &World) {
    world.begin(&id(2), begun(1)).await;
    let runs = (1..4).map(|number| (id(number), begun(1))).collect();
    let refused = world.store.accept(&world.org, runs, 3, key("a", 1), at(1)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(world.list(&RunFilter::default()).await, [id(2)]);
    // Nor was the key taken.
    let new = world.store.accept(&world.org, vec![(id(1), begun(1))], 1, key("a", 1), at(1)).await.unwrap();
    assert!(matches!(new, Accepted::New { .. }));
}

async fn a_dropped_receipt_changes_nothing(world: &World) {
    drop(world.queue(first(&id(1), begun(1), going())));
    world.record(first(&id(2), begun(1), going())).await;
    assert_eq!(world.list(&RunFilter::default()).await, [id(2), id(1)]);
}

async fn odd_ids_are_told(world: &World) {
    let odd = RunId::new("run_1");
    let refused = world.queue(first(&odd, begun(1), going())).durable().await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.run(&world.org, &odd, 0).await, Ok(None));
    assert_eq!(world.store.claim_run(&world.org, &odd, at(1)).await, Ok(None));
}

fn masked(second: i64) -> Stand {
    let Stand::Over { status, ended_at, tail, .. } = over(second, RunStatus::Completed) else {
        unreachable!()
    };
    Stand::Over { status, ended_at, tail, head: Some(b"masked".to_vec()), error: None }
}

async fn an_end_may_replace_the_head(world: &World) {
    let epoch = world.begin(&id(1), begun(1)).await;
    world.record(later(&id(1), epoch, 1, masked(2))).await;
    world.record(first(&id(2), begun(1), masked(2))).await;
    for run in [id(1), id(2)] {
        assert_eq!(world.run(&run).await.head, b"masked");
    }
}
