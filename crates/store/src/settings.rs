//! What an org has set for itself.

use std::net::IpAddr;

use callout_flow::id::OrgId;
use jiff::SignedDuration;

use crate::value::{Row, values};
use crate::{Store, StoreError};

/// What an org has set for itself; what is none is as the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgSettings {
    /// How long runs are kept after their end. Whole seconds, as the others.
    pub runs: Option<SignedDuration>,
    /// How long the bodies of requests and answers are kept in the records of runs.
    pub bodies: Option<SignedDuration>,
    /// How long the audit log is kept; for ever where it is none.
    pub audit: Option<SignedDuration>,
    /// The local address that the org's calls leave from.
    pub source_address: Option<IpAddr>,
    /// The proxy that the org's calls go through, without credentials.
    pub proxy: Option<String>,
}

impl Store {
    pub async fn settings(&self, org: &OrgId) -> Result<OrgSettings, StoreError> {
        let Some(org) = self.org(org) else { return Ok(OrgSettings::default()) };
        let sql = "SELECT runs, bodies, audit, source_address, proxy FROM org_setting WHERE org = $1";
        let mut rows = self.backend().query(sql, values![org]).await?;
        rows.first_mut().map_or_else(|| Ok(OrgSettings::default()), read)
    }

    /// Writes all of an org's settings over those before.
    pub async fn set_settings(&self, org: &OrgId, settings: &OrgSettings) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let seconds = |length: Option<SignedDuration>| length.map(|length| length.as_secs());
        let values = values![
            org,
            seconds(settings.runs),
            seconds(settings.bodies),
            seconds(settings.audit),
            settings.source_address.map(|address| address.to_string()),
            settings.proxy.as_deref(),
        ];
        let sql = "INSERT INTO org_setting (org, runs, bodies, audit, source_address, proxy) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (org) DO UPDATE SET runs = $2, bodies = $3, audit = $4, source_address = $5, proxy = $6";
        self.apply_one(sql, values).await.map(drop)
    }
}

fn read(row: &mut Row) -> Result<OrgSettings, StoreError> {
    let mut length = |at| row.opt_int(at).map(|seconds| seconds.map(SignedDuration::from_secs));
    let (runs, bodies, audit) = (length(0)?, length(1)?, length(2)?);
    let address = row.opt_text(3)?.map(|text| text.parse()).transpose();
    let odd = |_| StoreError::Unusable("the database is damaged: an org's address is none".to_owned());
    Ok(OrgSettings { runs, bodies, audit, source_address: address.map_err(odd)?, proxy: row.opt_text(4)? })
}
