//! AWS Signature Version 4, over the request as it is sent.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use jiff::Timestamp;

use super::apply::Unsigned;
use crate::fault::Fault;
use crate::request::unsendable;

/// What signing itself sets: an author's header of the name would be signed twice.
const OWN_HEADERS: &[&str] = &["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

pub(super) struct Keys<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) secret_access_key: &'a str,
    pub(super) session_token: Option<&'a str>,
}

/// Signs all headers that no proxy changes; gives what must not come back.
pub(super) fn sign(
    request: &mut Unsigned<'_>,
    keys: &Keys<'_>,
    region: &str,
    service: &str,
    now: Timestamp,
) -> Result<Vec<String>, Fault> {
    for name in OWN_HEADERS {
        request.headers.remove(*name);
    }
    let token = keys.session_token.map(str::to_owned);
    let identity =
        Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "callout").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now.into())
        .settings(settings(service))
        .build()
        .map_err(|_| cannot_be_signed())?;
    let (instructions, signature) = {
        let scheme = if request.origin.secure { "https" } else { "http" };
        let uri = format!("{scheme}://{}{}", request.origin.host_header(), request.target);
        let mut headers = Vec::with_capacity(request.headers.len());
        for (name, value) in &request.headers {
            let value = std::str::from_utf8(value.as_bytes()).map_err(|_| cannot_be_signed())?;
            headers.push((name.as_str(), value));
        }
        let body = SignableBody::Bytes(request.body);
        SignableRequest::new(request.method.as_str(), uri, headers.into_iter(), body)
            .and_then(|signable| sign_request(signable, &params.into()))
            .map_err(|_| cannot_be_signed())?
            .into_parts()
    };
    let (headers, _) = instructions.into_parts();
    let mut made = vec![signature];
    for header in headers {
        request.set(header.name(), header.value())?;
        if header.name().eq_ignore_ascii_case("authorization") {
            made.push(header.value().to_owned());
        }
    }
    Ok(made)
}

/// S3 takes the path as it stands and wants the body's digest in a header; all others encode the path once more.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if matches!(service, "s3" | "s3express" | "s3-outposts" | "s3-object-lambda") {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

fn cannot_be_signed() -> Fault {
    unsendable("a header or the URL cannot be signed for AWS")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use callout_flow::request::Method;
    use http::HeaderMap;
    use serde_json::Value;
    use url::Url;

    use super::*;
    use crate::guard::{HostKey, Origin};

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn signature(vector: &Value) -> String {
        let lines: Vec<Cow<'_, str>> =
            vector["request"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().into()).collect();
        let (method, rest) = lines[0].split_once(' ').unwrap();
        let target = rest.strip_suffix(" HTTP/1.1").unwrap();
        let url = Url::parse(&format!("https://example.amazonaws.com{target}")).unwrap();
        let mut headers = HeaderMap::new();
        for line in &lines[1..] {
            let (name, value) = line.split_once(':').unwrap();
            headers.append(http::HeaderName::try_from(name).unwrap(), value.trim().parse().unwrap());
        }
        let origin = Origin { secure: true, host: HostKey::Name("example.amazonaws.com".into()), port: 443 };
        let mut request = Unsigned {
            method: if method == "GET" { Method::Get } else { Method::Post },
            origin: &origin,
            target: url[url::Position::BeforePath..].to_owned(),
            headers,
            body: vector["body"].as_str().unwrap().as_bytes(),
        };
        let keys = Keys {
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: SECRET,
            session_token: vector["token"].as_str(),
        };
        let now = "2015-08-30T12:36:00Z".parse().unwrap();
        sign(&mut request, &keys, "us-east-1", "service", now).unwrap().remove(0)
    }

    #[test]
    fn the_published_vectors_come_out() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/fixtures/sigv4_vectors.json")).unwrap();
        let vectors = vectors["vectors"].as_array().unwrap();
        assert!(vectors.len() >= 20, "the fixture is whole");
        for vector in vectors {
            assert_eq!(signature(vector), vector["signature"], "{}", vector["name"]);
        }
    }
}
