//! Carries out what flow decides with outbound, and records it.
