//! Lists by what runs are searched for.

use callout_store::{RunFilter, RunStatus};

use crate::world::{World, begun, first, id, over, over_both, parked};

over_both!(lists_follow_their_filter);

async fn lists_follow_their_filter(world: &World) {
    world.record(first(&id(1), begun(1), over(2, RunStatus::Failed))).await;
    world.record(first(&id(2), begun(2), parked(9))).await;
    let status = |status| RunFilter { status: Some(status), ..RunFilter::default() };
    assert_eq!(world.list(&status(RunStatus::Failed)).await, [id(1)]);
    assert_eq!(world.list(&status(RunStatus::Waiting)).await, [id(2)]);
    let page = world.store.runs(&world.org, &RunFilter::default(), None, 1).await.unwrap();
    assert_eq!((page.items[0].id.clone(), page.more), (id(2), true));
    let page = world.store.runs(&world.org, &RunFilter::default(), Some(&id(2)), 1).await.unwrap();
    assert_eq!((page.items[0].id.clone(), page.more), (id(1), false));
}
