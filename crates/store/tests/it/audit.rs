//! The audit log: written with what it tells of, whole, and cut only from its beginning.

use std::collections::BTreeMap;

use callout_flow::id::OrgId;
use callout_store::{
    Actor, ActorKind, AuditBroken, AuditFilter, AuditHead, AuditVerdict, ConnectionChange, Document,
    MemberChange, NewConnection, NewIntegrationVersion, NewToken, NewVersion, Note, Object, Role, Store,
    StoreError,
};
use serde_json::json;

use crate::members::member;
use crate::world::{World, at, open, over_both};

over_both!(
    a_write_carries_its_entry_and_a_write_that_fails_carries_none,
    every_audited_write_is_told,
    writes_of_integrations_and_connections_are_told_and_answer_as_ever,
    entries_are_filtered_and_paged,
    each_org_has_its_own_log,
    retention_cuts_from_the_beginning_and_the_rest_still_fits,
);

pub(crate) fn note(org: &OrgId, second: i64, action: &str, id: &str) -> Note {
    Note {
        org: org.clone(),
        at: at(second),
        actor: Actor { kind: ActorKind::Token, id: "tok_1".to_owned(), name: "ci".to_owned() },
        from: Some([127, 0, 0, 1].into()),
        action: action.to_owned(),
        object: Object { kind: "flow".to_owned(), id: id.to_owned() },
        before: None,
        after: Some(json!({ "n": second })),
    }
}

fn text() -> Document {
    Document { text: "x".to_owned(), json: false }
}

async fn log(store: &Store, org: &OrgId) -> Vec<(u64, String)> {
    let rows = store.audit(org, &AuditFilter::default(), None, 100).await.unwrap().items;
    rows.into_iter().rev().map(|row| (row.number, row.note.action)).collect()
}

async fn sound(store: &Store, org: &OrgId, rows: u64) {
    let found = store.verify_audit(org, None).await.unwrap();
    assert!(matches!(&found, AuditVerdict::Sound { rows: n, .. } if *n == rows), "{found:?}");
}

async fn a_write_carries_its_entry_and_a_write_that_fails_carries_none(world: &World) {
    let (store, org) = (&world.store, &world.org);
    sound(store, org, 0).await;
    let noting = |second, action| store.noting(note(org, second, action, "a"));
    noting(1, "flow.write").put_draft(org, "a", "A", &text(), Some(0), at(1)).await.unwrap();
    let again = noting(2, "flow.write").put_draft(org, "a", "A", &text(), Some(0), at(2)).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    assert_eq!(noting(3, "flow.remove").remove_flow(org, 9, at(3)).await, Err(StoreError::NotFound));
    store.put_draft(org, "a", "A", &text(), None, at(4)).await.unwrap();
    store.note(&note(org, 5, "run.start", "run_1")).await.unwrap();
    assert_eq!(log(store, org).await, [(1, "flow.write".to_owned()), (2, "run.start".to_owned())]);
    let rows = store.audit(org, &AuditFilter::default(), None, 1).await.unwrap();
    assert!(rows.more);
    assert_eq!(rows.items[0].note, note(org, 5, "run.start", "run_1"));
    assert_ne!(rows.items[0].hash, [0; 32]);
    sound(store, org, 2).await;
}

async fn every_audited_write_is_told(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let noting = |action| store.noting(note(org, 1, action, "a"));
    noting("write").put_draft(org, "a", "A", &text(), None, at(1)).await.unwrap();
    let new = NewVersion { number: 1, revision: 1, by: "me", now: at(1) };
    noting("publish").publish(org, &new).await.unwrap();
    noting("remove").remove_flow(org, 1, at(1)).await.unwrap();
    let token = NewToken {
        name: "t".to_owned(),
        role: Role::Viewer,
        hash: [1; 32],
        created_at: at(1),
        expires_at: None,
    };
    let token = noting("token").add_token(org, &token).await.unwrap();
    noting("revoke").revoke_token(org, &token.id).await.unwrap();
    noting("org").create_org(&OrgId::new("b"), None, at(1)).await.unwrap();
    let one = member("mem_1", "a@example.com");
    noting("member").add_member(org, &one).await.unwrap();
    let session = callout_store::NewSession { member: "mem_1", hash: &[1; 32], now: at(1) };
    noting("login").open_session(org, &session).await.unwrap();
    noting("logout").close_session(org, &[1; 32]).await.unwrap();
    noting("password").set_password(org, &one.password, &session).await.unwrap();
    let change = MemberChange { role: Some(Role::Viewer), ..MemberChange::default() };
    noting("change").change_member(org, "mem_1", &change).await.unwrap();
    noting("gone").remove_member(org, "mem_1").await.unwrap();
    noting("settings").set_settings(org, &callout_store::OrgSettings::default()).await.unwrap();
    let told: Vec<String> = log(store, org).await.into_iter().map(|(_, action)| action).collect();
    let all = "write publish remove token revoke org member login logout password change gone settings";
    assert_eq!(told.join(" "), all);
    sound(store, org, 13).await;
}

async fn writes_of_integrations_and_connections_are_told_and_answer_as_ever(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let noting = |action| store.noting(note(org, 1, action, "a"));
    let row = noting("write").put_integration_draft(org, "a", "A", &text(), Some(0), at(1)).await.unwrap();
    assert_eq!((row.slug.as_str(), row.revision), ("a", 1));
    let new = NewIntegrationVersion { slug: "a", revision: 1, by: "me", now: at(1) };
    assert_eq!(noting("publish").publish_integration(org, &new).await.unwrap().row.version, 1);
    noting("remove").remove_integration(org, "a", at(1)).await.unwrap();
    let new = NewConnection {
        id: "c".to_owned(),
        name: "C".to_owned(),
        integration: None,
        document: "{}".to_owned(),
        allowed_hosts: vec!["h.example".to_owned()],
        secrets: BTreeMap::new(),
        disabled: false,
        expires_at: None,
        by: "me".to_owned(),
        now: at(1),
    };
    assert_eq!(noting("create").create_connection(org, &new).await.unwrap().id, "c");
    assert!(matches!(noting("again").create_connection(org, &new).await, Err(StoreError::Conflict(_))));
    let change = ConnectionChange {
        name: "D".to_owned(),
        document: "{}".to_owned(),
        secrets: BTreeMap::new(),
        disabled: true,
        expires_at: None,
        by: "me".to_owned(),
        now: at(2),
    };
    let changed = noting("update").update_connection(org, "c", &change, Some(1)).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.revision), ("D", 2));
    noting("delete").delete_connection(org, "c").await.unwrap();
    let told: Vec<String> = log(store, org).await.into_iter().map(|(_, action)| action).collect();
    assert_eq!(told.join(" "), "write publish remove create update delete");
    sound(store, org, 6).await;
}

async fn entries_are_filtered_and_paged(world: &World) {
    let (store, org) = (&world.store, &world.org);
    for second in 1..=5 {
        let action = if second % 2 == 0 { "even" } else { "odd" };
        store.note(&note(org, second, action, &format!("f{second}"))).await.unwrap();
    }
    let filter = AuditFilter::default;
    let text = |text: &str| Some(text.to_owned());
    for (filter, found) in [
        (filter(), vec![5, 4, 3, 2, 1]),
        (AuditFilter { action: text("even"), ..filter() }, vec![4, 2]),
        (AuditFilter { actor: text("tok_1"), from: Some(at(4)), ..filter() }, vec![5, 4]),
        (AuditFilter { actor: text("tok_2"), ..filter() }, vec![]),
        (AuditFilter { object_kind: text("flow"), object_id: text("f3"), ..filter() }, vec![3]),
        (AuditFilter { from: Some(at(2)), to: Some(at(4)), ..filter() }, vec![3, 2]),
    ] {
        let rows = store.audit(org, &filter, None, 10).await.unwrap();
        assert_eq!(rows.items.iter().map(|row| row.number).collect::<Vec<_>>(), found, "{filter:?}");
    }
    let next = store.audit(org, &filter(), Some(4), 2).await.unwrap();
    assert_eq!(next.items.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 2]);
}

async fn each_org_has_its_own_log(world: &World) {
    let (store, org, other) = (&world.store, &world.org, OrgId::new("b"));
    assert_eq!(store.note(&note(&other, 1, "x", "a")).await, Err(StoreError::NotFound));
    store.create_org(&other, None, at(1)).await.unwrap();
    assert!(matches!(store.create_org(&other, None, at(2)).await, Err(StoreError::Conflict(_))));
    store.note(&note(org, 1, "x", "a")).await.unwrap();
    store.note(&note(&other, 1, "y", "a")).await.unwrap();
    assert_eq!(log(store, &other).await, [(1, "y".to_owned())]);
    assert_eq!(log(store, org).await, [(1, "x".to_owned())]);
    sound(store, &other, 1).await;
    assert!(store.verify_audit(&OrgId::new("nobody"), None).await.is_err());
}

async fn retention_cuts_from_the_beginning_and_the_rest_still_fits(world: &World) {
    let (store, org) = (&world.store, &world.org);
    for second in 1..=5 {
        store.note(&note(org, second, "x", "a")).await.unwrap();
    }
    assert!(store.prune_audit(org, at(4), 2).await.unwrap().more);
    assert_eq!(store.prune_audit(org, at(4), 2).await.unwrap().runs, 1);
    sound(store, org, 2).await;
    store.note(&note(org, 6, "x", "a")).await.unwrap();
    assert_eq!(log(store, org).await.iter().map(|row| row.0).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(store.prune_audit(org, at(90), 9).await.unwrap().runs, 3);
    sound(store, org, 0).await;
    store.note(&note(org, 7, "x", "a")).await.unwrap();
    assert_eq!(log(store, org).await[0].0, 7);
}

/// A folder whose log has four rows.
async fn four_rows(action: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (store, org) = (open(folder.path()), OrgId::default_org());
    for second in 1..=4 {
        store.note(&note(&org, second, action, "a")).await.unwrap();
    }
    store.close().await;
    folder
}

/// What someone with the file and a shell could do.
fn tamper(folder: &std::path::Path, sql: &str) -> rusqlite::Result<()> {
    rusqlite::Connection::open(folder.join("callout.db")).unwrap().execute_batch(sql)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_by_hand_is_found() {
    let unlock = "DROP TRIGGER audit_unchanged; DROP TRIGGER audit_kept;";
    for (sql, number) in [
        ("UPDATE audit SET actor_name = 'x' WHERE number = 2", 2),
        ("UPDATE audit SET after = NULL WHERE number = 3", 3),
        ("UPDATE audit SET address = 'nowhere' WHERE number = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 4", 4),
        ("UPDATE audit SET number = number + 1 WHERE number = 4", 4),
        ("UPDATE audit SET hash = zeroblob(32) WHERE number = 4", 4),
        ("UPDATE audit_chain SET number = 3", 4),
        (
            "UPDATE audit SET number = 9 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;
            UPDATE audit SET number = 3 WHERE number = 9",
            2,
        ),
    ] {
        let (folder, org) = (four_rows("x").await, OrgId::default_org());
        tamper(folder.path(), &format!("{unlock} {sql}")).unwrap();
        let found = open(folder.path()).verify_audit(&org, None).await.unwrap();
        let broken = matches!(&found, AuditVerdict::Broken(AuditBroken { number: n, .. }) if *n == number);
        assert!(broken, "{sql}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_neither_change_nor_go_while_the_triggers_stand() {
    let folder = tempfile::tempdir().unwrap();
    let (store, org) = (open(folder.path()), OrgId::default_org());
    store.note(&note(&org, 1, "x", "a")).await.unwrap();
    store.close().await;
    for sql in ["UPDATE audit SET action = 'y'", "DELETE FROM audit", "UPDATE audit SET hash = hash"] {
        assert!(tamper(folder.path(), sql).unwrap_err().to_string().contains("audit log"), "{sql}");
    }
    sound(&open(folder.path()), &org, 1).await;
}

async fn head(store: &Store, org: &OrgId) -> AuditHead {
    match store.verify_audit(org, None).await.unwrap() {
        AuditVerdict::Sound { head, .. } => head,
        broken @ AuditVerdict::Broken(_) => panic!("{broken:?}"),
    }
}

/// Whoever can write to the file can write all of it anew, with hashes that fit: that the log alone does not show.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_written_anew_is_found_by_a_head_that_was_noted_elsewhere() {
    let org = OrgId::default_org();
    let (ours, forged) = (four_rows("x").await, four_rows("y").await);
    let store = open(ours.path());
    let noted = head(&store, &org).await;
    assert_eq!(noted.number, 4);
    store.note(&note(&org, 5, "x", "a")).await.unwrap();
    assert_eq!(
        store.verify_audit(&org, Some(&noted)).await.unwrap(),
        AuditVerdict::Sound { rows: 5, head: head(&store, &org).await }
    );
    store.close().await;
    drop(store);
    let cut = "DROP TRIGGER audit_kept; DELETE FROM audit WHERE number > 3;
        UPDATE audit_chain SET number = 3, hash = (SELECT hash FROM audit WHERE number = 3)";
    tamper(ours.path(), cut).unwrap();
    for (folder, why) in [(&forged, "written anew"), (&ours, "was longer")] {
        let store = open(folder.path());
        assert!(matches!(store.verify_audit(&org, None).await.unwrap(), AuditVerdict::Sound { .. }));
        let found = store.verify_audit(&org, Some(&noted)).await.unwrap();
        let broken = matches!(&found, AuditVerdict::Broken(AuditBroken { number: 4, why: told }) if told.contains(why));
        assert!(broken, "{found:?}");
    }
    let store = open(forged.path());
    store.prune_audit(&org, at(90), 9).await.unwrap();
    let early = AuditHead { number: 3, ..noted };
    assert!(matches!(store.verify_audit(&org, Some(&early)).await, Err(StoreError::Conflict(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_looked_at_while_another_has_the_store() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Store::look(folder.path()), Err(StoreError::Unusable(_))));
    let (store, org) = (open(folder.path()), OrgId::default_org());
    store.note(&note(&org, 1, "x", "a")).await.unwrap();
    let looking = Store::look(folder.path()).unwrap();
    sound(&looking, &org, 1).await;
    store.note(&note(&org, 2, "x", "a")).await.unwrap();
    sound(&looking, &org, 2).await;
    assert_eq!(log(&looking, &org).await.len(), 2);
    assert!(matches!(looking.note(&note(&org, 3, "x", "a")).await, Err(StoreError::Unavailable(_))));
    store.close().await;
    drop(store);
    sound(&looking, &org, 2).await;
}
