//! The texts that stand for one secret: itself, and what base64 and hex make of it. How each of them may be escaped
//! is not listed here: `escaped` reads that.

use std::collections::{BTreeSet, HashSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Every text of every secret, each once, in order.
pub(super) fn texts_of(secrets: &BTreeSet<String>) -> Vec<Vec<u8>> {
    // Hashed first, since the encoders mostly agree.
    let mut texts = HashSet::new();
    for secret in secrets {
        base64_texts(secret.as_bytes(), &mut texts);
        hex_texts(secret.as_bytes(), &mut texts);
        texts.insert(secret.clone());
    }
    let mut texts: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    texts.sort_unstable();
    texts
}

/// Base64 of the secret alone, and of the secret inside something longer: then its first and last characters
/// hold bits of the neighbours, at each of three alignments, and are left out.
fn base64_texts(secret: &[u8], into: &mut HashSet<String>) {
    into.insert(STANDARD.encode(secret));
    into.insert(URL_SAFE.encode(secret));
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        into.insert(engine.encode(secret));
        for before in 0..3usize {
            let mut shifted = vec![0u8; before];
            shifted.extend_from_slice(secret);
            let encoded = engine.encode(&shifted);
            let from = (before * 8).div_ceil(6);
            let to = encoded.len() - usize::from(shifted.len() % 3 != 0);
            into.extend(encoded.get(from..to).map(str::to_owned));
        }
    }
}

fn hex_texts(secret: &[u8], into: &mut HashSet<String>) {
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        let halves = secret.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        into.insert(halves.map(|half| char::from(digits[usize::from(half)])).collect());
    }
}
