//! The master key: what opens the data keys, and is kept outside the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::cipher::{self, Key, KeyId};
use crate::StoreError;

const PREFIX: &str = "cmk_";
const KEY_BYTES: usize = 32;
/// Bytes of the printed form that tell whether the rest was copied right.
const CHECK_BYTES: usize = 4;

/// What opens the data keys of all orgs: 256 random bits. Shows its id where it is printed for people, and never itself.
#[derive(Clone)]
pub struct MasterKey {
    key: Key,
    id: KeyId,
    name: String,
}

/// The master key, and those before it that may still be needed.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Seals what is new.
    pub current: MasterKey,
    /// Open what was sealed before the key was changed.
    pub former: Vec<MasterKey>,
}

/// Why a text is no master key. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMasterKey {
    #[error("it is not a master key: one is `cmk_` and 48 letters, digits, dashes and underscores")]
    Shape,
    #[error("it is a master key with an error in it: its parts do not fit together; copy it again, whole")]
    Mistyped,
}

impl MasterKey {
    /// A new one.
    ///
    /// # Errors
    /// `Unavailable` where the system gives no random bytes.
    pub fn generate() -> Result<Self, StoreError> {
        Ok(Self::of(cipher::new_key()?))
    }

    /// Reads the printed form; white space around it is let go.
    pub fn parse(text: &str) -> Result<Self, NotAMasterKey> {
        let body = text.trim().strip_prefix(PREFIX).ok_or(NotAMasterKey::Shape)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).map_err(|_| NotAMasterKey::Shape)?);
        let (key, check) = bytes.split_at_checked(KEY_BYTES).ok_or(NotAMasterKey::Shape)?;
        if check.len() != CHECK_BYTES {
            return Err(NotAMasterKey::Shape);
        }
        let key: [u8; KEY_BYTES] = key.try_into().map_err(|_| NotAMasterKey::Shape)?;
        let key = Zeroizing::new(key);
        if checksum(&key) != *check {
            return Err(NotAMasterKey::Mistyped);
        }
        Ok(Self::of(key))
    }

    /// The form in which a person keeps it: `cmk_…`.
    pub fn printed(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES + CHECK_BYTES]);
        let (key, check) = bytes.split_at_mut(KEY_BYTES);
        key.copy_from_slice(self.key.as_slice());
        check.copy_from_slice(&checksum(&self.key));
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + bytes.len() * 4 / 3));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        text
    }

    /// Its name, `mk_…`: tells keys apart, and nothing about the key.
    pub fn id(&self) -> &str {
        &self.name
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// As it stands in what this key sealed.
    pub(super) fn key_id(&self) -> KeyId {
        self.id
    }

    fn of(key: Key) -> Self {
        let id = head(&digest("id", &key));
        let name = id.iter().fold("mk_".to_owned(), |name, byte| format!("{name}{byte:02x}"));
        Self { key, id, name }
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.name)
    }
}

impl Keys {
    /// Only this one.
    pub fn new(current: MasterKey) -> Self {
        Self { current, former: Vec::new() }
    }

    pub(super) fn of(&self, id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current).chain(&self.former).find(|key| key.id() == id)
    }
}

fn checksum(key: &Key) -> [u8; CHECK_BYTES] {
    head(&digest("check", key))
}

/// A hash of 256 random bits tells nothing of them; one for each purpose, so that the printed check is no part of the id.
fn digest(purpose: &str, key: &Key) -> [u8; 32] {
    let hash = Sha256::new().chain_update("callout master key ").chain_update(purpose).chain_update([0]);
    hash.chain_update(key.as_slice()).finalize().into()
}

fn head<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        let key = MasterKey::generate().unwrap();
        let text = key.printed();
        assert_eq!(text.len(), 52);
        let read = MasterKey::parse(&format!("  {}\n", text.as_str())).unwrap();
        assert_eq!((read.id(), read.printed()), (key.id(), text.clone()));
        assert_ne!(MasterKey::generate().unwrap().id(), key.id());
        let shown = format!("{key:?} {:?}", Keys::new(key.clone()));
        assert!(shown.contains(key.id()) && !shown.contains(text.strip_prefix(PREFIX).unwrap()), "{shown}");
    }

    #[test]
    fn a_mistyped_key_is_told() {
        let text = MasterKey::generate().unwrap().printed();
        for at in PREFIX.len()..text.len() {
            let mut wrong: Vec<u8> = text.as_bytes().to_vec();
            wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(MasterKey::parse(&wrong).unwrap_err(), NotAMasterKey::Mistyped, "at {at}");
        }
        let cut = &text[..text.len() - 4];
        for wrong in ["", "cmk_", cut, &format!("{}AAAA", text.as_str()), &text[4..], "cmk_ä"] {
            assert_eq!(MasterKey::parse(wrong).unwrap_err(), NotAMasterKey::Shape);
        }
    }
}
