//! `POST /api/tasks`: a workflow, or a built-in one by name with its parameters.

pub(super) mod check;
mod edit;
mod text_to_image;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use self::text_to_image::SeedInput;
use self::{edit::EditParameters, text_to_image::TextToImageParameters};
use super::{
    convert::open,
    extract::{JsonBytes, KeyHeader, idempotency_key, shaped},
    fields::{integer, not_null},
    kind::ProblemKind,
    problem::{ApiProblem, BodyKind, FieldError},
    responses::problem_responses,
    webhooks::NewWebhook,
};
use crate::{
    AppState,
    report::{TaskLinks, TaskStatus},
    store::Origin,
    submissions::{PromptSource, SubmissionOutcome, SubmissionRequest},
};
use proto::{
    comfy::ExtraData,
    ids::TaskId,
    limits,
    run_warnings::RunWarning,
    submit::{EncodedEdit, FormOptions, Submission},
    workflow_file::{self, ParsedJson},
};

/// The choices of the built-in form. Where the first checkpoint is to be taken, that waits for ComfyUI to say which there are.
async fn form_options(state: &AppState, parameters: Option<&Value>) -> FormOptions {
    match parameters.and_then(|parameters| parameters.get("checkpoint")) {
        Some(_) => state.pool().form_options(),
        None => state.pool().form_options_once_known(limits::SUBMIT_WAIT).await,
    }
}

/// A task to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// A workflow in ComfyUI's API format (Workflow → Export (API) in ComfyUI) or in the format of its editor, or the name of a built-in one. Wrappers around
    /// a workflow are removed: bodies of `POST /prompt`, entries of the queue and the history, JSON in a text.
    #[schema(value_type = WorkflowChoice)]
    workflow: Value,
    /// Of a built-in workflow.
    #[schema(value_type = Option<BuiltInParameters>, nullable = false)]
    parameters: Option<Value>,
    /// A name for people, 1 to 80 characters. By default it is made from the prompt.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]+$",
        nullable = false,
        example = "Spring catalogue, page 3"
    )]
    #[serde(default, deserialize_with = "not_null")]
    name: Option<String>,
    /// Any data of yours, at most 16 KiB as JSON. It is returned with the task. `description`, `inpaint`, `inpaintArea` and `uid` in it
    /// are returned in the result, too.
    #[schema(value_type = Option<Object>, nullable = false, example = json!({"order": 4711}))]
    #[serde(default, deserialize_with = "not_null")]
    metadata: Option<Map<String, Value>>,
    /// Higher is sooner; 0 is normal.
    #[schema(minimum = -100, maximum = 100, default = 0)]
    #[serde(default, deserialize_with = "integer")]
    priority: i8,
    /// For ComfyUI and its nodes, as in the body of ComfyUI's own `POST /prompt`: `extra_pnginfo` is written into the pictures, API nodes need
    /// `api_key_comfy_org`. Also read from a workflow that is such a body. It is stored encrypted, and never returned.
    #[schema(value_type = Option<Object>, nullable = false, write_only, example = json!({"extra_pnginfo": {"workflow": {}}}))]
    #[serde(default)]
    extra_data: Option<Value>,
    /// A webhook for this task.
    #[schema(value_type = Option<NewWebhook>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    webhook: Option<NewWebhook>,
}

// For the API document only: a workflow is opened by [`workflow_file`].
/// The name of a built-in workflow, or one in API format: nodes by their ids.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
#[serde(untagged)]
pub enum WorkflowChoice {
    Name(BuiltIn),
    Workflow(std::collections::HashMap<String, ApiNode>),
}

/// The built-in workflows.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
pub enum BuiltIn {
    #[serde(rename = "text-to-image")]
    TextToImage,
    #[serde(rename = "redraw")]
    Redraw,
    #[serde(rename = "inpaint")]
    Inpaint,
    #[serde(rename = "outpaint")]
    Outpaint,
    #[serde(rename = "upscale")]
    Upscale,
}

// For the API document only.
/// The parameters of a built-in workflow.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
#[serde(untagged)]
pub enum BuiltInParameters {
    TextToImage(TextToImageParameters),
    Edit(EditParameters),
}

/// A node of a workflow in API format.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
pub struct ApiNode {
    /// The class of the node.
    #[schema(example = "KSampler")]
    class_type: String,
    /// By name: a value, or a link `["node id", output]`.
    #[schema(value_type = Object)]
    inputs: Option<Map<String, Value>>,
}

const BUILT_IN: &str = "text-to-image";

/// A task that was accepted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    #[schema(value_type = String, format = Uuid)]
    task_id: TaskId,
    status: TaskStatus,
    links: TaskLinks,
    /// What was left out of the workflow: members that are not part of one, such as "is_changed", which ComfyUI writes beside the inputs; in the editor's
    /// format, notes and muted nodes. And that a task with the same inputs was there before, which `POST /tasks/check` says in advance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    notes: Vec<String>,
}

problem_responses!(SubmitProblems {
    400 => "Not JSON, or a bad Idempotency-Key.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, invalid values, a workflow that cannot be run (`nodeErrors`), or an Idempotency-Key of another request.",
    503 => "It cannot be stored now: the queue or the disk is full. Or no ComfyUI could be reached yet, and the workflow is in the editor's format, or no checkpoint is named.",
});

/// Submit a task
///
/// Answers as soon as the task is on disk, with its id. If it can be sent at once, the response waits for ComfyUI's validation, at most three
/// seconds: a validation error is then the response, and no task is made. A task that waits in the queue is checked against the node classes
/// and model files of the ComfyUIs first.
#[utoipa::path(
    post,
    path = "/tasks",
    operation_id = "createTask",
    tag = "Tasks",
    params(
        KeyHeader,
    ),
    request_body = NewTask,
    responses(
        (status = 202, description = "It is stored, and will run.", body = Accepted,
            headers(
                ("Location" = String, description = "The task."),
                ("Idempotency-Replayed" = Option<String>, description = "`true`: the key was used before, and this is the task of that request."),
            )),
        SubmitProblems,
    ),
)]
pub(super) async fn create(State(state): State<AppState>, headers: HeaderMap, body: JsonBytes) -> Result<Task202, ApiProblem> {
    let key = idempotency_key(&headers, body.bytes())?;
    let (new, workflow) = NewTask::read(&body)?;
    let (request, submitted, mut notes) = new.request(workflow, &state).await?;
    let outcome = state.submissions().submit(request, key).await.map_err(|error| ApiProblem::of_submission(error, submitted))?;
    notes.extend(notes_of(&outcome));
    Ok(Task202 { outcome, state, notes })
}

/// What speaks against the run of a new task.
pub(super) fn notes_of(outcome: &SubmissionOutcome) -> Vec<String> {
    outcome.warnings.iter().map(RunWarning::words).collect()
}

/// The response that names a new task.
pub(super) struct Task202 {
    pub(super) outcome: SubmissionOutcome,
    pub(super) state: AppState,
    /// Members that were left out of the workflow.
    pub(super) notes: Vec<String>,
}

impl IntoResponse for Task202 {
    fn into_response(self) -> Response {
        let SubmissionOutcome { task, is_replay, .. } = self.outcome;
        let links = TaskLinks::of(task, self.state.urls());
        let status = self.state.tracker().task(task).map_or(TaskStatus::Queued, |task| TaskStatus::of(task.state));
        let location = [(header::LOCATION, links.this.clone())];
        let replayed = is_replay.then_some([(HeaderName::from_static("idempotency-replayed"), "true")]);
        let answer = Json(Accepted { task_id: task, status, links, notes: self.notes });
        match replayed {
            Some(replayed) => (StatusCode::ACCEPTED, location, replayed, answer).into_response(),
            None => (StatusCode::ACCEPTED, location, answer).into_response(),
        }
    }
}

impl NewTask {
    /// A run of a workflow that is given apart.
    pub(super) fn of_run(
        name: Option<String>,
        metadata: Option<Map<String, Value>>,
        priority: i8,
        extra_data: Option<Value>,
        webhook: Option<NewWebhook>,
    ) -> Self {
        Self { workflow: Value::Null, parameters: None, name, metadata, priority, extra_data, webhook }
    }

    /// A workflow that is given apart, with the parameters of a built-in one.
    pub(super) fn of_parameters(parameters: Option<Value>) -> Self {
        Self { parameters, ..Self::of_run(None, None, 0, None, None) }
    }

    /// The body, and its workflow. A body that is not strictly JSON, as Python writes it, is read too.
    fn read(body: &JsonBytes) -> Result<(Self, ParsedJson), ApiProblem> {
        let strict = body.read::<Self>();
        let (mut new, lenient) = match strict {
            Ok(new) => (new, None),
            Err(problem) if problem.kind != ProblemKind::BadBody => return Err(problem),
            Err(problem) => {
                let lenient = workflow_file::parse_body(body.bytes()).ok().filter(ParsedJson::is_object).ok_or(problem)?;
                let (mut rest, workflow) = lenient.split_off("workflow");
                // Whether there is one is still checked.
                if let (Some(members), Some(_)) = (rest.as_object_mut(), &workflow) {
                    members.insert("workflow".into(), Value::Null);
                }
                (shaped::<Self>(rest, "")?, workflow)
            }
        };
        let workflow = lenient.unwrap_or_else(|| ParsedJson::from(new.workflow.take()));
        Ok((new, workflow))
    }

    pub(super) async fn request(
        self,
        workflow: ParsedJson,
        state: &AppState,
    ) -> Result<(SubmissionRequest, BodyKind, Vec<String>), ApiProblem> {
        let Self { workflow: _, parameters, name, metadata, priority, extra_data, webhook } = self;
        let mut errors = Vec::new();
        errors.extend(name.as_deref().and_then(name_error));
        errors.extend(metadata.as_ref().and_then(metadata_error));
        if priority.unsigned_abs() > limits::PRIORITY.unsigned_abs() {
            let detail = format!("A priority is a number from -{0} to {0}.", limits::PRIORITY);
            errors.push(FieldError { pointer: "/priority".into(), detail });
        }
        let webhook = webhook.and_then(|webhook| webhook.check(state.deliveries().allowed()).map_err(|wrong| errors.extend(wrong)).ok());
        let extra_data = extra_data_of(extra_data, &workflow).map_err(|wrong| errors.push(wrong)).unwrap_or_default();
        if !errors.is_empty() {
            return Err(ApiProblem::with_errors(errors));
        }
        let mut notes = Vec::new();
        let mut prompts = PromptSource::New;
        let (submission, submitted) = match workflow.as_str() {
            Some(BUILT_IN) => {
                let parameters =
                    parameters.ok_or_else(|| ApiProblem::at("/parameters", "text-to-image needs parameters, at least a prompt."))?;
                let options = form_options(state, Some(&parameters)).await;
                let mut parameters: TextToImageParameters = shaped(parameters, "/parameters")?;
                prompts = PromptSource::Templates(parameters.take_prompt_seed()?);
                (Submission::TextToImage(parameters.recipe(&options)?), BodyKind::Parameters)
            }
            Some(other) if !other.trim_start().starts_with(['{', '[']) => {
                let options = form_options(state, parameters.as_ref()).await;
                let Some(run) = edit::edit(other, parameters, &options) else {
                    let names: Vec<_> = [BUILT_IN].into_iter().chain(edit::names()).collect();
                    let detail = format!("There is no built-in workflow {other:?}. There are {}.", names.join(", "));
                    return Err(ApiProblem::at("/workflow", detail));
                };
                (Submission::Edit(EncodedEdit::of(&run?)), BodyKind::Parameters)
            }
            None if workflow.is_single_value() => {
                return Err(ApiProblem::at("/workflow", "A workflow is an object of nodes, or the name of a built-in one."));
            }
            _ if parameters.is_some() => {
                return Err(ApiProblem::at("/parameters", "Parameters are for built-in workflows; this one has its values in its nodes."));
            }
            _ => (handed_in(workflow, state, &mut notes).await?, BodyKind::Workflow),
        };
        let origin = Origin { metadata: metadata.unwrap_or_default(), webhook, ..Origin::default() };
        Ok((SubmissionRequest { submission, name, priority, origin, extra_data, prompts, edit: None }, submitted, notes))
    }
}

/// The extra data of the request, or of the body of a `POST /prompt` in the place of the workflow. Messages repeat nothing of it.
fn extra_data_of(own: Option<Value>, workflow: &ParsedJson) -> Result<ExtraData, FieldError> {
    let (given, pointer) = match own.filter(|own| !own.is_null()) {
        Some(own) => (own, "/extra_data"),
        None => (workflow.extra_data(), "/workflow/extra_data"),
    };
    ExtraData::from_value(given).map_err(|error| FieldError { pointer: pointer.into(), detail: error.to_string() })
}

async fn handed_in(workflow: ParsedJson, state: &AppState, notes: &mut Vec<String>) -> Result<Submission, ApiProblem> {
    let opened = open(workflow, state, "/workflow").await?;
    let json = serde_json::to_string(&opened.workflow).map_err(|error| ApiProblem::at("/workflow", error.to_string()))?;
    *notes = opened.notes;
    Ok(Submission::Workflow { name: String::new(), json })
}

fn name_error(name: &str) -> Option<FieldError> {
    let detail = match name {
        _ if name.trim().is_empty() => "A name has at least one character; leave it out for none.".to_owned(),
        _ if name.chars().count() > limits::NAME => format!("A name has at most {} characters.", limits::NAME),
        _ if name.chars().any(char::is_control) => "A name has no control characters.".to_owned(),
        _ => return None,
    };
    Some(FieldError { pointer: "/name".into(), detail })
}

fn metadata_error(metadata: &Map<String, Value>) -> Option<FieldError> {
    let bytes = serde_json::to_vec(metadata).map_or(usize::MAX, |json| json.len());
    (bytes > limits::METADATA).then(|| FieldError {
        pointer: "/metadata".into(),
        detail: format!("Metadata is at most {} KiB of JSON; this is {} KiB.", limits::METADATA >> 10, bytes.div_ceil(1024)),
    })
}
