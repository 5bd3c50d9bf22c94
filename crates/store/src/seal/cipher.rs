//! One sealed value: XChaCha20-Poly1305 under a random nonce, bound to its place.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::StoreError;

pub(super) type Key = Zeroizing<[u8; KEY_BYTES]>;
/// Which key sealed a value: stands in its head.
pub(super) type KeyId = [u8; KEY_ID_BYTES];

const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 8;
/// Drawn at random for each value: with 192 bits none comes twice.
const NONCE_BYTES: usize = 24;
/// Of the form below; another one has another first byte. No JSON text begins with it.
pub(super) const VERSION: u8 = 1;
/// The version and the key's id.
pub(super) const HEAD_BYTES: usize = 1 + KEY_ID_BYTES;

/// What a sealed value is and where it stands. It opens there only.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    /// What it is: no value of one kind opens as one of another.
    pub(crate) kind: &'a str,
    pub(crate) place: &'a [&'a str],
}

/// A data key of an org.
pub(crate) struct DataKey {
    /// From 1, in the order in which they were made.
    pub(crate) number: i64,
    key: Key,
}

/// It does not open: another key, another place, or other bytes than were written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl DataKey {
    pub(super) fn new(number: i64) -> Result<Self, StoreError> {
        Ok(Self { number, key: new_key()? })
    }

    pub(super) fn of(number: i64, bytes: &[u8]) -> Option<Self> {
        Some(Self { number, key: Zeroizing::new(bytes.try_into().ok()?) })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.key.as_slice()
    }

    pub(crate) fn seal(&self, bound: &Bound<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal(&self.key, self.number.to_be_bytes(), bound, plain)
    }

    pub(crate) fn open(&self, bound: &Bound<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Closed> {
        open(&self.key, self.number.to_be_bytes(), bound, sealed)
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKey({})", self.number)
    }
}

/// How everything begins that the data key of this number sealed.
pub(super) fn head_of(number: i64) -> [u8; HEAD_BYTES] {
    head(number.to_be_bytes())
}

/// The number of the data key that sealed it; none for what nobody sealed.
pub(crate) fn sealed_by(sealed: &[u8]) -> Option<i64> {
    let (version, rest) = sealed.split_first()?;
    let number = rest.first_chunk::<KEY_ID_BYTES>()?;
    (*version == VERSION).then(|| i64::from_be_bytes(*number))
}

pub(super) fn new_key() -> Result<Key, StoreError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    random(key.as_mut_slice())?;
    Ok(key)
}

/// Version, key's id, nonce, and the sealed bytes with their tag.
pub(super) fn seal(key: &Key, id: KeyId, bound: &Bound<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE_BYTES];
    random(&mut nonce)?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload { msg: plain, aad: &bound.bytes(id) };
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| StoreError::Conflict("it is too large to be sealed".to_owned()))?;
    Ok([head(id).as_slice(), &nonce, &sealed].concat())
}

pub(super) fn open(
    key: &Key,
    id: KeyId,
    bound: &Bound<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let rest = sealed.strip_prefix(head(id).as_slice()).ok_or(Closed)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Closed)?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload { msg: sealed, aad: &bound.bytes(id) };
    cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| Closed)
}

impl Bound<'_> {
    /// Each part with its length before it, so that no two places have the same bytes.
    fn bytes(&self, id: KeyId) -> Vec<u8> {
        let mut bytes = b"callout".to_vec();
        bytes.push(VERSION);
        bytes.extend(id);
        for part in std::iter::once(&self.kind).chain(self.place) {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

fn head(id: KeyId) -> [u8; HEAD_BYTES] {
    let mut head = [VERSION; HEAD_BYTES];
    for (to, from) in head.iter_mut().skip(1).zip(id) {
        *to = from;
    }
    head
}

fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes)
        .map_err(|error| StoreError::Unavailable(format!("the system gives no random bytes: {error}")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const BOUND: Bound<'static> = Bound { kind: "secret", place: &["default", "acme", "key"] };

    #[test]
    fn no_nonce_comes_twice() {
        let key = DataKey::new(1).unwrap();
        let nonces: HashSet<Vec<u8>> = (0..100_000)
            .map(|_| key.seal(&BOUND, b"").unwrap()[HEAD_BYTES..HEAD_BYTES + NONCE_BYTES].to_vec())
            .collect();
        assert_eq!(nonces.len(), 100_000);
    }

    #[test]
    fn it_opens_with_its_key_at_its_place_only() {
        let key = DataKey::new(1).unwrap();
        let sealed = key.seal(&BOUND, b"s3cret").unwrap();
        assert_eq!(sealed.len(), HEAD_BYTES + NONCE_BYTES + 6 + 16);
        assert_eq!(sealed_by(&sealed), Some(1));
        assert_eq!(key.open(&BOUND, &sealed).unwrap().as_slice(), b"s3cret");
        for (kind, place) in [
            ("state", ["default", "acme", "key"].as_slice()),
            ("secret", &["default", "acme", "other"]),
            ("secret", &["default", "acmek", "ey"]),
            ("secret", &["default", "acme"]),
            ("secret", &["default", "acme", "key", ""]),
        ] {
            assert_eq!(key.open(&Bound { kind, place }, &sealed), Err(Closed), "{kind} {place:?}");
        }
        let renumbered = DataKey::of(2, key.bytes()).unwrap();
        let mut as_second = sealed.clone();
        as_second[HEAD_BYTES - 1] = 2;
        assert_eq!(renumbered.open(&BOUND, &as_second), Err(Closed));
        assert_eq!(DataKey::new(1).unwrap().open(&BOUND, &sealed), Err(Closed));
    }

    proptest! {
        #[test]
        fn what_is_changed_or_cut_does_not_open(
            plain in prop::collection::vec(any::<u8>(), 0..64),
            at in any::<prop::sample::Index>(),
            bit in 0_u32..8,
        ) {
            let key = DataKey::new(7).unwrap();
            let sealed = key.seal(&BOUND, &plain).unwrap();
            prop_assert_eq!(key.open(&BOUND, &sealed).map(|opened| opened.to_vec()), Ok(plain));
            let at = at.index(sealed.len());
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            prop_assert_eq!(key.open(&BOUND, &changed), Err(Closed));
            prop_assert_eq!(key.open(&BOUND, &sealed[..at]), Err(Closed));
        }

        #[test]
        fn bytes_from_anywhere_do_not_open(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(DataKey::new(1).unwrap().open(&BOUND, &bytes), Err(Closed));
            sealed_by(&bytes);
        }
    }
}
