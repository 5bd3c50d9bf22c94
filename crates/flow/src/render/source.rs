//! Where the parts of a request are written: in a node, or in an operation, its integration and the node together.

use std::borrow::Cow;

use super::headers::set_by_auth;
use crate::draft::RowDraft;
use crate::integration::draft::{ApiKeyPlace, IntegrationAuthDraft, IntegrationDraft, OperationDraft};
use crate::node::api_call::ApiCallDraft;
use crate::node::api_call::draft::{AuthDraft, BodyDraft, IdempotencyDraft};
use crate::problem::FieldPath;
use crate::request::Method;
use crate::scope::Roots;

/// One place that rows are written at.
#[derive(Clone, Debug)]
pub(super) struct Layer<'d> {
    pub headers: &'d [RowDraft],
    pub query: &'d [RowDraft],
    pub at: FieldPath,
    pub roots: Roots,
}

/// A part, with its place and what it may read.
#[derive(Clone, Debug)]
pub(super) struct Part<T> {
    pub value: T,
    pub at: FieldPath,
    pub roots: Roots,
}

/// A request as it is written, wherever that is.
#[derive(Clone, Debug)]
pub struct RequestSource<'d> {
    pub(super) method: Method,
    pub(super) url: Part<Cow<'d, str>>,
    /// The hosts that a URL of one whole expression may name, and their place.
    pub(super) url_hosts: (&'d [String], FieldPath),
    /// Whether scheme and host may be filled in by `conn`.
    pub(super) conn_in_authority: bool,
    pub(super) query_separator: char,
    /// Of two headers with one name the later layer's goes.
    pub(super) layers: Vec<Layer<'d>>,
    pub(super) auth: Part<Option<&'d AuthDraft>>,
    /// Headers that `auth` sets, of the node, the integration or the connection.
    pub(super) auth_headers: Vec<Cow<'d, str>>,
    pub(super) body: Part<Option<&'d BodyDraft>>,
    pub(super) idempotency: Option<Part<&'d IdempotencyDraft>>,
}

impl<'d> RequestSource<'d> {
    /// A request that is written in the node.
    pub fn http(draft: &'d ApiCallDraft, at: &FieldPath) -> Self {
        let roots = if draft.connection_id.is_some() { Roots::CALL } else { Roots::FLOW };
        let part = |key: &str| (at.key(key), roots);
        let ((url_at, _), (auth_at, _), (body_at, _)) = (part("url"), part("auth"), part("body"));
        Self {
            method: method_of(draft.method, draft.body.as_ref()),
            url: Part { value: draft.url.as_deref().unwrap_or_default().into(), at: url_at, roots },
            url_hosts: (&draft.url_hosts, at.key("urlHosts")),
            conn_in_authority: false,
            query_separator: draft.query_separator.unwrap_or_default().as_char(),
            layers: vec![Layer { headers: &draft.headers, query: &draft.query, at: at.clone(), roots }],
            auth: Part { value: draft.auth.as_ref(), at: auth_at, roots },
            auth_headers: set_by_auth(draft.auth.as_ref()).map(Cow::Borrowed).into_iter().collect(),
            body: Part { value: draft.body.as_ref(), at: body_at, roots },
            idempotency: draft.idempotency.as_ref().map(|value| Part {
                value,
                at: at.key("idempotency"),
                roots,
            }),
        }
    }

    /// A request of an operation. `node` has rows and a key of its own; without one it is the operation alone.
    pub fn operation(
        integration: &'d IntegrationDraft,
        key: &str,
        operation: &'d OperationDraft,
        node: Option<(&'d ApiCallDraft, &FieldPath)>,
    ) -> Self {
        let root = FieldPath::root();
        let at = root.key("operations").key(key);
        let roots = Roots::OPERATION;
        let base = integration.base_url.trim().trim_end_matches('/');
        let path = operation.path.trim();
        let slash = if path.is_empty() || path.starts_with(['/', '?']) { "" } else { "/" };
        let mut layers = vec![
            Layer { headers: &integration.headers, query: &[], at: root, roots },
            Layer { headers: &operation.headers, query: &operation.query, at: at.clone(), roots },
        ];
        layers.extend(node.map(|(node, at)| Layer {
            headers: &node.headers,
            query: &node.query,
            at: at.clone(),
            roots: Roots::CALL,
        }));
        let key_of_node = node.and_then(|(node, at)| {
            let value = node.idempotency.as_ref()?;
            Some(Part { value, at: at.key("idempotency"), roots: Roots::CALL })
        });
        let key_of_operation =
            operation.idempotency.as_ref().map(|value| Part { value, at: at.key("idempotency"), roots });
        Self {
            method: method_of(operation.method, operation.body.as_ref()),
            url: Part { value: format!("{base}{slash}{path}").into(), at: at.key("path"), roots },
            url_hosts: (&[], at.clone()),
            conn_in_authority: true,
            query_separator: operation.query_separator.unwrap_or_default().as_char(),
            layers,
            auth: Part { value: None, at: at.clone(), roots },
            auth_headers: headers_of(integration.auth.as_ref()),
            body: Part { value: operation.body.as_ref(), at: at.key("body"), roots },
            idempotency: key_of_node.or(key_of_operation),
        }
    }
}

/// The method as given, else POST with a `contact` body, else GET.
pub fn method_of(method: Option<Method>, body: Option<&BodyDraft>) -> Method {
    let default = match body {
        Some(BodyDraft::Contact { .. }) => Method::Post,
        _ => Method::Get,
    };
    method.unwrap_or(default)
}

/// The headers that an integration's `auth` sets.
fn headers_of(auth: Option<&IntegrationAuthDraft>) -> Vec<Cow<'_, str>> {
    let authorization = || vec!["Authorization".into()];
    match auth {
        None
        | Some(
            IntegrationAuthDraft::None {} | IntegrationAuthDraft::ApiKey { place: ApiKeyPlace::Query, .. },
        ) => Vec::new(),
        Some(IntegrationAuthDraft::ApiKey { name, place: ApiKeyPlace::Header, .. }) => {
            vec![name.as_str().into()]
        }
        Some(IntegrationAuthDraft::Headers { headers }) => {
            headers.iter().filter(|row| row.enabled).map(|row| row.name.as_str().into()).collect()
        }
        Some(
            IntegrationAuthDraft::Basic { .. }
            | IntegrationAuthDraft::Bearer { .. }
            | IntegrationAuthDraft::OAuth2ClientCredentials { .. }
            | IntegrationAuthDraft::OAuth2AuthorizationCode { .. },
        ) => authorization(),
        Some(IntegrationAuthDraft::AwsSigV4 { .. }) => {
            ["Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256"]
                .map(Cow::Borrowed)
                .into()
        }
        Some(IntegrationAuthDraft::StandardWebhooks { .. }) => {
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(Cow::Borrowed).into()
        }
    }
}
