//! Members and their sessions.

use callout_flow::id::OrgId;
use callout_store::{
    Member, MemberChange, NewMember, NewPassword, NewSession, OrgSettings, Role, StoreError,
};
use jiff::SignedDuration;

use crate::world::{World, at, over_both};

over_both!(
    members_are_added_changed_and_removed,
    a_change_of_what_a_session_was_given_for_ends_it,
    sessions_end_by_age_and_by_logout,
    another_org_sees_and_changes_no_member,
    an_org_keeps_its_last_admin,
    an_org_is_made_with_its_first_member,
    settings_are_kept_by_org,
);

pub(crate) fn member(id: &str, email: &str) -> NewMember {
    NewMember {
        id: id.to_owned(),
        email: email.to_owned(),
        name: "A".to_owned(),
        role: Role::Editor,
        password: NewPassword { hash: "h".to_owned(), until: Some(at(90)) },
        created_at: at(1),
    }
}

fn session(hash: &[u8; 32], second: i64) -> NewSession<'_> {
    NewSession { member: "mem_1", hash, now: at(second) }
}

async fn members_are_added_changed_and_removed(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let one = store.add_member(org, &member("mem_1", "a@example.com")).await.unwrap();
    assert_eq!(store.member(org, "mem_1").await.unwrap(), Some(one.clone()));
    for again in [member("mem_1", "b@example.com"), member("mem_2", "a@example.com")] {
        assert!(matches!(store.add_member(org, &again).await, Err(StoreError::Conflict(_))));
    }
    let login = store.login(org, "a@example.com").await.unwrap().unwrap();
    assert_eq!((&login.member, login.password), (&one, member("", "").password));
    assert_eq!(store.login(org, "A@example.com").await, Ok(None));
    let change = MemberChange {
        name: Some("B".to_owned()),
        role: Some(Role::Viewer),
        disabled: Some(true),
        password: Some(NewPassword { hash: "i".to_owned(), until: None }),
    };
    let changed = store.change_member(org, "mem_1", &change).await.unwrap();
    let wanted = Member {
        name: "B".to_owned(),
        role: Role::Viewer,
        disabled: true,
        password_due: false,
        ..one.clone()
    };
    assert_eq!(changed, wanted);
    assert_eq!(store.members(org).await.unwrap(), [wanted]);
    let none = MemberChange::default();
    assert_eq!(store.change_member(org, "mem_1", &none).await.unwrap(), changed);
    for change in [&change, &none] {
        assert_eq!(store.change_member(org, "mem_9", change).await, Err(StoreError::NotFound));
    }
    store.remove_member(org, "mem_1").await.unwrap();
    assert_eq!(store.remove_member(org, "mem_1").await, Err(StoreError::NotFound));
    assert!(store.members(org).await.unwrap().is_empty());
    store.add_member(org, &member("mem_1", "a@example.com")).await.unwrap();
}

async fn a_change_of_what_a_session_was_given_for_ends_it(world: &World) {
    let (store, org) = (&world.store, &world.org);
    store.add_member(org, &member("mem_1", "a@example.com")).await.unwrap();
    let none = MemberChange::default;
    for (change, ends) in [
        (MemberChange { name: Some("B".to_owned()), ..none() }, false),
        (MemberChange { role: Some(Role::Viewer), ..none() }, true),
        (MemberChange { password: Some(member("", "").password), ..none() }, true),
        (MemberChange { disabled: Some(true), ..none() }, true),
    ] {
        store.open_session(org, &session(&[1; 32], 5)).await.unwrap();
        assert!(store.session_owner(&[1; 32]).await.unwrap().is_some());
        store.change_member(org, "mem_1", &change).await.unwrap();
        assert_eq!(store.session_owner(&[1; 32]).await.unwrap().is_none(), ends, "{change:?}");
        let _ = store.close_session(org, &[1; 32]).await;
    }
    assert_eq!(store.open_session(org, &session(&[1; 32], 5)).await, Err(StoreError::NotFound));
    let own = NewPassword { hash: "own".to_owned(), until: None };
    assert_eq!(store.set_password(org, &own, &session(&[2; 32], 6)).await, Err(StoreError::NotFound));
    let enabled = MemberChange { disabled: Some(false), ..none() };
    store.change_member(org, "mem_1", &enabled).await.unwrap();
    for hash in [[1; 32], [2; 32]] {
        store.open_session(org, &session(&hash, 6)).await.unwrap();
    }
    store.set_password(org, &own, &session(&[3; 32], 7)).await.unwrap();
    for gone in [[1; 32], [2; 32]] {
        assert_eq!(store.session_owner(&gone).await, Ok(None));
    }
    let owner = store.session_owner(&[3; 32]).await.unwrap().unwrap();
    assert_eq!(
        (owner.created_at, owner.member.password_due, owner.member.login_at),
        (at(7), false, Some(at(6)))
    );
    store.remove_member(org, "mem_1").await.unwrap();
    assert_eq!(store.session_owner(&[3; 32]).await, Ok(None));
}

async fn sessions_end_by_age_and_by_logout(world: &World) {
    let (store, org) = (&world.store, &world.org);
    store.add_member(org, &member("mem_1", "a@example.com")).await.unwrap();
    for (hash, second) in [([1; 32], 1), ([2; 32], 5), ([3; 32], 9)] {
        store.open_session(org, &session(&hash, second)).await.unwrap();
    }
    store.touch_session(org, &[2; 32], at(8)).await.unwrap();
    store.touch_session(org, &[2; 32], at(6)).await.unwrap();
    assert_eq!(store.session_owner(&[2; 32]).await.unwrap().unwrap().seen_at, at(8));
    store.prune_sessions(org, at(2), at(8)).await.unwrap();
    assert_eq!(store.session_owner(&[1; 32]).await, Ok(None));
    assert!(store.session_owner(&[2; 32]).await.unwrap().is_some());
    store.prune_sessions(org, at(2), at(9)).await.unwrap();
    assert_eq!(store.session_owner(&[2; 32]).await, Ok(None));
    store.close_session(org, &[3; 32]).await.unwrap();
    assert_eq!(store.close_session(org, &[3; 32]).await, Err(StoreError::NotFound));
}

async fn another_org_sees_and_changes_no_member(world: &World) {
    let (store, org, other) = (&world.store, &world.org, OrgId::new("b"));
    store.create_org(&other, None, at(1)).await.unwrap();
    let one = store.add_member(org, &member("mem_1", "a@example.com")).await.unwrap();
    store.open_session(org, &session(&[1; 32], 5)).await.unwrap();
    let before = store.session_owner(&[1; 32]).await.unwrap().unwrap();
    let gone = Err(StoreError::NotFound);
    assert_eq!(store.member(&other, "mem_1").await, Ok(None));
    assert_eq!(store.login(&other, "a@example.com").await, Ok(None));
    assert!(store.members(&other).await.unwrap().is_empty());
    let change = MemberChange { disabled: Some(true), ..MemberChange::default() };
    assert_eq!(store.change_member(&other, "mem_1", &change).await, Err(StoreError::NotFound));
    assert_eq!(store.remove_member(&other, "mem_1").await, gone);
    assert_eq!(store.open_session(&other, &session(&[2; 32], 5)).await, gone);
    assert_eq!(store.set_password(&other, &member("", "").password, &session(&[2; 32], 5)).await, gone);
    assert_eq!(store.close_session(&other, &[1; 32]).await, gone);
    store.touch_session(&other, &[1; 32], at(9)).await.unwrap();
    store.prune_sessions(&other, at(99), at(99)).await.unwrap();
    assert_eq!(store.session_owner(&[1; 32]).await.unwrap(), Some(before));
    // The same address and id, in another org.
    store.add_member(&other, &member("mem_1", "a@example.com")).await.unwrap();
    store.remove_member(&other, "mem_1").await.unwrap();
    assert_eq!(store.member(org, "mem_1").await.unwrap().unwrap().email, one.email);
}

async fn settings_are_kept_by_org(world: &World) {
    let (store, org, other) = (&world.store, &world.org, OrgId::new("b"));
    store.create_org(&other, None, at(1)).await.unwrap();
    assert_eq!(store.settings(org).await.unwrap(), OrgSettings::default());
    let settings = OrgSettings {
        runs: Some(SignedDuration::from_hours(1)),
        bodies: Some(SignedDuration::from_secs(60)),
        audit: None,
        source_address: Some([127, 0, 0, 9].into()),
        proxy: Some("http://127.0.0.1:3128".to_owned()),
    };
    store.set_settings(org, &settings).await.unwrap();
    assert_eq!(store.settings(org).await.unwrap(), settings);
    store.set_settings(org, &OrgSettings::default()).await.unwrap();
    assert_eq!(store.settings(org).await.unwrap(), OrgSettings::default());
    assert_eq!(store.settings(&other).await.unwrap(), OrgSettings::default());
}

async fn an_org_keeps_its_last_admin(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let admin = |id: &str, email: &str| NewMember { role: Role::Admin, ..member(id, email) };
    store.add_member(org, &admin("mem_1", "a@example.com")).await.unwrap();
    store.add_member(org, &member("mem_2", "b@example.com")).await.unwrap();
    let none = MemberChange::default;
    let unseating = [
        MemberChange { role: Some(Role::Editor), ..none() },
        MemberChange { disabled: Some(true), ..none() },
        MemberChange { role: Some(Role::Admin), disabled: Some(true), ..none() },
    ];
    let stays = async || {
        for change in &unseating {
            let refused = store.change_member(org, "mem_1", change).await;
            assert!(matches!(refused, Err(StoreError::Conflict(_))), "{change:?}");
        }
        assert!(matches!(store.remove_member(org, "mem_1").await, Err(StoreError::Conflict(_))));
        store.open_session(org, &session(&[1; 32], 5)).await.unwrap();
        store.close_session(org, &[1; 32]).await.unwrap();
    };
    stays().await;
    // One who may not log in is no admin that is left.
    store.add_member(org, &admin("mem_3", "c@example.com")).await.unwrap();
    let disabled = MemberChange { disabled: Some(true), ..none() };
    store.change_member(org, "mem_3", &disabled).await.unwrap();
    stays().await;
    let back = MemberChange { disabled: Some(false), ..none() };
    store.change_member(org, "mem_3", &back).await.unwrap();
    let same = MemberChange { role: Some(Role::Admin), password: Some(member("", "").password), ..none() };
    store.change_member(org, "mem_1", &same).await.unwrap();
    store.change_member(org, "mem_1", &unseating[0]).await.unwrap();
    store.remove_member(org, "mem_1").await.unwrap();
    assert!(matches!(store.remove_member(org, "mem_3").await, Err(StoreError::Conflict(_))));
    store.remove_member(org, "mem_2").await.unwrap();
}

async fn an_org_is_made_with_its_first_member(world: &World) {
    let (store, other) = (&world.store, OrgId::new("b"));
    let first = member("mem_1", "a@example.com");
    store.create_org(&other, Some(&first), at(1)).await.unwrap();
    assert_eq!(store.members(&other).await.unwrap().len(), 1);
    assert!(matches!(store.create_org(&other, Some(&first), at(2)).await, Err(StoreError::Conflict(_))));
    assert!(store.members(&world.org).await.unwrap().is_empty());
}
