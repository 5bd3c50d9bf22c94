//! Distinct names for distinct things, with readable prefixes.

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A tenant, as `org_…` or the slug of a fresh install, `default`.
    OrgId
);
text_id!(
    /// One execution, as `run_` and a UUIDv7 in hex: rises with time.
    RunId
);

impl OrgId {
    /// The org that a fresh install has.
    pub fn default_org() -> Self {
        Self::new("default")
    }
}
