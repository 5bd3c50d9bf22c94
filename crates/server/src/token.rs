//! API tokens and sessions: how they are made, how they look, and what is kept of them.

use anyhow::{Result, anyhow};
use sha2::{Digest, Sha256};

/// What every token begins with, for whoever finds one.
const PREFIX: &str = "cot_";

/// What a browser's cookie begins with.
const SESSION_PREFIX: &str = "cos_";

/// The digits of a token.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 256 bits in base 62.
const LENGTH: usize = 43;

/// A new token of 256 random bits. It is shown once; only its hash is kept.
pub fn new_token() -> Result<String> {
    Ok(format!("{PREFIX}{}", random_digits()?))
}

/// What a new session is known by: 256 random bits.
pub fn new_session() -> Result<String> {
    Ok(format!("{SESSION_PREFIX}{}", random_digits()?))
}

/// 256 random bits in base 62.
pub fn random_digits() -> Result<String> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(base62(random))
}

/// A new id with this prefix: 64 random bits in hex.
pub fn new_id(prefix: &str) -> Result<String> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(format!("{prefix}{:016x}", u64::from_be_bytes(random)))
}

/// SHA-256 of a token's text.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The hash of what a caller shows, where it looks like a token at all.
pub fn hash_of_shown(text: &str) -> Option<[u8; 32]> {
    hash_with_prefix(text, PREFIX)
}

/// The same of a session's cookie.
pub fn hash_of_session(text: &str) -> Option<[u8; 32]> {
    hash_with_prefix(text, SESSION_PREFIX)
}

fn hash_with_prefix(text: &str, prefix: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix(prefix)?;
    (digits.len() == LENGTH && digits.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| hash(text))
}

/// A 256-bit number in base 62, with leading zeros.
fn base62(mut number: [u8; 32]) -> String {
    let mut digits = vec![0_u8; LENGTH];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_usize;
        for byte in &mut number {
            let value = rest * 256 + usize::from(*byte);
            // Below 256, since the rest is below 62.
            *byte = (value / 62) as u8;
            rest = value % 62;
        }
        *digit = DIGITS[rest];
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_distinct_and_known_by_their_look() {
        let (one, two) = (new_token().unwrap(), new_token().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 47);
        assert_eq!(hash_of_shown(&one), Some(hash(&one)));
        for other in ["", "cot_", "cot_short", &one[1..], &format!("{one}x"), &one.replace("cot_", "cut_")] {
            assert_eq!(hash_of_shown(other), None, "{other}");
        }
    }

    #[test]
    fn base62_counts() {
        assert_eq!(base62([0; 32]), "0".repeat(43));
        let mut number = [0; 32];
        number[31] = 62;
        assert!(base62(number).ends_with("010"));
        assert_eq!(base62([255; 32]).len(), 43);
        assert_ne!(base62([255; 32]), base62([254; 32]));
    }
}
