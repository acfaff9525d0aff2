//! Darkroom's HTTP API, as far as the client uses it: the server functions of its pages, uploads, and outputs.

use std::{path::Path, time::Duration};

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{self, HeaderMap, HeaderValue},
    multipart::Form,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use url::Url;

use crate::{ClientError, Options, error::cause, upload};
use comfyui::handshake;
use proto::{
    ids::TaskId,
    submit::{Submission, Submitted},
    task::Task,
    wire::{Command, News, Resume},
};

/// The answer to an upload.
#[derive(Deserialize)]
struct Uploaded {
    /// What a loader's input calls it.
    image: String,
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    http: Client,
    base: Url,
    authorization: Option<HeaderValue>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("{}", cause(.0))]
    Unreachable(#[from] reqwest::Error),
    #[error("Darkroom answered {status}: {text}")]
    Status { status: StatusCode, text: String },
    #[error("its answer is not that of a Darkroom of this version")]
    Unreadable,
}

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Of an error answer, characters kept.
const ERROR_TEXT: usize = 500;
const POSTCARD: HeaderValue = HeaderValue::from_static("application/x-postcard");

impl ApiError {
    /// It answered, and will not answer otherwise.
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

    /// The connection was never made.
    pub(super) fn never_arrived(&self) -> bool {
        matches!(self, Self::Unreachable(error) if error.is_connect())
    }

    /// What it means to the caller.
    pub(super) fn into_client(self, options: &Options, task: Option<TaskId>) -> ClientError {
        let url = options.url();
        match self {
            Self::Status { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => {
                let token = if options.authorization.is_some() { "its token is another" } else { "it needs a token" };
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
            Self::Status { status, text } if !status.is_server_error() || status == StatusCode::INTERNAL_SERVER_ERROR => {
                ClientError::Unexpected(format!("The Darkroom at {url} answered {status}: {text}"))
            }
            error => ClientError::Unreachable { why: format!("The Darkroom at {url} cannot be reached: {error}"), task },
        }
    }
}

impl Api {
    pub(super) fn new(base: Url, authorization: Option<HeaderValue>) -> Result<Self, ApiError> {
        let headers: HeaderMap = authorization.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .build()?;
        Ok(Self { http, base, authorization })
    }

    pub(super) fn socket_request(&self) -> Result<Request, ClientError> {
        handshake(&self.base, None, self.authorization.as_ref()).map_err(|error| ClientError::Usage(error.to_string()))
    }

    /// The same `key` again is the same task.
    pub(super) async fn submit(&self, submission: &Submission, key: &str) -> Result<Submitted, ApiError> {
        let request = self.function("submit", submission)?.header("idempotency-key", key);
        answer(request.timeout(TIMEOUT)).await
    }

    pub(super) async fn command(&self, command: &Command) -> Result<(), ApiError> {
        answer(self.function("command", command)?.timeout(TIMEOUT)).await
    }

    pub(super) async fn news(&self, known: &Resume) -> Result<News, ApiError> {
        answer(self.function("news", known)?.timeout(TIMEOUT)).await
    }

    pub(super) async fn task(&self, id: TaskId) -> Result<Option<Task>, ApiError> {
        answer(self.function("task", &id)?.timeout(TIMEOUT)).await
    }

    /// `POST /api/uploads`: what an input calls the file.
    pub(super) async fn upload(&self, path: &Path) -> Result<Result<String, ApiError>, ClientError> {
        let form = Form::new().part("image", upload::part(path).await?);
        let sent = async {
            let request = self.http.post(self.url("api/uploads")).header(header::ACCEPT, "application/json").multipart(form);
            let response = ok(request.send().await?).await?;
            let uploaded: Uploaded = response.json().await.map_err(|_| ApiError::Unreadable)?;
            Ok(uploaded.image)
        };
        Ok(sent.await)
    }

    /// Why no file would be taken, whatever is in it.
    pub(super) async fn refuses_uploads(&self) -> Option<ApiError> {
        let refused = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
        let response = self.http.post(self.url("api/uploads")).timeout(TIMEOUT).send().await.ok()?;
        ok(response).await.err().filter(|error| matches!(error, ApiError::Status { status, .. } if refused.contains(status)))
    }

    pub(crate) async fn output(&self, task: TaskId, number: u32) -> Result<Response, ApiError> {
        ok(self.http.get(self.url(&format!("tasks/{task}/outputs/{number}?download=1"))).send().await?).await
    }

    fn function(&self, name: &str, arguments: &impl Serialize) -> Result<RequestBuilder, ApiError> {
        let body = postcard::to_allocvec(arguments).map_err(|_| ApiError::Unreadable)?;
        Ok(self.http.post(self.url(&format!("api/fn/{name}"))).header(header::CONTENT_TYPE, POSTCARD).body(body))
    }

    /// `path` is one of ours, below a base that ends in a slash.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ApiError> {
    let bytes = ok(request.send().await?).await?.bytes().await?;
    postcard::from_bytes(&bytes).map_err(|_| ApiError::Unreadable)
}

async fn ok(response: Response) -> Result<Response, ApiError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    Err(ApiError::Status { status, text: words(&text).chars().take(ERROR_TEXT).collect() })
}

/// What people want to read of an error: of a problem document its detail, of a failed server function its words.
fn words(text: &str) -> String {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Problem { detail: String },
        Function(std::collections::BTreeMap<String, String>),
    }
    match serde_json::from_str(text) {
        Ok(Said::Problem { detail }) => detail,
        Ok(Said::Function(words)) => words.into_values().next().unwrap_or_default(),
        Err(_) => text.trim().trim_start_matches("ServerError|").to_owned(),
    }
}
