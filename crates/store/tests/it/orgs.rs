//! Nothing of one org is there for another.

use callout_flow::id::OrgId;
use callout_store::StoreError;

use crate::world::{World, over_both};

over_both!(orgs_are_made_and_listed);

async fn orgs_are_made_and_listed(world: &World) {
    let (store, other) = (&world.store, OrgId::new("org_b"));
    assert_eq!(store.revoke_token(&other, "tok_1").await, Err(StoreError::NotFound));
    for _ in 0..2 {
        store.add_org(&other).await.unwrap();
    }
    assert_eq!(store.orgs().await.unwrap(), [OrgId::default_org(), other]);
}
