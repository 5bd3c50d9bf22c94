//! What stands in a path.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Shared;
use super::problem::ApiProblem;

/// The parameters of a path; what cannot be one of them is not there.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Path<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiProblem> {
        match axum::extract::Path::<T>::from_request_parts(parts, api).await {
            Ok(path) => Ok(Self(path.0)),
            Err(_) => Err(ApiProblem::not_found("thing that this path could name")),
        }
    }
}
