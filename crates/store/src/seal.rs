//! Seals what must not be read in the database, and opens it again: a data key for each org, and one master key above them.

mod cipher;
mod master;
mod ring;
mod rotate;
mod state;
mod status;

pub use master::{Keys, MasterKey, NotAMasterKey};
pub use rotate::Rotated;
pub use status::{DataKeyLine, KeyStatus};

pub(crate) use cipher::{Bound, DataKey, sealed_by};
pub(crate) use ring::{Check, FIRST_KEY, KeptKey, Keyring, OrgRef, closed};
pub(crate) use status::{CHECK_ROW, MASTERS};
