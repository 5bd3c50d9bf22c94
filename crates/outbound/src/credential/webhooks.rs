//! The signature of Standard Webhooks: an HMAC over id, time and body, in three headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use super::apply::Unsigned;
use crate::fault::Fault;
use crate::request::unsendable;

const SECRET_PREFIX: &str = "whsec_";
/// How long the key of a secret may be, in bytes: the standard's own bounds.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The base64 of the key.
pub(super) fn without_prefix(secret: &str) -> &str {
    secret.strip_prefix(SECRET_PREFIX).unwrap_or(secret)
}

/// Sets the three headers; gives what must not come back.
pub(super) fn sign(
    request: &mut Unsigned<'_>,
    id: &str,
    secret: &str,
    now: Timestamp,
) -> Result<Vec<String>, Fault> {
    let timestamp = now.as_second().to_string();
    let code = authentication_code(secret, id, &timestamp, request.body)
        .ok_or_else(|| unsendable("the webhook secret is not `whsec_` and the base64 of 24 to 64 bytes"))?;
    let signature = format!("v1,{code}");
    request.set("webhook-id", id)?;
    request.set("webhook-timestamp", &timestamp)?;
    request.set("webhook-signature", &signature)?;
    Ok(vec![signature, code])
}

/// In base64; `None` where the secret is none.
fn authentication_code(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(without_prefix(secret)).ok()?;
    if !KEY_BYTES.contains(&key.len()) {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::authentication_code;

    /// The example of the published specification.
    #[test]
    fn the_published_example_comes_out() {
        let code = authentication_code(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(code.as_deref(), Some("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_secret_of_another_length_or_alphabet_signs_nothing() {
        for secret in
            ["whsec_", "whsec_c2hvcnQ=", "whsec_not base64", &format!("whsec_{}", "AAAA".repeat(22))]
        {
            assert_eq!(authentication_code(secret, "id", "1", b""), None, "{secret}");
        }
        assert!(authentication_code(&"AAAA".repeat(8), "id", "1", b"").is_some());
    }
}
