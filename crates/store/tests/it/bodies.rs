//! Bodies go from the records of runs that ended long ago, and from no others.

use callout_flow::id::{OrgId, RunId};
use callout_store::{Part, Pruned, Record, RunStatus, RunTexts};

use crate::world::{World, at, begun, first, going, id, later, over, over_both, parked, part};

over_both!(
    bodies_of_runs_that_ended_before_go,
    a_run_that_is_over_late_is_come_back_to,
    one_round_is_bounded_and_the_next_goes_on,
    each_org_has_its_own,
);

/// As what knows of bodies would.
fn strip(texts: &mut RunTexts) {
    for text in texts.steps.iter_mut().chain([&mut texts.tail]) {
        *text = String::from_utf8_lossy(text).replace("body", "gone").into_bytes();
    }
}

async fn prune(world: &World, before: i64, limit: usize) -> Pruned {
    world.store.prune_bodies(&world.org, at(before), limit, strip).await.unwrap()
}

fn done(runs: u64) -> Pruned {
    Pruned { runs, more: false }
}

/// All texts of a run, one behind the other.
async fn texts(world: &World, run: &RunId) -> String {
    let row = world.store.run(&world.org, run, 0).await.unwrap().unwrap();
    let steps = row.parts.into_iter().map(|(_, steps, _)| steps);
    let all: Vec<u8> = steps.chain(row.tail).flatten().collect();
    String::from_utf8(all).unwrap()
}

fn ended(run: &RunId, begin: i64, second: i64) -> Record {
    let record = first(run, begun(begin), over(second, RunStatus::Completed));
    Record { part: part(r#"{"body":1}"#), ..record }
}

async fn bodies_of_runs_that_ended_before_go(world: &World) {
    world.record(ended(&id(1), 1, 2)).await;
    // Accepted first, and recorded in two commits.
    let epoch = world.begin(&id(2), begun(2)).await;
    let with = |record: Record, steps: &str| Record { part: part(steps), ..record };
    world.record(with(later(&id(2), epoch, 1, going()), r#"{"body":1}"#)).await;
    world.record(with(later(&id(2), epoch, 2, over(3, RunStatus::Failed)), r#"{"body":2}"#)).await;
    // Inserted by its first commit, ended by its second.
    world.record(with(first(&id(3), begun(3), going()), r#"{"body":1}"#)).await;
    world
        .record(with(
            later(&id(3), world.store.boot_epoch(), 2, over(4, RunStatus::Completed)),
            r#"{"body":2}"#,
        ))
        .await;
    world.record(ended(&id(4), 5, 6)).await;
    assert_eq!(prune(world, 5, 10).await, done(3));
    for number in 1..=3 {
        let text = texts(world, &id(number)).await;
        assert!(text.contains("gone") && !text.contains("body"), "{number}: {text}");
    }
    assert_eq!(texts(world, &id(2)).await.matches("gone").count(), 2);
    assert!(texts(world, &id(4)).await.contains("body"));
    assert_eq!(prune(world, 5, 10).await, done(0));
    assert_eq!(prune(world, 9, 10).await, done(1));
}

async fn a_run_that_is_over_late_is_come_back_to(world: &World) {
    world.record(Record { part: part(r#"{"body":1}"#), ..first(&id(1), begun(1), parked(50)) }).await;
    let epoch = world.begin(&id(2), begun(1)).await;
    world.record(ended(&id(3), 2, 3)).await;
    assert_eq!(prune(world, 10, 10).await, done(1));
    assert!(texts(world, &id(1)).await.contains("body"), "it is not over");
    let record = later(&id(2), epoch, 1, over(12, RunStatus::Completed));
    world.record(Record { part: part(r#"{"body":1}"#), ..record }).await;
    assert_eq!(prune(world, 11, 10).await, done(0));
    assert!(texts(world, &id(2)).await.contains("body"), "it was over too late");
    assert_eq!(prune(world, 13, 10).await, done(1));
    assert!(texts(world, &id(2)).await.contains("gone"));
    // One that retention took meanwhile is forgotten.
    assert_eq!(world.store.prune(&world.org, at(90), 10).await.unwrap().runs, 2);
    assert_eq!(prune(world, 90, 10).await, done(0));
}

async fn one_round_is_bounded_and_the_next_goes_on(world: &World) {
    for number in 1..=5 {
        world.record(ended(&id(number), number as i64, number as i64 + 1)).await;
    }
    assert_eq!(prune(world, 90, 2).await, Pruned { runs: 2, more: true });
    assert_eq!(prune(world, 90, 2).await, Pruned { runs: 2, more: true });
    assert_eq!(prune(world, 90, 2).await, done(1));
    // A round that has read enough stops there.
    let big = format!(r#"{{"body":"{}"}}"#, "x".repeat(3 << 20));
    for number in 6..=8 {
        let record = ended(&id(number), number as i64, number as i64 + 1);
        world
            .record(Record { part: Part { steps: big.clone().into_bytes(), ..Part::default() }, ..record })
            .await;
    }
    assert_eq!(prune(world, 90, 10).await, Pruned { runs: 2, more: true });
    assert_eq!(prune(world, 90, 10).await, done(1));
    for number in 1..=8 {
        assert!(!texts(world, &id(number)).await.contains("body"), "{number}");
    }
}

async fn each_org_has_its_own(world: &World) {
    let other = OrgId::new("b");
    world.store.create_org(&other, None, at(1)).await.unwrap();
    world.record(ended(&id(1), 1, 2)).await;
    assert_eq!(world.store.prune_bodies(&other, at(90), 9, strip).await.unwrap(), done(0));
    assert!(texts(world, &id(1)).await.contains("body"));
}
