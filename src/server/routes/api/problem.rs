//! What goes wrong, in one shape: RFC 9457, `application/problem+json`. Whatever answers with an error under `/api`, also the parts that know
//! nothing of this module, comes out like this: see [`in_one_shape`].

use std::borrow::Cow;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::{CommandError, programs::OldTaskError, report::NodeFailure, state::TakeError, store::StoreError, tracker::QueueError};
use proto::{
    recipe::Field,
    submit::{Refusal, SubmitError},
    task,
};

/// What went wrong, as RFC 9457 says it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// Which kind of problem it is. Never changes; its documentation is at this address.
    #[serde(rename = "type")]
    #[schema(example = "/api/docs#unknown-task")]
    kind: String,
    /// The same for all problems of this kind.
    #[schema(example = "Unknown task")]
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What is wrong this time, and what to do.
    #[schema(example = "There is no such task.")]
    detail: Cow<'static, str>,
    /// The path that was asked for.
    #[schema(example = "/api/tasks/0195e0a4-0000-7000-8000-000000000001")]
    instance: String,
    /// Of the request's body: each place that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// What ComfyUI, or Darkroom for it, finds wrong with the workflow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    node_errors: Vec<NodeFailure>,
}

/// What every question about one task may be answered with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "it is a part of the document")]
pub enum AboutTask {
    /// Not an id.
    #[response(status = 400, content_type = "application/problem+json")]
    NotAnId(ProblemDetails),
    /// There is no such task.
    #[response(status = 404, content_type = "application/problem+json")]
    Unknown(ProblemDetails),
    /// The database cannot be read.
    #[response(status = 503, content_type = "application/problem+json")]
    Unreadable(ProblemDetails),
}

/// Something that is wrong in a request's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where, as a JSON Pointer (RFC 6901).
    #[schema(example = "/parameters/width")]
    pub pointer: String,
    #[schema(example = "invalid type: string \"wide\", expected u32")]
    pub detail: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident = $status:ident, $slug:literal, $title:literal;)*) => {
        /// Which kind of problem it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[doc = $doc])* $kind,)*
        }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            pub fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            pub fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }

            /// For the page that explains the API.
            pub fn words(self) -> &'static str {
                match self { $(Self::$kind => concat!($($doc,)*),)* }
            }
        }
    };
}

kinds! {
    /// The body is not JSON, or not the multipart form that it should be. Nothing was done.
    BadBody = BAD_REQUEST, "bad-body", "Unreadable body";
    /// A part of the path is not what it should be, such as an id that is no UUID.
    BadPath = BAD_REQUEST, "bad-path", "Bad path";
    /// A query parameter is unknown, or is not what it should be.
    BadQuery = BAD_REQUEST, "bad-query", "Bad query";
    /// The cursor is not one that a list gave. Begin again without one.
    BadCursor = BAD_REQUEST, "bad-cursor", "Bad cursor";
    /// A header is not what it should be, such as an empty Idempotency-Key.
    BadHeader = BAD_REQUEST, "bad-header", "Bad header";
    /// Who asks must say who they are: `Authorization: Bearer TOKEN`, with the token that was set when Darkroom was started. The
    /// WWW-Authenticate header says whether one was there.
    Unauthorized = UNAUTHORIZED, "unauthorized", "Unauthorized";
    /// The request comes from a page of another site, or is not allowed.
    Forbidden = FORBIDDEN, "forbidden", "Forbidden";
    /// Darkroom does not answer to this host name, because nobody has to sign in and a name can be made to lead anywhere. Add the address to
    /// `[server] origins`, or set a token.
    WrongHost = MISDIRECTED_REQUEST, "wrong-host", "Wrong host";
    /// Nothing is at this path.
    UnknownRoute = NOT_FOUND, "unknown-route", "Unknown route";
    /// There is no such task, or there is none any more.
    UnknownTask = NOT_FOUND, "unknown-task", "Unknown task";
    /// The task has no output of this number, or ComfyUI no longer has the file.
    UnknownOutput = NOT_FOUND, "unknown-output", "Unknown output";
    /// There is no such message to a webhook, or there is none any more.
    UnknownDelivery = NOT_FOUND, "unknown-delivery", "Unknown delivery";
    /// There is no ComfyUI of this name in the settings.
    UnknownBackend = NOT_FOUND, "unknown-backend", "Unknown backend";
    /// What is at this path does not know this method. The Allow header names those that it knows.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed";
    /// The task is in a state in which this cannot be done: it runs already, is over, or is not over yet.
    WrongState = CONFLICT, "wrong-state", "Wrong state";
    /// The body is larger than is allowed.
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "Too large";
    /// The body's Content-Type is not one that is understood here, or the file is not of a type that is taken.
    UnsupportedType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type";
    /// The JSON is not of the shape that it should be: `errors` says where. Unknown fields are refused, so that a slip of the pen is no silent default.
    InvalidRequest = UNPROCESSABLE_ENTITY, "invalid-request", "Invalid request";
    /// The workflow cannot be run: `nodeErrors` has what ComfyUI says, node by node. No task was made.
    InvalidWorkflow = UNPROCESSABLE_ENTITY, "invalid-workflow", "Invalid workflow";
    /// The picture cannot be used: too many pixels, or not readable.
    InvalidImage = UNPROCESSABLE_ENTITY, "invalid-image", "Invalid image";
    /// The Idempotency-Key was used with another request. Use a new key for a new request.
    KeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency-Key reused";
    /// There were too many requests. Retry-After says how many seconds to wait.
    TooMany = TOO_MANY_REQUESTS, "too-many-requests", "Too many requests";
    /// Something went wrong inside Darkroom, and its log has more.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Internal error";
    /// ComfyUI cannot be reached, or answered what it should not.
    BadGateway = BAD_GATEWAY, "bad-gateway", "ComfyUI cannot be reached";
    /// It cannot be done now, and nothing was done. Retry-After says how many seconds to wait.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "Unavailable";
    /// Anything else; the status says more.
    Other = BAD_REQUEST, "other", "Error";
}

/// Seconds until another try is worth it.
pub(super) const RETRY_AFTER: &str = "5";

/// An answer that says what is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    pub(super) kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    node_errors: Vec<NodeFailure>,
}

impl Problem {
    pub(in crate::routes) fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), node_errors: Vec::new() }
    }

    pub(super) fn unknown_task() -> Self {
        Self::new(Kind::UnknownTask, "There is no such task.")
    }

    /// Something is wrong at one place of the body.
    pub(super) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::with_errors(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// At several places. There is at least one.
    pub(super) fn with_errors(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.pointer.is_empty() => one.detail.clone(),
            [one] => format!("{}: {}", one.pointer, one.detail),
            many => format!("{} things are wrong with the request; see errors.", many.len()),
        };
        Self { errors, ..Self::new(Kind::InvalidRequest, detail) }
    }

    pub(super) fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// ComfyUI, or Darkroom for it, does not take a workflow.
    fn refused(refusal: &Refusal, body: Submitted) -> Self {
        let errors = refusal
            .problems
            .iter()
            .filter_map(|problem| Some(FieldError { pointer: pointer(problem, body)?, detail: problem.message.clone() }));
        Self {
            errors: errors.collect(),
            node_errors: refusal.problems.iter().map(NodeFailure::from).collect(),
            ..Self::new(Kind::InvalidWorkflow, refusal.message.clone())
        }
    }
}

/// What a request's body had in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Submitted {
    Workflow,
    /// The parameters of a built-in workflow.
    Parameters,
    /// Nothing: the workflow is that of another task.
    Nothing,
}

/// Where in the body a problem is.
fn pointer(problem: &task::Problem, body: Submitted) -> Option<String> {
    match body {
        Submitted::Workflow => {}
        Submitted::Parameters => return Field::of(problem).map(|field| format!("/parameters/{}", super::submit::parameter(field))),
        Submitted::Nothing => return None,
    }
    let node = problem.node.as_ref()?.as_str().replace('~', "~0").replace('/', "~1");
    Some(match &problem.input {
        Some(input) => format!("/workflow/{node}/inputs/{}", input.replace('~', "~0").replace('/', "~1")),
        None => format!("/workflow/{node}"),
    })
}

impl IntoResponse for Problem {
    /// Without a body: [`in_one_shape`] writes it, which knows the path.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        if matches!(self.kind, Kind::Unavailable | Kind::TooMany) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What is said in words here may be this long, whoever says it. Bytes.
const WORDS: usize = 8 * 1024;

/// Gives every error under `/api`, and of streams, the shape of a problem: those of the handlers there, and those of whatever stands before them.
pub(in crate::routes) async fn in_one_shape(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // The page's own functions have their own shape.
    let is_api = path == "/api" || path.starts_with("/api/") || path.starts_with("/progress/");
    if !is_api || path.starts_with("/api/fn/") {
        return next.run(request).await;
    }
    let instance = path.to_owned();
    let mut response = next.run(request).await;
    let status = response.status();
    // It is as it is now: an answer from before would be a lie.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        None => {
            let is_plain = !parts.headers.contains_key(header::CONTENT_ENCODING);
            let words = if is_plain { to_bytes(body, WORDS).await.unwrap_or_default() } else { Bytes::new() };
            let words = String::from_utf8_lossy(&words).trim().to_owned();
            let kind = kind_of(status);
            Problem::new(kind, if words.is_empty() { kind.words().to_owned() } else { words })
        }
    };
    let Problem { kind, detail, errors, node_errors } = problem;
    let kind_url = format!("/api/docs#{}", kind.slug());
    let details = ProblemDetails { kind: kind_url, title: kind.title(), status: status.as_u16(), detail, instance, errors, node_errors };
    let json = serde_json::to_vec(&details).unwrap_or_default();
    for gone in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING] {
        parts.headers.remove(gone);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Response::from_parts(parts, Body::from(json))
}

fn kind_of(status: StatusCode) -> Kind {
    match status {
        StatusCode::BAD_REQUEST => Kind::BadBody,
        StatusCode::NOT_FOUND => Kind::UnknownRoute,
        status => Kind::ALL.iter().copied().find(|kind| kind.status() == status).unwrap_or(if status.is_server_error() {
            Kind::Internal
        } else {
            Kind::Other
        }),
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the API cannot use the database");
        Self::new(Kind::Unavailable, format!("The database cannot be used now: {error}. Try again later."))
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        let kind = match error {
            QueueError::Unknown => Kind::UnknownTask,
            QueueError::Runs | QueueError::Over => Kind::WrongState,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Queue(error) => error.into(),
            CommandError::Backend(_) => Self::new(Kind::UnknownBackend, error.to_string()),
            CommandError::Priority(_) => Self::at("/priority", error.to_string()),
        }
    }
}

impl From<OldTaskError> for Problem {
    fn from(error: OldTaskError) -> Self {
        match error {
            OldTaskError::Unknown => Self::unknown_task(),
            OldTaskError::NotOver => Self::new(Kind::WrongState, error.to_string()),
            OldTaskError::Store(error) => error.into(),
            OldTaskError::Take(error) => Self::of_take(error, Submitted::Nothing),
        }
    }
}

impl Problem {
    pub(super) fn of_take(error: TakeError, body: Submitted) -> Self {
        match error {
            TakeError::KeyReused => Self::new(Kind::KeyReused, error.to_string()),
            TakeError::Submit(SubmitError::Refused(refusal)) => Self::refused(&refusal, body),
            TakeError::Submit(SubmitError::Unavailable(why)) => Self::new(Kind::Unavailable, why),
        }
    }
}
