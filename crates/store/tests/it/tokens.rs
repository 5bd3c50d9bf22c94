//! Tokens by name and by hash.

use callout_flow::id::OrgId;
use callout_store::{NewToken, Role, StoreError};

use crate::world::{World, at, over_both};

over_both!(tokens_are_added_shown_and_revoked, names_and_tokens_are_unique);

fn token(name: &str, hash: u8) -> NewToken {
    NewToken {
        name: name.to_owned(),
        role: Role::Editor,
        hash: [hash; 32],
        created_at: at(i64::from(hash)),
        expires_at: Some(at(1000)),
    }
}

async fn tokens_are_added_shown_and_revoked(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let second = store.add_token(org, &token("b", 2)).await.unwrap();
    let first = store.add_token(org, &NewToken { expires_at: None, ..token("a", 1) }).await.unwrap();
    assert_eq!(first.id, "tok_0101010101010101");
    assert_eq!((first.role, first.expires_at, second.expires_at), (Role::Editor, None, Some(at(1000))));
    assert_eq!(store.tokens(org).await.unwrap(), [first.clone(), second.clone()]);
    let owner = store.token_owner(&[2; 32]).await.unwrap().unwrap();
    assert_eq!((owner.org, &owner.token), (OrgId::default_org(), &second));
    assert_eq!(store.token_owner(&[3; 32]).await, Ok(None));
    store.revoke_token(org, &second.id).await.unwrap();
    assert_eq!(store.revoke_token(org, &second.id).await, Err(StoreError::NotFound));
    assert_eq!(store.token_owner(&[2; 32]).await, Ok(None));
    assert_eq!(store.tokens(org).await.unwrap(), [first]);
}

async fn names_and_tokens_are_unique(world: &World) {
    let (store, org) = (&world.store, &world.org);
    let first = store.add_token(org, &token("a", 1)).await.unwrap();
    for again in [token("a", 2), token("b", 1)] {
        assert!(matches!(store.add_token(org, &again).await, Err(StoreError::Conflict(_))));
    }
    store.revoke_token(org, &first.id).await.unwrap();
    store.add_token(org, &token("a", 2)).await.unwrap();
}
