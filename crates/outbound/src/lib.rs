//! Sends one prepared request to the world, guarded, and says what came of it.
//!
//! The way of one call: `guard` admits the URL (parse, name, look-up, every address), `credential` authorises
//! it, `pool` gives a slot and perhaps a connection, `dial` opens one to an admitted address, `exchange`
//! sends and reads within caps, `redirect` says where the next hop goes, and `scrub` masks what leaves.
//!
//! Nothing else in this product opens a socket to the world. No proxy variable is read, nothing is sent twice.

mod body;
mod credential;
mod dial;
mod exchange;
mod fault;
mod guard;
mod policy;
mod pool;
mod redirect;
mod request;
mod resolve;
mod route;
mod scrub;
mod send;
mod tls;
mod trace;
mod wire;

pub use credential::Credential;
pub use guard::HostKey;
pub use guard::Verdict;
pub use policy::{
    Allowed, EgressPolicy, HostPattern, RESPONSE_BYTES_DEFAULT, RESPONSE_BYTES_LIMIT, SetupError,
};
pub use resolve::{FixedAnswer, FixedNames, Resolver};
pub use route::{Proxy, Route};
pub use scrub::{SECRET_CHARS_MIN, Scrubber};
pub use send::{Limits, Outbound, Owner, Sent};
pub use tls::{TlsIdentity, TlsIdentityError};
