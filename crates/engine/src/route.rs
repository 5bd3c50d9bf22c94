//! The way out of an org's calls: the source address and the proxy that its admin set.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use callout_flow::id::OrgId;
use callout_flow::outcome::{Failure, FailureClass, Phase};
use callout_outbound::{Owner, Proxy, Route};
use callout_store::{OrgSettings, StoreError};

use crate::engine::Engine;

/// The routes of orgs, read once.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    known: RwLock<HashMap<OrgId, Option<Arc<Route>>>>,
    /// Counts the changes, so that what was read before one is not kept after it.
    changes: AtomicU64,
}

/// Why no way out can be told.
#[derive(Debug)]
pub(crate) struct NoRoute(String);

impl NoRoute {
    /// As why a call could not be made: it must not leave by another way.
    pub(crate) fn failure(self) -> Failure {
        Failure { class: FailureClass::Network, phase: Phase::Slot, message: self.0 }
    }
}

impl From<StoreError> for NoRoute {
    fn from(error: StoreError) -> Self {
        Self(format!("the org's way out cannot be read: {error}"))
    }
}

/// What an org's settings say of its way out; `None` where they leave it to the operator.
///
/// # Errors
/// Where its proxy is none.
pub fn route_of(settings: &OrgSettings) -> Result<Option<Route>, String> {
    if settings.source_address.is_none() && settings.proxy.is_none() {
        return Ok(None);
    }
    let proxy = settings.proxy.as_deref().map(Proxy::parse).transpose().map_err(|error| error.to_string())?;
    Ok(Some(Route { source_address: settings.source_address, proxy }))
}

impl Engine {
    /// Makes the next call of an org leave as its settings now say.
    pub fn forget_route(&self, org: &OrgId) {
        let routes = &self.inner.routes;
        routes.changes.fetch_add(1, Ordering::AcqRel);
        routes.known.write().unwrap_or_else(PoisonError::into_inner).remove(org);
    }

    /// An org's calls, without a connection.
    pub(crate) async fn owner(&self, org: &OrgId) -> Result<Owner, NoRoute> {
        let routes = &self.inner.routes;
        let known = routes.known.read().unwrap_or_else(PoisonError::into_inner).get(org).cloned();
        if let Some(route) = known {
            return Ok(Owner { route, ..Owner::of(org.clone()) });
        }
        let before = routes.changes.load(Ordering::Acquire);
        let route = route_of(&self.inner.store.settings(org).await?).map_err(NoRoute)?.map(Arc::new);
        let mut known = routes.known.write().unwrap_or_else(PoisonError::into_inner);
        if routes.changes.load(Ordering::Acquire) == before {
            known.insert(org.clone(), route.clone());
        }
        Ok(Owner { route, ..Owner::of(org.clone()) })
    }
}
