//! What receivers of signed requests do, written from the published rules, by other means than those under test.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::request::Request;

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// Bytes as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn encoded(bytes: &[u8], keep: &[u8]) -> String {
    let one = |byte: &u8| match *byte {
        byte if unreserved(byte) || keep.contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(one).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}

/// What AWS does with a request that came in. `double_encoded` is for all services but S3.
pub fn verify_aws(
    request: &Request,
    key_id: &str,
    secret_key: &str,
    double_encoded: bool,
) -> Result<(), String> {
    let authorization = request.header("authorization").ok_or("no authorization")?;
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("another scheme")?;
    let fields: BTreeMap<&str, &str> = rest.split(", ").filter_map(|field| field.split_once('=')).collect();
    let scope =
        fields["Credential"].strip_prefix(key_id).and_then(|s| s.strip_prefix('/')).ok_or("key id")?;
    let parts: Vec<&str> = scope.split('/').collect();
    let [day, region, service, "aws4_request"] = parts[..] else { return Err(format!("scope {scope}")) };

    let path = match double_encoded {
        true => encoded(request.path().as_bytes(), b"/"),
        false => request.path().to_owned(),
    };
    let mut pairs: Vec<(String, String)> = request
        .query()
        .into_iter()
        .flat_map(|query| query.split('&').filter(|pair| !pair.is_empty()))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(&decoded(name), b""), encoded(&decoded(value), b"")))
        .collect();
    pairs.sort();
    let query = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let signed = fields["SignedHeaders"];
    let mut headers = String::new();
    for name in signed.split(';') {
        let values: Vec<String> = request
            .headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        headers += &format!("{name}:{}\n", values.join(","));
    }
    for needed in ["host", "x-amz-date", "content-type", "x-amz-security-token", "x-custom"] {
        if request.header(needed).is_some() && !signed.split(';').any(|name| name == needed) {
            return Err(format!("{needed} is not signed"));
        }
    }
    let digest = hex(&Sha256::digest(&request.body));
    let canonical = format!("{}\n{path}\n{query}\n{headers}\n{signed}\n{digest}", request.method);
    let date = request.header("x-amz-date").ok_or("no date")?;
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let key = [region, service, "aws4_request"]
        .iter()
        .fold(mac(format!("AWS4{secret_key}").as_bytes(), day.as_bytes()), |key, part| {
            mac(&key, part.as_bytes())
        });
    let right = hex(&mac(&key, text.as_bytes()));
    if right == fields["Signature"] { Ok(()) } else { Err(format!("signature over\n{canonical}")) }
}

/// What the Standard Webhooks specification asks of receivers.
pub fn verify_webhook(request: &Request, secret: &str) -> Result<(), String> {
    let part = |name| request.header(name).ok_or(format!("no {name}"));
    let mut signed = format!("{}.{}.", part("webhook-id")?, part("webhook-timestamp")?).into_bytes();
    signed.extend_from_slice(&request.body);
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).unwrap();
    let right = format!("v1,{}", STANDARD.encode(mac(&key, &signed)));
    if part("webhook-signature")? == right { Ok(()) } else { Err("another signature".into()) }
}
