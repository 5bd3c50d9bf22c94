//! States of runs that are not over: what a run needs to go on, and what its author marked as not to be read.
//!
//! All of them are sealed, and here, where they come to the store and leave it: no caller can forget it.

use callout_flow::id::{OrgId, RunId};

use super::cipher::{self, Bound};
use super::ring::{OrgRef, closed};
use crate::runs::{Claimed, Stand};
use crate::{Store, StoreError};

const KIND: &str = "run state";

impl Store {
    /// Seals the state of how a run stands, for its record. None stays none, and in memory all stay as they are.
    ///
    /// # Errors
    /// `SecretUnavailable` where there is no key to seal with.
    pub(crate) fn seal_stand(
        &self,
        org: OrgRef<'_>,
        run: &RunId,
        stand: &mut Stand,
    ) -> Result<(), StoreError> {
        match stand {
            Stand::Going { state } | Stand::Parked { state, .. } => {
                if self.keyring().seals_states && !state.is_empty() {
                    *state = self.sealed_state(org, run, state)?;
                }
                Ok(())
            }
            Stand::Over { .. } => Ok(()),
        }
    }

    fn sealed_state(&self, org: OrgRef<'_>, run: &RunId, state: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.keyring().keys()?;
        let key = self.keyring().current(org.number);
        let key = key.ok_or_else(|| closed(format!("the data key of `{}` does not open", org.name)))?;
        with_place(org, run, |bound| key.seal(bound, state))
    }

    /// The state as it was before it was sealed. One that does not open is told and stays as it is, which no run can be made of.
    ///
    /// # Errors
    /// `Unavailable` where its key cannot be read now.
    pub(crate) async fn open_for_use(
        &self,
        org: OrgRef<'_>,
        run: &RunId,
        state: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        match self.opened_state(org, run, &state).await {
            Ok(opened) => Ok(opened),
            Err(StoreError::SecretUnavailable(why)) => {
                tracing::error!("{why}: the run cannot go on");
                Ok(state)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the states of runs that were claimed. One whose key cannot be read now is given back.
    pub(crate) async fn open_claimed(
        &self,
        org: &OrgId,
        number: i64,
        claimed: Vec<Claimed>,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut open = Vec::with_capacity(claimed.len());
        for mut one in claimed {
            let state = std::mem::take(&mut one.state);
            match self.open_for_use(OrgRef { name: org, number }, &one.run, state).await {
                Ok(state) => open.push(Claimed { state, ..one }),
                Err(error) => {
                    tracing::warn!(run = %one.run, %error, "a run was taken on and is given back");
                    self.give_back(org, &one.run, one.epoch, one.due).await?;
                }
            }
        }
        Ok(open)
    }

    /// Opens what was sealed for this run. A state that was never sealed is told by its first byte, and returned as it is.
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
