//! Darkroom's HTTP API, as far as the client uses it.

use std::{path::Path, time::Duration};

use reqwest::{Client, RequestBuilder, Response, StatusCode, header, multipart::Form};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::report::{Accepted, Converted, ProblemDocument, TaskReport, UploadReport};
use crate::{ClientError, Options, error::cause, upload};
use comfyui::EndpointAccess;
use proto::{ids::TaskId, task::Problem};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    http: Client,
    base: Url,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("{}", cause(.0))]
    Unreachable(#[from] reqwest::Error),
    #[error("Darkroom answered {status}: {text}")]
    Status { status: StatusCode, text: String, problems: Vec<Problem> },
    #[error("its answer is not that of a Darkroom of this version")]
    Unreadable,
}

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Characters of an error answer that are kept.
const ERROR_TEXT: usize = 500;

impl ApiError {
    /// The server answered; a retry would get the same answer.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.is_builder(),
            Self::Status { status, .. } => {
                !(status.is_server_error() || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(status))
                    || *status == StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Unreadable => true,
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::NOT_FOUND, .. })
    }

    /// The connection was never established.
    pub(super) fn never_arrived(&self) -> bool {
        matches!(self, Self::Unreachable(error) if error.is_connect())
    }

    /// The error that the caller gets.
    pub(super) fn into_client(self, options: &Options, task: Option<TaskId>) -> ClientError {
        let url = options.url();
        match self {
            Self::Status { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => {
                let token = options.lockout();
                ClientError::Usage(format!("The Darkroom at {url} does not let us in: {token}."))
            }
            Self::Status { status, .. } if status.is_redirection() => {
                ClientError::Usage(format!("{url} leads elsewhere ({status}): is it https?"))
            }
            Self::Status { status: StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, .. } | Self::Unreadable => {
                ClientError::Unexpected(format!(
                    "There is no Darkroom of this version at {url}. If it is a ComfyUI, go to it directly (--comfyui)."
                ))
            }
            Self::Status { status, text, .. } if !status.is_server_error() || status == StatusCode::INTERNAL_SERVER_ERROR => {
                ClientError::Unexpected(format!("The Darkroom at {url} answered {status}: {text}"))
            }
            error => ClientError::Unreachable { why: format!("The Darkroom at {url} cannot be reached: {error}"), task },
        }
    }
}

impl Api {
    pub(super) fn new(base: Url, access: &EndpointAccess) -> Result<Self, ApiError> {
        let http = access.client().connect_timeout(CONNECT_TIMEOUT).build()?;
        Ok(Self { http, base })
    }

    /// `POST /api/tasks`. Repeating the same `key` with the same `body` returns the same task.
    pub(super) async fn submit(&self, body: &str, key: &str) -> Result<TaskId, ApiError> {
        let request = self.http.post(self.url("api/tasks")).header("idempotency-key", key).header(header::CONTENT_TYPE, "application/json");
        let Accepted { task_id } = answer(request.body(body.to_owned()).timeout(TIMEOUT)).await?;
        Ok(task_id)
    }

    /// `POST /api/workflows/convert`.
    pub(super) async fn convert(&self, file: &Value) -> Result<Converted, ApiError> {
        answer(self.http.post(self.url("api/workflows/convert")).json(file).timeout(TIMEOUT)).await
    }

    /// `POST /api/tasks/{id}/cancel`.
    pub(super) async fn cancel(&self, id: TaskId) -> Result<(), ApiError> {
        ok(self.http.post(self.url(&format!("api/tasks/{id}/cancel"))).timeout(TIMEOUT).send().await?).await.map(drop)
    }

    /// `GET /api/tasks/{id}`.
    pub(super) async fn task(&self, id: TaskId) -> Result<TaskReport, ApiError> {
        answer(self.http.get(self.url(&format!("api/tasks/{id}"))).timeout(TIMEOUT)).await
    }

    /// `GET /progress/{id}`: server-sent events, starting after the event with the id `after`.
    pub(super) fn events(&self, id: TaskId, after: Option<&str>) -> RequestBuilder {
        let request = self.http.get(self.url(&format!("progress/{id}"))).header(header::ACCEPT, "text/event-stream");
        match after {
            Some(after) => request.header("last-event-id", after),
            None => request,
        }
    }

    /// `POST /api/uploads`: returns the file name to write into an input.
    pub(super) async fn upload(&self, path: &Path) -> Result<Result<String, ApiError>, ClientError> {
        // A Darkroom that took only pictures knows no field `file`.
        let name = if upload::is_picture(path) { "image" } else { "file" };
        let form = Form::new().part(name, upload::part(path).await?);
        let sent = async {
            let request = self.http.post(self.url("api/uploads")).header(header::ACCEPT, "application/json").multipart(form);
            let response = ok(request.send().await?).await?;
            let uploaded: UploadReport = response.json().await.map_err(|_| ApiError::Unreadable)?;
            uploaded.file.or(uploaded.image).ok_or(ApiError::Unreadable)
        };
        Ok(sent.await)
    }

    /// Why uploads are refused regardless of their content.
    pub(super) async fn refuses_uploads(&self) -> Option<ApiError> {
        let refused = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
        let response = self.http.post(self.url("api/uploads")).timeout(TIMEOUT).send().await.ok()?;
        ok(response).await.err().filter(|error| matches!(error, ApiError::Status { status, .. } if refused.contains(status)))
    }

    pub(crate) async fn output(&self, task: TaskId, number: u32) -> Result<Response, ApiError> {
        ok(self.http.get(self.url(&format!("api/tasks/{task}/outputs/{number}"))).send().await?).await
    }

    /// `path` comes from this module; the base ends in a slash.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ApiError> {
    let bytes = ok(request.send().await?).await?.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|_| ApiError::Unreadable)
}

async fn ok(response: Response) -> Result<Response, ApiError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    let (text, problems) = match serde_json::from_str(&text) {
        Ok(ProblemDocument { detail, node_errors }) => (detail, node_errors.into_iter().map(Problem::from).collect()),
        Err(_) => (text.trim().chars().take(ERROR_TEXT).collect(), Vec::new()),
    };
    Err(ApiError::Status { status, text, problems })
}
