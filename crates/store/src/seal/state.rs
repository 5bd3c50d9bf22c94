//! States of parked runs that hold what must not be read.

use callout_flow::id::{OrgId, RunId};
use jiff::Timestamp;

use super::cipher::{self, Bound};
use super::ring::{OrgRef, closed};
use crate::{Store, StoreError};

const KIND: &str = "run state";

impl Store {
    /// Seals the state of a run for its record: that run's `state` must be these bytes and no others, so that a rotation finds
    /// it. Cheap once the org's key is open. In memory the bytes stay as they are.
    ///
    /// # Errors
    /// `SecretUnavailable` where there is no key to seal with.
    pub async fn seal_state(
        &self,
        org: &OrgId,
        run: &RunId,
        state: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, StoreError> {
        let org = self.org_ref(org)?;
        if !self.keyring().seals_states {
            return Ok(state.to_vec());
        }
        self.sealing_key(org, now).await?;
        let key = self.keyring().current_for_state(org.number);
        let key = key.ok_or_else(|| closed("there is no data key"))?;
        with_place(org, run, |bound| key.seal(bound, state))
    }

    /// Opens what `seal_state` made for this run. A state that was never sealed is told by its first byte, and returned as it
    /// is.
    ///
    /// # Errors
    /// `SecretUnavailable` where it does not open: another run's, changed, or its key is not there.
    pub async fn open_state(&self, org: &OrgId, run: &RunId, state: &[u8]) -> Result<Vec<u8>, StoreError> {
        let org = self.org_ref(org)?;
        self.opened_state(org, run, state).await
    }

    pub(super) async fn opened_state(
        &self,
        org: OrgRef<'_>,
        run: &RunId,
        state: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        if state.first() != Some(&cipher::VERSION) {
            return Ok(state.to_vec());
        }
        let shut = || closed(format!("the state of {run} does not open"));
        let number = cipher::sealed_by(state).ok_or_else(shut)?;
        let key = self.opening_key(org, number).await?.ok_or_else(shut)?;
        let plain = with_place(org, run, |bound| key.open(bound, state)).map_err(|_| shut())?;
        Ok(plain.to_vec())
    }
}

pub(super) fn with_place<T>(org: OrgRef<'_>, run: &RunId, use_it: impl FnOnce(&Bound<'_>) -> T) -> T {
    use_it(&Bound { kind: KIND, place: &[org.name.as_str(), run.as_str()] })
}
