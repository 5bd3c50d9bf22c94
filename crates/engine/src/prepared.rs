//! What is made of a connection once, for all its calls: it is good until the connection or the integration is another.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use callout_flow::id::OrgId;
use callout_flow::integration::Integration;
use callout_store::OpenConnection;

/// Connections whose things are kept; beyond that they are made anew.
const KEPT_MAX: usize = 1024;

/// By org, connection and version of the integration; 0 where it is for none.
type Kept<T> = HashMap<(OrgId, String, u32), (Made, T)>;

/// Something that is made of an opened connection, kept as long as it is the same one.
#[derive(Debug)]
pub(crate) struct Prepared<T>(RwLock<Kept<T>>);

/// What it was made of. Held, so that nothing else can come to stand where they stand.
#[derive(Debug)]
struct Made {
    open: Arc<OpenConnection>,
    integration: Option<Arc<Integration>>,
}

impl Made {
    fn is_of(&self, open: &Arc<OpenConnection>, integration: Option<&Arc<Integration>>) -> bool {
        let same = match (&self.integration, integration) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        same && Arc::ptr_eq(&self.open, open)
    }
}

impl<T> Default for Prepared<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: Clone> Prepared<T> {
    pub(crate) fn get(
        &self,
        org: &OrgId,
        open: &Arc<OpenConnection>,
        integration: Option<&Arc<Integration>>,
    ) -> Option<T> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (made, thing) = kept.get(&key(org, open, integration))?;
        made.is_of(open, integration).then(|| thing.clone())
    }

    pub(crate) fn keep(
        &self,
        org: &OrgId,
        open: &Arc<OpenConnection>,
        integration: Option<&Arc<Integration>>,
        thing: T,
    ) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        let made = Made { open: Arc::clone(open), integration: integration.cloned() };
        kept.insert(key(org, open, integration), (made, thing));
    }
}

fn key(org: &OrgId, open: &OpenConnection, integration: Option<&Arc<Integration>>) -> (OrgId, String, u32) {
    (org.clone(), open.id.clone(), integration.map_or(0, |integration| integration.version))
}
