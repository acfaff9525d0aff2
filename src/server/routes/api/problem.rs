//! The error type of the API's handlers, and which problem each error of the server is.

use std::borrow::Cow;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::kind::ProblemKind;
use crate::{command_error::CommandError, report::NodeFailure, store::StoreError, submissions::SubmissionError};
use proto::{edit::EditField, form::FieldKey, recipe::Field, submit::Refusal, task};

/// Something that is wrong in a request's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where, as a JSON Pointer (RFC 6901).
    #[schema(example = "/parameters/width")]
    pub pointer: String,
    #[schema(example = "invalid type: string \"wide\", expected u32")]
    pub detail: String,
}

/// `Retry-After` of a 503, seconds.
pub(super) const RETRY_AFTER: &str = "5";

/// An error response; [`problem_bodies`](super::problem_layer::problem_bodies) writes its body.
#[derive(Clone, Debug)]
pub struct ApiProblem {
    pub(super) kind: ProblemKind,
    pub(super) detail: Cow<'static, str>,
    pub(super) errors: Vec<FieldError>,
    pub(super) node_errors: Vec<NodeFailure>,
    /// The object as it is now, where a change was not of its newest version.
    pub(super) current: Option<Box<serde_json::Value>>,
    /// The fields that are different in it, where that is known.
    pub(super) changed: Option<Vec<String>>,
}

impl ApiProblem {
    pub(in crate::routes) fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), node_errors: Vec::new(), current: None, changed: None }
    }

    /// What is wrong, for people.
    pub(in crate::routes) fn detail(&self) -> &str {
        &self.detail
    }

    pub(super) fn unknown_task() -> Self {
        Self::new(ProblemKind::UnknownTask, "There is no such task.")
    }

    /// One mistake in the body. `pointer`: a JSON Pointer to it.
    pub(super) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::with_errors(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// Several mistakes in the body, at least one.
    pub(super) fn with_errors(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.pointer.is_empty() => one.detail.clone(),
            [one] => format!("{}: {}", one.pointer, one.detail),
            many => format!("{} things are wrong with the request; see errors.", many.len()),
        };
        Self { errors, ..Self::new(ProblemKind::InvalidRequest, detail) }
    }

    pub(super) fn with_current(self, current: serde_json::Value, changed: Option<Vec<String>>) -> Self {
        Self { current: Some(Box::new(current)), changed, ..self }
    }

    pub(super) fn of_kind(self, kind: ProblemKind) -> Self {
        Self { kind, ..self }
    }

    /// A workflow that ComfyUI, or the check before it is sent, rejects.
    pub(super) fn refused(refusal: &Refusal, body: BodyKind) -> Self {
        let errors = refusal
            .problems
            .iter()
            .filter_map(|problem| Some(FieldError { pointer: pointer(problem, body)?, detail: problem.message.clone() }));
        Self {
            errors: errors.collect(),
            node_errors: refusal.problems.iter().map(NodeFailure::from).collect(),
            ..Self::new(ProblemKind::InvalidWorkflow, refusal.message.clone())
        }
    }
}

/// What the body of a submission contains, which decides where its problems point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyKind {
    Workflow,
    /// The parameters of a built-in workflow.
    Parameters,
    /// Inputs of a saved workflow.
    Inputs,
    /// No workflow: it is that of another task.
    Nothing,
}

/// The JSON Pointer to a problem; `None` when it is not in the body.
fn pointer(problem: &task::Problem, body: BodyKind) -> Option<String> {
    match body {
        BodyKind::Workflow => {}
        BodyKind::Parameters => {
            let own = || problem.input.as_deref().filter(|_| problem.node.is_none()).and_then(edit_parameter);
            return Field::of(problem).map(parameter).or_else(own).map(|name| format!("/parameters/{name}"));
        }
        BodyKind::Inputs => {
            let key = FieldKey { node: problem.node.clone()?, input: problem.input.clone()? }.to_string();
            return Some(format!("/inputs/{}", key.replace('~', "~0").replace('/', "~1")));
        }
        BodyKind::Nothing => return None,
    }
    let node = problem.node.as_ref()?.as_str().replace('~', "~0").replace('/', "~1");
    Some(match &problem.input {
        Some(input) => format!("/workflow/{node}/inputs/{}", input.replace('~', "~0").replace('/', "~1")),
        None => format!("/workflow/{node}"),
    })
}

/// The name of a field of an edit in this API.
fn edit_parameter(input: &str) -> Option<&'static str> {
    let field = EditField::ALL.into_iter().find(|field| field.name() == input)?;
    Some(match field {
        EditField::Source => "picture",
        EditField::Width => "targetWidth",
        EditField::Height => "targetHeight",
        EditField::Upscaler => "upscaleModel",
        field => field.name(),
    })
}

/// The name of a form's field in this API.
fn parameter(field: Field) -> &'static str {
    match field {
        Field::Negative => "negativePrompt",
        Field::Batch => "batchSize",
        field => field.name(),
    }
}

impl IntoResponse for ApiProblem {
    /// Without a body: the layer writes it, because it has the path.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        if matches!(self.kind, ProblemKind::Unavailable | ProblemKind::TooMany) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the API cannot use the database");
        Self::new(ProblemKind::Unavailable, format!("The database cannot be used now: {error}. Try again later."))
    }
}

impl From<CommandError> for ApiProblem {
    fn from(error: CommandError) -> Self {
        let kind = match error {
            CommandError::UnknownTask => ProblemKind::UnknownTask,
            CommandError::Running | CommandError::Finished | CommandError::NotFinished => ProblemKind::WrongState,
            CommandError::UnknownBackend(_) => ProblemKind::UnknownBackend,
            CommandError::Priority(_) => return Self::at("/priority", error.to_string()),
            CommandError::Store(error) => return error.into(),
        };
        Self::new(kind, error.to_string())
    }
}

impl ApiProblem {
    pub(super) fn of_submission(error: SubmissionError, body: BodyKind) -> Self {
        match error {
            SubmissionError::Refused(refusal) | SubmissionError::Rejected(refusal, _) => Self::refused(&refusal, body),
            SubmissionError::Unavailable(why) | SubmissionError::QueueFull(why) => Self::new(ProblemKind::Unavailable, why),
            SubmissionError::KeyReused => Self::new(ProblemKind::KeyReused, error.to_string()),
            SubmissionError::Original(error) => error.into(),
        }
    }
}
