//! Secrets into their places, each written by the rules of its place: the last thing before a request leaves.

use super::{HoleEncoding, HolePlace, PreparedRequest, SecretHole, SecretText};
use crate::render::encode;

/// A request with its secrets in it. It can be sent, and neither printed nor stored.
pub struct Filled(PreparedRequest);

impl Filled {
    /// For the wire and nothing else.
    pub fn expose(&self) -> &PreparedRequest {
        &self.0
    }
}

impl std::fmt::Debug for Filled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filled(***)")
    }
}

/// Why a secret cannot stand where it should. Shows nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfillable {
    pub name: String,
    pub why: &'static str,
}

impl std::fmt::Display for Unfillable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the secret `{}` {}", self.name, self.why)
    }
}

impl std::error::Error for Unfillable {}

impl PreparedRequest {
    /// Fills every hole. `secret` gives a secret by its name.
    pub fn fill<'s>(&self, secret: impl Fn(&str) -> Option<&'s SecretText>) -> Result<Filled, Unfillable> {
        let mut filled = Self { holes: Vec::new(), ..self.clone() };
        let mut url = String::from(self.url.as_str());
        // From the last to the first: what is put in moves only what comes after it.
        for hole in self.holes.iter().rev() {
            let fault = |why| Unfillable { name: hole.name.clone(), why };
            let secret = secret(&hole.name).ok_or_else(|| fault("is not set"))?;
            let text = written(secret.expose(), hole.encoding).map_err(fault)?;
            let placed = match hole.place {
                HolePlace::Url => insert(&mut url, hole.offset, &text),
                HolePlace::Header(index) => filled
                    .headers
                    .get_mut(index)
                    .is_some_and(|header| insert(&mut header.value, hole.offset, &text)),
                HolePlace::Body => {
                    let body = filled.body.get_or_insert_default();
                    let fits = hole.offset <= body.len();
                    if fits {
                        body.splice(hole.offset..hole.offset, text.bytes());
                    }
                    fits
                }
            };
            if !placed {
                return Err(fault("has no place in this request"));
            }
        }
        if self.holes.iter().any(|hole| hole.place == HolePlace::Url) {
            filled.url = self.reparsed(&url)?;
        }
        Ok(Filled(filled))
    }

    /// The URL with its secrets: it may not lead anywhere else by them.
    fn reparsed(&self, text: &str) -> Result<url::Url, Unfillable> {
        let name = |hole: &SecretHole| hole.name.clone();
        let name = self.holes.iter().find(|hole| hole.place == HolePlace::Url).map(name).unwrap_or_default();
        let fault = |why| Unfillable { name: name.clone(), why };
        let url = url::Url::parse(text).map_err(|_| fault("cannot stand in this URL"))?;
        let segments = |url: &url::Url| url.path_segments().map_or(0, Iterator::count);
        let same = url.origin() == self.url.origin() && segments(&url) == segments(&self.url);
        if same && url.as_str() == text {
            Ok(url)
        } else {
            Err(fault("would change where this request goes"))
        }
    }
}

/// A secret as it stands at its place.
fn written(secret: &str, encoding: HoleEncoding) -> Result<String, &'static str> {
    Ok(match encoding {
        HoleEncoding::Path if matches!(secret, "" | "." | "..") => {
            return Err("cannot be a part of the path: it is empty, `.` or `..`");
        }
        HoleEncoding::Path => encode::segment(secret).to_string(),
        HoleEncoding::Component => encode::component(secret).to_string(),
        HoleEncoding::Header if secret.chars().any(|c| c.is_ascii_control() && c != '\t') => {
            return Err("holds a line break or control character, which no header may hold");
        }
        HoleEncoding::Header | HoleEncoding::Plain => secret.to_owned(),
        HoleEncoding::Json => {
            let quoted = serde_json::Value::from(secret).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        HoleEncoding::Xml => {
            crate::template::escape_xml(secret).ok_or("holds a character that XML cannot hold")?
        }
    })
}

fn insert(text: &mut String, at: usize, piece: &str) -> bool {
    let fits = text.is_char_boundary(at);
    if fits {
        text.insert_str(at, piece);
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Header, Method};

    fn hole(place: HolePlace, offset: usize, encoding: HoleEncoding) -> SecretHole {
        SecretHole { place, offset, name: "key".into(), encoding }
    }

    fn request() -> PreparedRequest {
        PreparedRequest {
            method: Method::Post,
            url: "https://api.example/v1//items?key=&b=2".parse().unwrap(),
            headers: vec![Header { name: "X-Key".into(), value: "k= end".into() }],
            body: Some(br#"{"a":"","b":""}"#.to_vec()),
            holes: vec![
                hole(HolePlace::Url, 23, HoleEncoding::Path),
                hole(HolePlace::Url, 34, HoleEncoding::Component),
                hole(HolePlace::Header(0), 2, HoleEncoding::Header),
                hole(HolePlace::Body, 6, HoleEncoding::Json),
                hole(HolePlace::Body, 13, HoleEncoding::Json),
            ],
        }
    }

    #[test]
    fn each_secret_is_written_by_the_rules_of_its_place() {
        let secret = SecretText::new("a/\"b&c");
        let filled = request().fill(|name| (name == "key").then_some(&secret)).ok().unwrap();
        let filled = filled.expose();
        assert_eq!(filled.url.as_str(), "https://api.example/v1/a%2F%22b%26c/items?key=a%2F%22b%26c&b=2");
        assert_eq!(filled.headers[0].value, "k=a/\"b&c end");
        assert_eq!(filled.body.as_deref(), Some(br#"{"a":"a/\"b&c","b":"a/\"b&c"}"#.as_slice()));
    }

    #[test]
    fn a_secret_that_would_lead_elsewhere_or_is_missing_is_told_without_showing_it() {
        for (secret, encoding) in
            [("..", HoleEncoding::Path), ("", HoleEncoding::Path), ("a\r\nb", HoleEncoding::Header)]
        {
            let secret = SecretText::new(secret);
            let request = PreparedRequest {
                holes: vec![match encoding {
                    HoleEncoding::Header => hole(HolePlace::Header(0), 0, encoding),
                    _ => hole(HolePlace::Url, 23, encoding),
                }],
                ..request()
            };
            let error = request.fill(|_| Some(&secret)).err().unwrap();
            assert_eq!(error.name, "key");
        }
        assert_eq!(request().fill(|_| None).err().unwrap().why, "is not set");
    }
}
