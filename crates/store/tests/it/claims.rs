//! What is due is claimed once, and told what came for it.

use callout_flow::id::OrgId;
use callout_store::{NewInbox, RunStatus, StoreError};
use jiff::Timestamp;

use crate::world::{World, at, begun, first, going, id, later, over, over_both, parked};

over_both!(
    due_runs_are_claimed_longest_due_first,
    a_claim_is_for_one_only,
    recoveries_count_claims_without_a_record,
    one_run_is_claimed_due_or_not,
    the_next_due_is_told,
    a_run_is_told_something,
    what_came_under_a_lease_wakes_a_run_that_is_put_down,
    what_was_heeded_goes,
    a_number_never_comes_again,
);

fn said(second: i64) -> NewInbox {
    NewInbox { kind: "cancel".to_owned(), body: b"{}".to_vec(), at: at(second) }
}

async fn due_runs_are_claimed_longest_due_first(world: &World) {
    for (number, due) in [(1, 30), (2, 10), (3, 20), (4, 99)] {
        world.record(first(&id(number), begun(1), parked(due))).await;
    }
    let claimed = world.claim(30, 2).await;
    let order: Vec<_> = claimed.iter().map(|claimed| (claimed.run.clone(), claimed.due)).collect();
    assert_eq!(order, [(id(2), at(10)), (id(3), at(20))]);
    assert_eq!(claimed[0].begin, begun(1));
    assert_eq!(claimed[0].state, b"parked");
    let rest: Vec<_> = world.claim(30, 10).await.into_iter().map(|claimed| claimed.run).collect();
    assert_eq!(rest, [id(1)]);
    assert!(world.claim(30, 10).await.is_empty());
}

async fn a_claim_is_for_one_only(world: &World) {
    for number in 0..100 {
        world.record(first(&id(number), begun(1), parked(2))).await;
    }
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, org) = (world.store.clone(), world.org.clone());
            tokio::spawn(async move {
                let mut runs = Vec::new();
                loop {
                    let claimed = store.claim(&org, at(2), 7).await.unwrap();
                    if claimed.is_empty() {
                        return runs;
                    }
                    runs.extend(claimed.into_iter().map(|claimed| claimed.run));
                }
            })
        })
        .collect();
    let mut runs = Vec::new();
    for task in tasks {
        runs.extend(task.await.unwrap());
    }
    runs.sort();
    assert_eq!(runs, (0..100).map(id).collect::<Vec<_>>());
}

async fn recoveries_count_claims_without_a_record(world: &World) {
    let run = id(1);
    world.record(first(&run, begun(1), parked(2))).await;
    for count in 1..4 {
        let claimed = world.claim(2, 1).await;
        assert_eq!(claimed[0].recoveries, count);
        world.store.give_back(&world.org, &run, claimed[0].epoch, at(2)).await.unwrap();
    }
    let claimed = world.claim(2, 1).await;
    world.record(later(&run, claimed[0].epoch, 1, parked(2))).await;
    assert_eq!(world.claim(2, 1).await[0].recoveries, 1);
}

async fn one_run_is_claimed_due_or_not(world: &World) {
    let (store, org, run) = (&world.store, &world.org, id(1));
    world.record(first(&run, begun(1), parked(99))).await;
    let claimed = store.claim_run(org, &run, at(2)).await.unwrap().unwrap();
    assert_eq!(claimed.due, at(99));
    assert_eq!(store.claim_run(org, &run, at(2)).await.unwrap(), None);
    world.record(later(&run, claimed.epoch, 1, over(3, RunStatus::Completed))).await;
    assert_eq!(store.claim_run(org, &run, at(2)).await.unwrap(), None);
    assert_eq!(store.claim_run(org, &id(2), at(2)).await.unwrap(), None);
}

async fn the_next_due_is_told(world: &World) {
    let store = &world.store;
    let next = async || store.next_due(at(0)).await.unwrap();
    let orgs = async |now: Timestamp| store.due_orgs(now).await.unwrap();
    assert_eq!(next().await, None);
    world.begin(&id(1), begun(1)).await;
    assert_eq!(next().await, None);
    world.record(first(&id(2), begun(1), parked(50))).await;
    world.record(first(&id(3), begun(1), parked(40))).await;
    assert_eq!(next().await, Some(at(40)));
    assert_eq!(store.next_due(at(40)).await.unwrap(), Some(at(50)), "later than that");
    assert_eq!(orgs(at(39)).await, []);
    assert_eq!(orgs(at(40)).await, [OrgId::default_org()]);
    world.claim(40, 1).await;
    assert_eq!(next().await, Some(at(50)));
}

async fn a_run_is_told_something(world: &World) {
    let (store, org) = (&world.store, &world.org);
    assert_eq!(store.tell(org, &id(1), &said(1)).await, Err(StoreError::NotFound));
    world.record(first(&id(1), begun(1), parked(99))).await;
    store.tell(org, &id(1), &said(5)).await.unwrap();
    assert_eq!(world.run(&id(1)).await.line.due, Some(at(5)));
    let claimed = world.claim(5, 1).await.remove(0);
    assert_eq!((claimed.inbox[0].kind.as_str(), claimed.inbox[0].at), ("cancel", at(5)));
    // Under a lease it stays there.
    store.tell(org, &id(1), &said(6)).await.unwrap();
    assert_eq!(world.run(&id(1)).await.line.due, None);
    assert_eq!(store.inbox(org, &id(1)).await.unwrap().len(), 2);
    world.record(later(&id(1), claimed.epoch, 1, over(7, RunStatus::Cancelled))).await;
    assert!(matches!(store.tell(org, &id(1), &said(8)).await, Err(StoreError::Conflict(_))));
    assert!(store.inbox(org, &id(1)).await.unwrap().is_empty());
    // One that is due already stays as long due as it is.
    world.record(first(&id(2), begun(1), parked(3))).await;
    store.tell(org, &id(2), &said(9)).await.unwrap();
    assert_eq!(world.run(&id(2)).await.line.due, Some(at(3)));
}

async fn what_came_under_a_lease_wakes_a_run_that_is_put_down(world: &World) {
    let (store, org, run) = (&world.store, &world.org, id(1));
    let epoch = world.begin(&run, begun(1)).await;
    let other = world.begin(&id(2), begun(1)).await;
    store.tell(org, &run, &said(5)).await.unwrap();
    world.record(later(&run, epoch, 1, parked(99))).await;
    world.record(later(&id(2), other, 1, parked(99))).await;
    assert_eq!(world.run(&run).await.line.due, Some(at(5)));
    assert_eq!(world.run(&id(2)).await.line.due, Some(at(99)), "only the one that was told");
    // What was heeded wakes nobody.
    let claimed = world.claim(5, 1).await.remove(0);
    let mut record = later(&run, claimed.epoch, 1, parked(99));
    record.inbox_up_to = Some(claimed.inbox[0].number);
    world.record(record).await;
    assert_eq!(world.run(&run).await.line.due, Some(at(99)));
}

async fn what_was_heeded_goes(world: &World) {
    let (store, org, run) = (&world.store, &world.org, id(1));
    let epoch = world.begin(&run, begun(1)).await;
    world.begin(&id(2), begun(1)).await;
    for second in 1..4 {
        store.tell(org, &run, &said(second)).await.unwrap();
    }
    store.tell(org, &id(2), &said(1)).await.unwrap();
    let inbox = store.inbox(org, &run).await.unwrap();
    let mut record = later(&run, epoch, 1, going());
    record.inbox_up_to = Some(inbox[1].number);
    world.record(record).await;
    assert_eq!(store.inbox(org, &run).await.unwrap(), inbox[2..]);
    assert_eq!(store.inbox(org, &id(2)).await.unwrap().len(), 1);
}

async fn a_number_never_comes_again(world: &World) {
    let (store, org, run) = (&world.store, &world.org, id(1));
    let epoch = world.begin(&run, begun(1)).await;
    let mut last = 0;
    for seq in 1..5 {
        store.tell(org, &run, &said(1)).await.unwrap();
        let number = store.inbox(org, &run).await.unwrap()[0].number;
        assert!(number > last);
        last = number;
        let mut record = later(&run, epoch, seq, going());
        record.inbox_up_to = Some(number);
        world.record(record).await;
    }
}
