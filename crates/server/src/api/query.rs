//! Query parameters, and lists that are read page by page.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::problem::{ApiProblem, Code};

/// Query parameters that are all known and all readable.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Query<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, ApiProblem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(query) => Ok(Self(query.0)),
            Err(rejection) => {
                let text = rejection.body_text();
                let detail = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, detail)| detail);
                Err(invalid(detail))
            }
        }
    }
}

pub fn invalid(detail: impl Into<String>) -> ApiProblem {
    ApiProblem::new(Code::QUERY_INVALID, detail)
        .fix("Mend or leave out that part of the query; the API's document lists what there is.")
}

/// A text to look for, unless it is longer than this many characters.
pub fn short(name: &'static str, text: Option<String>) -> Result<Option<String>, ApiProblem> {
    match text {
        Some(text) if text.chars().count() > TEXT_CHARS_MAX => {
            Err(invalid(format!("`{name}` is longer than {TEXT_CHARS_MAX} characters")).at(name))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}

/// The most characters of a text to look for: nothing that has a name is longer.
const TEXT_CHARS_MAX: usize = 200;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The most items on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// Items on a page where the caller says nothing.
const PAGE_ITEMS: u16 = 50;
/// The most items on a page: a page is made in memory.
const PAGE_ITEMS_MAX: u16 = 200;

impl PageQuery {
    /// Of a list whose query has other parameters beside these.
    pub fn new(limit: Option<u16>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    pub fn limit(&self) -> Result<usize, ApiProblem> {
        match self.limit.unwrap_or(PAGE_ITEMS) {
            limit @ 1..=PAGE_ITEMS_MAX => Ok(limit.into()),
            limit => {
                Err(invalid(format!("`limit` is {limit}; it must be between 1 and {PAGE_ITEMS_MAX}"))
                    .at("limit"))
            }
        }
    }

    /// What the cursor holds; a cursor is opaque to callers, and made by [`cursor`].
    pub fn cursor<T: std::str::FromStr>(&self) -> Result<Option<T>, ApiProblem> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let read = text.strip_prefix("c1").and_then(|text| text.parse().ok());
        read.map(Some).ok_or_else(foreign_cursor)
    }
}

/// A cursor that no list of ours gave.
pub fn foreign_cursor() -> ApiProblem {
    invalid("`cursor` is none of ours").at("cursor").fix("Send `next` of the page before, as it came.")
}

/// A cursor that begins after this.
pub fn cursor(after: impl std::fmt::Display) -> String {
    format!("c1{after}")
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct PageOf<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last.
    pub next: Option<String>,
}
