//! The pages that explain problems, so that the `type` of a problem leads somewhere.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use rust_embed::RustEmbed;

use super::path::Path;
use super::problem::{ApiProblem, ProblemBody};

#[derive(RustEmbed)]
#[folder = "../../docs/problems"]
struct Pages;

/// Read the page of a problem's code.
///
/// What it means, and how to mend it. `.md` may stand behind the code, as in the `type` of a problem.
#[utoipa::path(get, path = "/docs/problems/{code}", operation_id = "readProblemPage", tag = "health",
    params(("code" = String, Path, description = "The code, as `body-invalid` or `body-invalid.md`.", example = "body-invalid")),
    responses(
        (status = 200, description = "The page, in Markdown.", body = String, content_type = "text/markdown; charset=utf-8"),
        (status = 404, description = "No problem has this code: `not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn problem(Path(code): Path<String>) -> Result<Response, ApiProblem> {
    let code = code.strip_suffix(".md").unwrap_or(&code);
    let is_code = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let page = is_code.then(|| Pages::get(&format!("{code}.md"))).flatten();
    let page = page.ok_or_else(|| ApiProblem::not_found("problem of this code"))?;
    let mut response = Response::new(Body::from(page.data.into_owned()));
    let markdown = HeaderValue::from_static("text/markdown; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, markdown);
    Ok(response)
}
