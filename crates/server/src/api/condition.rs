//! `If-Match` and `If-None-Match` over a draft's revision.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use callout_flow::id::OrgId;

use super::Api;
use super::problem::{ApiProblem, Code};

/// What must hold of a draft for a request to go on.
#[derive(Debug, PartialEq, Eq)]
pub enum Condition {
    None,
    /// There is no such flow.
    Absent,
    /// There is such a flow, in any revision.
    Present,
    /// It has one of these revisions.
    OneOf(Vec<u64>),
}

/// The revision as an entity tag.
pub fn etag(revision: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

impl Condition {
    /// What a request's headers ask for.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiProblem> {
        let matching = tags(headers, &header::IF_MATCH)?;
        let none_matching = tags(headers, &header::IF_NONE_MATCH)?;
        match (matching, none_matching) {
            (None, None) => Ok(Self::None),
            (Some(Tags::Any), None) => Ok(Self::Present),
            (Some(Tags::List(tags)), None) => {
                Ok(Self::OneOf(tags.into_iter().filter_map(Tag::strong).collect()))
            }
            (None, Some(Tags::Any)) => Ok(Self::Absent),
            (_, Some(Tags::List(_))) => Err(unreadable(&header::IF_NONE_MATCH, "here it takes `*` alone")),
            (Some(_), Some(_)) => {
                Err(differs("no flow is there and not there at once, as the two conditions want".to_owned()))
            }
        }
    }

    /// The revision that the store shall find; none where any will do, 0 where there must be none.
    pub async fn revision(self, api: &Api, org: &OrgId, slug: &str) -> Result<Option<u64>, ApiProblem> {
        match self {
            Self::None => Ok(None),
            Self::Absent => Ok(Some(0)),
            Self::Present | Self::OneOf(_) => {
                let now = api.store.flow(org, slug).await?.map(|row| row.revision);
                self.hold(now, &format!("the flow `{slug}`")).map(Some)
            }
        }
    }

    /// The same for anything that has revisions, and this one now; `what` names it.
    pub fn expected(self, now: Option<u64>, what: &str) -> Result<Option<u64>, ApiProblem> {
        match self {
            Self::None => Ok(None),
            Self::Absent if now.is_none() => Ok(Some(0)),
            Self::Absent => Err(differs(format!("{what} is there"))),
            Self::Present | Self::OneOf(_) => self.hold(now, what).map(Some),
        }
    }

    /// The draft's revision, where it is one that was asked for.
    fn hold(&self, now: Option<u64>, what: &str) -> Result<u64, ApiProblem> {
        match (self, now) {
            (Self::OneOf(revisions), Some(now)) if !revisions.contains(&now) => {
                Err(differs(format!("{what} has the revision {now}, and not the one of `If-Match`")))
            }
            (_, Some(now)) => Ok(now),
            (_, None) => {
                Err(differs(format!("{what} is not there, and so nothing that `If-Match` could name")))
            }
        }
    }

    /// The same for a draft that was read already.
    pub fn check(&self, row: &callout_store::FlowRow) -> Result<(), ApiProblem> {
        match self {
            Self::None => Ok(()),
            Self::Absent => Err(differs(format!("there is a flow `{}`", row.slug))),
            Self::Present | Self::OneOf(_) => {
                self.hold(Some(row.revision), &format!("the flow `{}`", row.slug)).map(|_| ())
            }
        }
    }
}

fn differs(detail: String) -> ApiProblem {
    ApiProblem::new(Code::REVISION_DIFFERS, detail)
        .fix("Read the draft again, and write over its new `ETag`.")
}

/// Whether a reader has this revision already.
pub fn unchanged(headers: &HeaderMap, revision: u64) -> Result<bool, ApiProblem> {
    Ok(match tags(headers, &header::IF_NONE_MATCH)? {
        None => false,
        Some(Tags::Any) => true,
        Some(Tags::List(tags)) => tags.iter().any(|tag| tag.revision == Some(revision)),
    })
}

enum Tags {
    Any,
    List(Vec<Tag>),
}

struct Tag {
    weak: bool,
    /// None where it is a tag that we never gave.
    revision: Option<u64>,
}

impl Tag {
    fn strong(self) -> Option<u64> {
        self.revision.filter(|_| !self.weak)
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, ApiProblem> {
    let mut found = None;
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| unreadable(name, "it has other characters than tags have"))?;
        if text.trim() == "*" {
            return Ok(Some(Tags::Any));
        }
        let list: &mut Vec<Tag> = found.get_or_insert_default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (weak, tag) = part.strip_prefix("W/").map_or((false, part), |tag| (true, tag));
            // A bare number is no tag, and can only mean one: some clients lose the quotes.
            let bare = Some(tag).filter(|tag| tag.bytes().all(|b| b.is_ascii_digit()));
            let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).or(bare);
            let tag = tag.ok_or_else(|| unreadable(name, "a tag stands in double quotes"))?;
            list.push(Tag { weak, revision: tag.parse().ok() });
        }
    }
    if found.as_ref().is_some_and(Vec::is_empty) {
        return Err(unreadable(name, "it names no tag"));
    }
    Ok(found.map(Tags::List))
}

fn unreadable(name: &HeaderName, why: &str) -> ApiProblem {
    let shown = if *name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
    ApiProblem::new(Code::HEADER_INVALID, format!("`{shown}` cannot be read: {why}"))
        .at(shown)
        .fix("Send an `ETag` as it came, such as `\"4\"`, or `*`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(headers: &[(HeaderName, &str)]) -> Result<Condition, ApiProblem> {
        let map = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        Condition::of(&map.collect())
    }

    #[test]
    fn headers_are_read_as_conditions() {
        assert_eq!(condition(&[]).unwrap(), Condition::None);
        assert_eq!(condition(&[(header::IF_MATCH, "*")]).unwrap(), Condition::Present);
        assert_eq!(condition(&[(header::IF_NONE_MATCH, "*")]).unwrap(), Condition::Absent);
        let list = condition(&[(header::IF_MATCH, "\"3\", W/\"4\", \"x\"")]).unwrap();
        assert_eq!(condition(&[(header::IF_MATCH, "3")]).unwrap(), Condition::OneOf(vec![3]));
        assert_eq!(list, Condition::OneOf(vec![3]), "a weak tag and one of another's make match nothing");
        for wrong in ["", ",", "x", "\"3", "3\""] {
            assert!(condition(&[(header::IF_MATCH, wrong)]).is_err(), "{wrong}");
        }
        assert!(condition(&[(header::IF_NONE_MATCH, "\"3\"")]).is_err());
        assert!(condition(&[(header::IF_MATCH, "*"), (header::IF_NONE_MATCH, "*")]).is_err());
    }
}
