//! Every code that the API answers with: its status, its title, and the page that explains it.

use axum::http::StatusCode;

/// Why a request was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable; `docs/problems/<text>.md` explains it.
    pub text: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident = $text:literal, $status:ident, $title:literal;)*) => {
        impl Code {
            $(pub const $name: Self = Self { text: $text, status: StatusCode::$status, title: $title };)*
        }
    };
}

codes! {
    AMBIGUOUS_FRAMING = "ambiguous-framing", BAD_REQUEST, "The request has two lengths";
    BODY_NOT_JSON = "body-not-json", BAD_REQUEST, "The body is not JSON";
    BODY_NOT_TEXT = "body-not-text", BAD_REQUEST, "The body is not UTF-8 text";
    BODY_BROKEN_OFF = "body-broken-off", BAD_REQUEST, "The body broke off";
    HEADER_INVALID = "header-invalid", BAD_REQUEST, "A header cannot be read";
    QUERY_INVALID = "query-invalid", BAD_REQUEST, "The query cannot be read";
    TOKEN_MISSING = "token-missing", UNAUTHORIZED, "A token is needed";
    TOKEN_INVALID = "token-invalid", UNAUTHORIZED, "The token is not known, or no longer valid";
    SESSION_INVALID = "session-invalid", UNAUTHORIZED, "The session is not known, or is over";
    LOGIN_REFUSED = "login-refused", UNAUTHORIZED, "E-mail address and password do not fit";
    PASSWORD_DUE = "password-due", FORBIDDEN, "A password must be set first";
    DEFAULT_ORG_ONLY = "default-org-only", FORBIDDEN, "Only the org `default` may do this";
    CROSS_SITE = "cross-site", FORBIDDEN, "Pages of other sites may not do this";
    ROLE_TOO_LOW = "role-too-low", FORBIDDEN, "The role does not reach";
    NOT_FOUND = "not-found", NOT_FOUND, "There is no such thing";
    PATH_UNKNOWN = "path-unknown", NOT_FOUND, "There is no such path";
    METHOD_NOT_ALLOWED = "method-not-allowed", METHOD_NOT_ALLOWED, "The path does not take this method";
    NOT_ACCEPTABLE = "not-acceptable", NOT_ACCEPTABLE, "It cannot be shown in this form";
    REQUEST_TOO_SLOW = "request-too-slow", REQUEST_TIMEOUT, "The request came too slowly";
    CONFIRM_NEEDED = "confirm-needed", CONFLICT, "A test that may change something";
    RUN_OVER = "run-over", CONFLICT, "The run is over";
    CONFLICT = "conflict", CONFLICT, "It does not go with how things stand";
    FLOW_TAKEN = "flow-taken", CONFLICT, "Another flow has this slug";
    DOCUMENT_UNREADABLE = "document-unreadable", CONFLICT, "A document cannot be read";
    TOKEN_NAME_TAKEN = "token-name-taken", CONFLICT, "Another token has this name";
    TOKEN_OWN = "token-own", CONFLICT, "No token revokes itself";
    MEMBER_TAKEN = "member-taken", CONFLICT, "Another member has this e-mail address";
    MEMBER_OWN = "member-own", CONFLICT, "No member does this to themselves";
    MEMBER_LAST_ADMIN = "member-last-admin", CONFLICT, "The last admin stays one";
    ORG_TAKEN = "org-taken", CONFLICT, "There is an org of this name";
    SESSION_NONE = "session-none", CONFLICT, "The caller has no session";
    REVISION_DIFFERS = "revision-differs", PRECONDITION_FAILED, "The draft has moved on";
    REQUEST_TOO_LARGE = "request-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    CONTENT_TYPE = "content-type-unsupported", UNSUPPORTED_MEDIA_TYPE, "The body has another type than is taken";
    BODY_INVALID = "body-invalid", UNPROCESSABLE_ENTITY, "The body does not fit";
    EXPIRY_INVALID = "expiry-invalid", UNPROCESSABLE_ENTITY, "The expiry cannot be";
    FLOW_HAS_ERRORS = "flow-has-errors", UNPROCESSABLE_ENTITY, "The flow has errors";
    IMPORT_REFUSED = "import-refused", UNPROCESSABLE_ENTITY, "Nothing of it comes in";
    INTEGRATION_INVALID = "integration-invalid", UNPROCESSABLE_ENTITY, "The integration has errors";
    CONNECTION_INVALID = "connection-invalid", UNPROCESSABLE_ENTITY, "The connection has errors";
    CONNECTION_UNSUITED = "connection-unsuited", CONFLICT, "The connection cannot do this";
    CONNECTION_TAKEN = "connection-taken", CONFLICT, "Another connection has this id";
    UPSTREAM_UNAVAILABLE = "upstream-unavailable", BAD_GATEWAY, "Another server did not answer";
    NODE_NOT_A_CALL = "node-not-a-call", UNPROCESSABLE_ENTITY, "The node calls nothing";
    SLUG_DIFFERS = "slug-differs", UNPROCESSABLE_ENTITY, "The document is of another flow";
    SLUG_FORMAT = "slug-format", UNPROCESSABLE_ENTITY, "The slug cannot be one";
    KEY_REUSED = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The key belongs to another request";
    PASSWORD_WEAK = "password-weak", UNPROCESSABLE_ENTITY, "The password can be guessed";
    LOGINS_LIMITED = "logins-limited", TOO_MANY_REQUESTS, "Too many logins were tried";
    CALLS_AT_LIMIT = "calls-at-limit", SERVICE_UNAVAILABLE, "Too many calls at once";
    INTERNAL = "internal-error", INTERNAL_SERVER_ERROR, "Something is wrong on our side";
    STOPPING = "stopping-now", SERVICE_UNAVAILABLE, "The server is stopping";
    STORE_UNAVAILABLE = "store-unavailable", SERVICE_UNAVAILABLE, "Nothing can be written now";
}
