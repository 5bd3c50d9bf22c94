//! How many runs are under way, in all and for each org.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use callout_flow::id::OrgId;
use tokio::sync::Notify;

/// The bounds of one process.
#[derive(Debug)]
pub(crate) struct Bounds {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    taken: Mutex<Taken>,
    max: usize,
    per_org_max: usize,
    /// Told whenever a place comes free.
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_org: HashMap<OrgId, usize>,
}

/// A run's place among those under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    shared: Arc<Shared>,
    org: OrgId,
}

impl Bounds {
    pub(crate) fn new(max: usize, per_org_max: usize) -> Self {
        let shared = Shared { taken: Mutex::default(), max, per_org_max, freed: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner).all
    }

    /// A place for one more run of an org, if there is one.
    pub(crate) fn take(&self, org: &OrgId) -> Option<Place> {
        let Shared { taken, max, per_org_max, .. } = &*self.shared;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= *max {
            return None;
        }
        match taken.by_org.get_mut(org) {
            Some(of_org) if *of_org >= *per_org_max => return None,
            Some(of_org) => *of_org += 1,
            None => {
                taken.by_org.insert(org.clone(), 1);
            }
        }
        taken.all += 1;
        Some(Place { shared: Arc::clone(&self.shared), org: org.clone() })
    }

    /// Waits until a place has come free since the last time.
    pub(crate) async fn freed(&self) {
        self.shared.freed.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(of_org) = taken.by_org.get_mut(&self.org) {
            *of_org -= 1;
            if *of_org == 0 {
                taken.by_org.remove(&self.org);
            }
        }
        drop(taken);
        self.shared.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_org_takes_all_and_places_come_back() {
        let bounds = Bounds::new(3, 2);
        let (one, two) = (OrgId::new("one"), OrgId::new("two"));
        let held = [bounds.take(&one), bounds.take(&one)];
        assert!(held.iter().all(Option::is_some));
        assert!(bounds.take(&one).is_none(), "the org's own bound");
        let other = bounds.take(&two);
        assert!(other.is_some());
        assert!(bounds.take(&two).is_none(), "the process's bound");
        drop(held);
        assert_eq!(bounds.in_flight(), 1);
        assert!(bounds.take(&one).is_some());
    }
}
