//! Which names are refused before any look-up, because they never leave this network.

/// The longest name and the longest label of it, in bytes (RFC 1035).
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Suffixes that are private by RFC (6761, 6762, 7686, 8375), by ICANN (`internal`), or by habit.
const PRIVATE_SUFFIXES: &[&str] =
    &["localhost", "local", "localdomain", "internal", "home.arpa", "onion", "svc"];

/// Names under which clouds hand out credentials; those under a private suffix are covered by it.
const METADATA_NAMES: &[&str] = &["metadata.tencentyun.com"];

/// What is wrong with a name, in words that end a sentence beginning with the name.
pub(crate) enum NameFault {
    /// No allow entry mends it.
    Malformed(&'static str),
    /// An allow entry for the host lets it through.
    Private(&'static str),
}

/// Judges a canonical name: lower case, punycode, one trailing dot stripped.
pub(crate) fn name_fault(name: &str) -> Option<NameFault> {
    if name.is_empty() || name.split('.').any(str::is_empty) {
        return Some(NameFault::Malformed("has an empty label"));
    }
    if name.len() > NAME_BYTES_MAX {
        return Some(NameFault::Malformed("is longer than 253 bytes"));
    }
    if name.split('.').any(|label| label.len() > LABEL_BYTES_MAX) {
        return Some(NameFault::Malformed("has a label longer than 63 bytes"));
    }
    if METADATA_NAMES.contains(&name) {
        return Some(NameFault::Private("is a metadata service"));
    }
    let is_under =
        |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if PRIVATE_SUFFIXES.iter().any(|suffix| is_under(suffix)) {
        return Some(NameFault::Private("is a name of a private network"));
    }
    if !name.contains('.') {
        return Some(NameFault::Private("is a single label, which only a private network knows"));
    }
    None
}
