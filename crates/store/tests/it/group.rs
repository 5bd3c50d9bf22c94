//! Many writes share one commit, and each is answered for itself.

use callout_flow::id::OrgId;
use callout_store::{Receipt, Recorded, Store};

use crate::world::{World, begun, first, going, id, later, over_both};

over_both!(writes_share_commits, one_that_is_fenced_does_not_hold_up_others);

async fn writes_share_commits(world: &World) {
    const RUNS: u64 = 2000;
    let before = world.store.health();
    let receipts: Vec<Receipt> =
        (0..RUNS).map(|number| world.queue(first(&id(number), begun(1), going()))).collect();
    for receipt in receipts {
        assert_eq!(receipt.durable().await, Ok(Recorded::Taken));
    }
    let after = world.store.health();
    assert_eq!(after.writes - before.writes, RUNS);
    let commits = after.commits - before.commits;
    // With one of them in each there would be as many; the writer takes what came while it wrote.
    assert!(commits < RUNS / 10, "{commits} commits");
    assert_eq!(after.queued, 0);
}

async fn one_that_is_fenced_does_not_hold_up_others(world: &World) {
    let epoch = world.begin(&id(0), begun(1)).await;
    let receipts: Vec<Receipt> = (1..100)
        .map(|number| match number % 2 {
            0 => world.queue(later(&id(0), epoch - 1, number, going())),
            _ => world.queue(first(&id(u64::from(number)), begun(1), going())),
        })
        .collect();
    for (receipt, number) in receipts.into_iter().zip(1..) {
        let expected = if number % 2 == 0 { Recorded::Fenced } else { Recorded::Taken };
        assert_eq!(receipt.durable().await, Ok(expected));
    }
}

/// Answers go to all who wait on a runtime at once; one that ends takes none of them with it.
#[test]
fn an_answer_outlives_the_runtime_that_asked() {
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = Store::in_memory().unwrap();
    let queue = |number| {
        let record = first(&id(number), begun(1), going());
        async { store.record(&OrgId::default_org(), record) }
    };
    let (ending, staying) = (runtime(), runtime());
    let receipt = ending.block_on(queue(1));
    // Behind it in the queue: when this is answered, so is the first, by way of a runtime that does not run.
    let behind = staying.block_on(async { queue(2).await.durable().await });
    assert_eq!(behind, Ok(Recorded::Taken));
    drop(ending);
    assert_eq!(staying.block_on(receipt.durable()), Ok(Recorded::Taken));
}
