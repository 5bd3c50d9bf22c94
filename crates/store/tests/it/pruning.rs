//! What is older than wanted goes, with all that belongs to it.

use callout_store::{Pruned, RunFilter, RunStatus};

use crate::world::{World, at, begun, first, id, over, over_both, parked};

over_both!(runs_that_ended_before_are_removed);

async fn runs_that_ended_before_are_removed(world: &World) {
    for number in 1..=5 {
        world
            .record(first(&id(number), begun(number as i64), over(number as i64 + 1, RunStatus::Completed)))
            .await;
    }
    world.record(first(&id(6), begun(1), parked(9))).await;
    let pruned = world.store.prune(&world.org, at(5), 2).await.unwrap();
    assert_eq!(pruned, Pruned { runs: 2, more: true });
    let pruned = world.store.prune(&world.org, at(5), 2).await.unwrap();
    assert_eq!(pruned, Pruned { runs: 1, more: false });
    assert_eq!(world.list(&RunFilter::default()).await, [id(6), id(5), id(4)]);
}
