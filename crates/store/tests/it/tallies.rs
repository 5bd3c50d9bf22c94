//! Visits are counted, whether behind the watermark or beyond it.

use callout_store::{Part, Record, RunFilter, RunStatus};

use crate::world::{World, at, begun, first, id, over, over_both, visit};

over_both!(counts_are_the_same_before_and_after);

async fn counts_are_the_same_before_and_after(world: &World) {
    let store = &world.store;
    for (number, outcome) in [(1, "200"), (2, "404"), (3, "200")] {
        let tallies = vec![visit("get", Some(outcome), 1), visit("end", None, 2)];
        let part = Part { tallies, ..Part::default() };
        let record = first(&id(number), begun(1), over(2, RunStatus::Completed));
        world.record(Record { part, ..record }).await;
    }
    let counts = async || store.counts(&world.org, 1, None, at(0), at(600)).await.unwrap();
    let before = counts().await;
    assert_eq!(before.len(), 2);
    assert_eq!((before[1].node.as_str(), before[1].figures.success, before[1].figures.fail), ("get", 2, 1));
    assert_eq!(before[1].figures.p50_ms, 10);
    let filter = RunFilter { outcome: Some("404".to_owned()), ..RunFilter::default() };
    for taken in [2, 1, 0] {
        assert_eq!(world.list(&filter).await, [id(2)]);
        assert_eq!(store.index_behind(2).await, Ok(taken));
        assert_eq!(counts().await, before);
    }
    assert_eq!(world.list(&filter).await, [id(2)]);
}
