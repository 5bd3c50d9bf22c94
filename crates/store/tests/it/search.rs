//! What lists say of a run, and runs found by any text in them.

use callout_flow::id::RunId;
use callout_store::{Begin, RunFilter, RunSearch, RunStatus, SEARCHED_MAX, Stand};

use crate::world::{World, begun, first, going, id, later, over, over_both, visit};

over_both!(
    a_line_says_what_began_the_run_and_what_went_wrong,
    runs_are_found_by_any_text_in_them,
    a_search_goes_on_where_a_page_left_off,
);

async fn a_line_says_what_began_the_run_and_what_went_wrong(world: &World) {
    let begin = Begin { event: Some("call.connected".into()), ..begun(1) };
    let mut record = first(&id(1), begin.clone(), going());
    record.part.tallies =
        vec![visit("get", Some("404"), 1), visit("get", Some("timeout"), 1), visit("get", Some("200"), 1)];
    world.record(record).await;
    let line = async |number: u64| world.run(&id(number)).await.line;
    let said = line(1).await;
    assert_eq!(
        (said.event.as_deref(), said.error.as_deref(), said.outcome.as_deref()),
        (Some("call.connected"), None, Some("timeout"))
    );
    let mut end = later(&id(1), world.store.boot_epoch(), 2, over(2, RunStatus::Failed));
    if let Stand::Over { error, .. } = &mut end.stand {
        *error = Some("step-limit".into());
    }
    world.record(end).await;
    let said = line(1).await;
    assert_eq!((said.error.as_deref(), said.outcome.as_deref()), (Some("step-limit"), Some("timeout")));
    world.begin(&id(2), begin).await;
    assert_eq!(line(2).await.event.as_deref(), Some("call.connected"));
    assert_eq!(
        world.store.runs(&world.org, &RunFilter::default(), None, 9).await.unwrap().items,
        [line(2).await, line(1).await]
    );
    let claimed = world.claim(9, 9).await;
    assert!(claimed.is_empty(), "both are under way");
}

async fn runs_are_found_by_any_text_in_them(world: &World) {
    let begin = |from: &str| Begin {
        contact: Some("Contact-7".to_owned()),
        head: format!(
            r#""event":{{"name":"go","from":"{from}"}},"contact":{{"city":"Zürich"}},"inputs":{{}}"#
        )
        .into_bytes(),
        ..begun(1)
    };
    world.record(first(&id(1), begin("+44"), over(2, RunStatus::Completed))).await;
    let plain = Begin { head: br#""event":{"name":"stop"},"contact":null"#.to_vec(), ..begun(1) };
    world.record(first(&id(2), plain, over(2, RunStatus::Failed))).await;
    let find = async |filter: &RunFilter, text: &str, in_vars: bool| {
        let search = RunSearch { text: text.to_owned(), in_vars };
        let found = world.store.search_runs(&world.org, filter, &search, None, 10).await.unwrap();
        assert_eq!(found.next, None);
        found.items.into_iter().map(|line| line.id).collect::<Vec<_>>()
    };
    let all = RunFilter::default();
    assert_eq!(find(&all, "+44", false).await, [id(1)]);
    assert_eq!(find(&all, "ZÜRICH", false).await, [id(1)]);
    assert_eq!(find(&all, "contact-7", false).await, [id(1)]);
    assert_eq!(find(&all, id(2).as_str(), false).await, [id(2)]);
    assert!(find(&all, "from", false).await.is_empty(), "a key is no text of the run");
    assert!(find(&all, "1", false).await.contains(&id(1)), "an id holds it");
    let failed = RunFilter { status: Some(RunStatus::Failed), ..RunFilter::default() };
    assert!(find(&failed, "+44", false).await.is_empty());
    let mut result = first(&id(3), begun(1), over(2, RunStatus::Completed));
    if let Stand::Over { tail, .. } = &mut result.stand {
        *tail = br#""vars":{"who":"Ada"},"result":null"#.to_vec();
    }
    world.record(result).await;
    assert!(find(&all, "ada", false).await.is_empty());
    assert_eq!(find(&all, "ada", true).await, [id(3)]);
}

/// However many runs there are, a page looks into some of them and says where the next begins.
async fn a_search_goes_on_where_a_page_left_off(world: &World) {
    let found = |number: u64| Begin { contact: Some(format!("needle-{number}")), ..begun(1) };
    world.record(first(&id(1), found(1), over(2, RunStatus::Completed))).await;
    for number in 2..=(SEARCHED_MAX as u64 + 2) {
        drop(world.queue(first(&id(number), begun(1), over(2, RunStatus::Completed))));
    }
    let last = SEARCHED_MAX as u64 + 4;
    for number in [last - 1, last] {
        world.record(first(&id(number), found(number), over(2, RunStatus::Completed))).await;
    }
    let search = RunSearch { text: "needle".to_owned(), in_vars: false };
    let page = async |after: Option<&RunId>, limit: usize| {
        let found =
            world.store.search_runs(&world.org, &RunFilter::default(), &search, after, limit).await.unwrap();
        (found.items.into_iter().map(|line| line.id).collect::<Vec<_>>(), found.next)
    };
    let (items, next) = page(None, 1).await;
    assert_eq!((items, &next), (vec![id(last)], &Some(id(last))));
    let (items, next) = page(next.as_ref(), 10).await;
    assert_eq!(
        (items, &next),
        (vec![id(last - 1)], &Some(id(last - SEARCHED_MAX as u64))),
        "not full, and not the end"
    );
    assert_eq!(page(next.as_ref(), 10).await, (vec![id(1)], None));
}
