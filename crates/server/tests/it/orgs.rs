//! Orgs: what is one's is not there for another.
