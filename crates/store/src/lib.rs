//! Keeps flows, integrations, connections, runs, members, tokens and the audit log in one database, and says what of it is
//! durable. Seals and opens secrets: no other crate holds a key.
//!
//! Nothing outside this crate knows SQL. Every method takes the org first; another org's things are not there.

mod audit;
mod backend;
mod border;
mod connections;
mod error;
mod flows;
mod integrations;
mod members;
mod runs;
mod seal;
mod sessions;
mod settings;
mod sqlite;
mod store;
mod tally;
mod tokens;
mod value;

pub use audit::{
    Actor, ActorKind, AuditBroken, AuditFilter, AuditHead, AuditRow, AuditVerdict, Note, Object,
};
pub use connections::{
    ConnectionChange, ConnectionView, Fetched, NewConnection, OpenConnection, SECRET_BYTES_MAX, SECRETS_MAX,
    SecretView, Verification,
};
pub use error::StoreError;
pub use flows::{
    Document, Draft, DraftHead, FlowFilter, FlowRow, FlowTrigger, FlowVersion, LastRun, Mention, NewVersion,
    VersionRow,
};
pub use integrations::{
    IntegrationRow, IntegrationText, IntegrationVersion, NewIntegrationVersion, PublishedIntegration,
};
pub use members::{Login, Member, MemberChange, NewMember, NewPassword};
pub use runs::{
    Accepted, Begin, Claimed, FoundRuns, InboxEntry, Key, NewInbox, Page, Part, Receipt, Record, Recorded,
    RunFilter, RunLine, RunRow, RunSearch, RunStatus, SEARCHED_MAX, Stand,
};
pub use seal::{DataKeyLine, KeyStatus, Keys, MasterKey, NotAMasterKey, Rotated};
pub use sessions::{NewSession, SessionOwner};
pub use settings::OrgSettings;
pub use store::{Health, Pruned, RunTexts, Store, StoreOptions};
pub use tally::{CaseCounts, EndedRuns, Figures, NodeCounts, Tally};
pub use tokens::{NewToken, Role, Token, TokenOwner};
