//! Lists by what runs are searched for, against a search that looks at every run.

use std::collections::BTreeSet;

use callout_flow::id::RunId;
use callout_store::{Part, Record, RunFilter, RunStatus, Stand, StoreError};
use proptest::prelude::*;

use crate::world::{World, at, begun, first, going, id, later, over, over_both, parked, visit};

over_both!(lists_come_in_pages, a_line_tells_how_the_run_stands, an_odd_cursor_is_told);

async fn lists_come_in_pages(world: &World) {
    for number in 1..=3 {
        world.record(first(&id(number), begun(number as i64), going())).await;
    }
    let page = async |cursor: Option<RunId>, limit| {
        let page = world.store.runs(&world.org, &RunFilter::default(), cursor.as_ref(), limit).await.unwrap();
        (page.items.into_iter().map(|line| line.id).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(None, 2).await, (vec![id(3), id(2)], true));
    assert_eq!(page(Some(id(2)), 2).await, (vec![id(1)], false));
    assert_eq!(page(None, 3).await, (vec![id(3), id(2), id(1)], false));
    assert_eq!(page(None, 0).await, (vec![], true));
}

async fn a_line_tells_how_the_run_stands(world: &World) {
    let document = callout_store::Document { text: "x".to_owned(), json: false };
    world.store.put_draft(&world.org, "first", "First", &document, None, at(1)).await.unwrap();
    let mut begin = begun(1);
    begin.contact = Some("c-1".to_owned());
    world.record(first(&id(1), begin, parked(7))).await;
    world.store.put_draft(&world.org, "first", "First", &document, None, at(1)).await.unwrap();
    let line = &world.store.runs(&world.org, &RunFilter::default(), None, 1).await.unwrap().items[0];
    assert_eq!((line.flow, line.slug.as_str(), line.version), (1, "first", 1));
    assert_eq!(
        (line.status, line.due, line.contact.as_deref()),
        (RunStatus::Waiting, Some(at(7)), Some("c-1"))
    );
    assert_eq!((line.started_at, line.ended_at), (at(1), None));
}

async fn an_odd_cursor_is_told(world: &World) {
    let odd = RunId::new("run_x");
    let said = world.store.runs(&world.org, &RunFilter::default(), Some(&odd), 1).await;
    assert!(matches!(said, Err(StoreError::Conflict(_))));
}

const OUTCOMES: [&str; 5] = ["200", "201", "404", "500", "timeout"];
const CONTACTS: [&str; 3] = ["a", "b", "status:failed"];
const STATUSES: [RunStatus; 5] =
    [RunStatus::Running, RunStatus::Waiting, RunStatus::Completed, RunStatus::Failed, RunStatus::Cancelled];

/// What happens to the runs, one thing after another.
#[derive(Clone, Debug)]
enum Deed {
    Begin {
        flow: u32,
        contact: Option<usize>,
        commit: Commit,
    },
    /// The run is picked among those that are under way, if there are any.
    GoOn {
        pick: usize,
        commit: Commit,
    },
    Index {
        limit: usize,
    },
}

#[derive(Clone, Debug)]
struct Commit {
    status: usize,
    outcomes: Vec<usize>,
}

/// What a run should be found by.
#[derive(Clone, Debug)]
struct Known {
    number: u64,
    flow: u32,
    contact: Option<&'static str>,
    status: RunStatus,
    outcomes: BTreeSet<&'static str>,
    epoch: i64,
    seq: u32,
}

impl Known {
    fn take(&mut self, commit: &Commit) -> (Part, Stand) {
        self.status = STATUSES[commit.status];
        let outcomes = commit.outcomes.iter().map(|outcome| OUTCOMES[*outcome]);
        self.outcomes.extend(outcomes.clone());
        let tallies = outcomes.map(|outcome| visit("call", Some(outcome), 1)).collect();
        let stand = match self.status {
            RunStatus::Running => going(),
            RunStatus::Waiting => parked(500),
            status => over(500, status),
        };
        (Part { tallies, ..Part::default() }, stand)
    }

    fn found_by(&self, filter: &RunFilter) -> bool {
        let began = at(self.number as i64);
        filter.flow.is_none_or(|flow| flow == self.flow)
            && filter.status.is_none_or(|status| status == self.status)
            && filter.outcome.as_deref().is_none_or(|outcome| self.outcomes.contains(outcome))
            && filter.contact.as_deref().is_none_or(|contact| self.contact == Some(contact))
            && filter.from.is_none_or(|from| began >= from)
            && filter.to.is_none_or(|to| began < to)
    }
}

fn commits() -> impl Strategy<Value = Commit> {
    (0..STATUSES.len(), prop::collection::vec(0..OUTCOMES.len(), 0..3))
        .prop_map(|(status, outcomes)| Commit { status, outcomes })
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let begin = (1..3u32, prop::option::of(0..CONTACTS.len()), commits())
        .prop_map(|(flow, contact, commit)| Deed::Begin { flow, contact, commit });
    let go_on = (any::<prop::sample::Index>(), commits())
        .prop_map(|(pick, commit)| Deed::GoOn { pick: pick.index(1000), commit });
    let index = (1..6usize).prop_map(|limit| Deed::Index { limit });
    prop::collection::vec(prop_oneof![3 => begin, 3 => go_on, 1 => index], 1..40)
}

fn filters() -> impl Strategy<Value = RunFilter> {
    let second = || prop::option::of((0..40i64).prop_map(at));
    (
        prop::option::of(1..3u32),
        prop::option::of(prop::sample::select(STATUSES.to_vec())),
        prop::option::of(prop::sample::select(OUTCOMES.to_vec())),
        prop::option::of(prop::sample::select(CONTACTS.to_vec())),
        prop_oneof![3 => Just((None, None)), 1 => (second(), second())],
    )
        .prop_map(|(flow, status, outcome, contact, (from, to))| RunFilter {
            flow,
            status,
            outcome: outcome.map(str::to_owned),
            contact: contact.map(str::to_owned),
            from,
            to,
        })
}

async fn done(deeds: &[Deed]) -> (World, Vec<Known>) {
    let world = World::memory();
    let mut known: Vec<Known> = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Begin { flow, contact, commit } => {
                let number = known.len() as u64;
                let contact = contact.map(|contact| CONTACTS[contact]);
                let (status, outcomes, epoch) =
                    (RunStatus::Running, BTreeSet::new(), world.store.boot_epoch());
                let mut run = Known { number, flow: *flow, contact, status, outcomes, epoch, seq: 1 };
                let (part, stand) = run.take(commit);
                let mut begin = begun(number as i64);
                (begin.flow, begin.contact) = (*flow, contact.map(str::to_owned));
                world.record(Record { part, ..first(&id(number), begin, stand) }).await;
                known.push(run);
            }
            Deed::GoOn { pick, commit } => {
                let alive = |run: &&mut Known| matches!(run.status, RunStatus::Running | RunStatus::Waiting);
                let mut going: Vec<&mut Known> = known.iter_mut().filter(alive).collect();
                let count = going.len();
                if count == 0 {
                    continue;
                }
                let run = &mut going[pick % count];
                let org = &world.org;
                let claimed = world.store.claim_run(org, &id(run.number), at(1)).await.unwrap();
                (run.epoch, run.seq) = match claimed {
                    Some(claimed) => (claimed.epoch, 1),
                    None => (run.epoch, run.seq + 1),
                };
                let (epoch, seq) = (run.epoch, run.seq);
                let (part, stand) = run.take(commit);
                let taken = world.record(Record { part, ..later(&id(run.number), epoch, seq, stand) }).await;
                assert_eq!(taken, callout_store::Recorded::Taken);
            }
            Deed::Index { limit } => {
                world.store.index_behind(*limit).await.unwrap();
            }
        }
    }
    (world, known)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lists_are_those_of_a_search_through_all(
        deeds in deeds(),
        filters in prop::collection::vec(filters(), 1..12),
        limit in 1..7usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (world, known) = done(&deeds).await;
            for filter in &filters {
                let expected: Vec<RunId> =
                    known.iter().rev().filter(|run| run.found_by(filter)).map(|run| id(run.number)).collect();
                let mut found = Vec::new();
                loop {
                    let page = world.store.runs(&world.org, filter, found.last(), limit).await.unwrap();
                    assert!(page.items.len() <= limit && (!page.more || page.items.len() == limit));
                    found.extend(page.items.into_iter().map(|line| line.id));
                    if !page.more {
                        break;
                    }
                }
                assert_eq!(found, expected, "{filter:?}");
            }
        });
    }
}
