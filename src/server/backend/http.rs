//! ComfyUI's HTTP API, as far as Darkroom uses it. Each answer is typed; each failure says whether ComfyUI refused or was not reached.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{self, HeaderValue},
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest, handshake::client::Request};
use url::Url;

use crate::{
    proto::{
        comfy::{Catalog, HistoryEntry, PromptAnswer, Queue, Rejection, Workflow, parse_lenient},
        ids::{PromptId, TaskId},
        link::{Breaker, BreakerConfig, BreakerState, Now, Outcome},
        task::{HttpState, OutputContent},
    },
    server::{
        clock::now,
        config::{BackendConfig, Secret},
        metrics::Calls,
    },
};

/// A client for one ComfyUI. Never sends cookies or an Origin of a browser.
#[derive(Clone)]
pub(crate) struct ComfyClient {
    pub(super) http: Client,
    pub(super) base: Url,
    /// Marked as sensitive, so that it is not shown.
    authorization: Option<HeaderValue>,
    client_id: String,
    breaker: Arc<Mutex<Breaker>>,
    /// Of the breaker's clock.
    origin: Instant,
    pub(super) calls: Calls,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ComfyError {
    #[error("ComfyUI was not reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// Not asked at all.
    #[error("ComfyUI's HTTP did not answer several times in a row; it is asked again in a moment")]
    GivenUp,
    #[error("ComfyUI answered {status}: {text}")]
    Status { status: StatusCode, text: String },
    #[error("ComfyUI's answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("ComfyUI answered what it should not: {0}")]
    Unexpected(String),
    #[error("it does not have the original of this mask")]
    NoOriginal,
    #[error("this path does not fit the ComfyUI url: {0}")]
    Path(#[from] url::ParseError),
    #[error("the token has characters that no header can carry")]
    Token(#[from] header::InvalidHeaderValue),
    #[error("no handshake can be made for the ComfyUI url: {0}")]
    Handshake(#[from] Box<tungstenite::Error>),
}

impl ComfyError {
    /// The request certainly did not get through to ComfyUI.
    pub(crate) fn never_arrived(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.is_connect() || error.is_builder(),
            Self::Status { status, .. } => status.is_client_error(),
            Self::GivenUp | Self::NoOriginal | Self::Path(_) | Self::Token(_) | Self::Handshake(_) => true,
            Self::Unreadable(_) | Self::Unexpected(_) => false,
        }
    }

    /// Nobody listens at its port: the process is gone.
    pub(crate) fn is_refused(&self) -> bool {
        let Self::Unreachable(error) = self else { return false };
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// ComfyUI fell over the request itself (fact 33).
    pub(crate) fn is_broken_door(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::INTERNAL_SERVER_ERROR, .. })
    }

    /// It answered, and will not answer otherwise: too large, no such route.
    pub(crate) fn is_final_no(&self) -> bool {
        let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
        matches!(self, Self::Status { status, .. } if status.is_client_error() && !later.contains(status)) && !self.is_locked_out()
    }

    /// It does not let us in: a token is missing, or wrong.
    pub(crate) fn is_locked_out(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. })
    }
}

/// What became of a prompt.
pub(crate) enum Posted {
    Accepted(PromptAnswer),
    /// Not valid: nothing will run.
    Rejected(Box<Rejection>),
}

/// Version and first device, from `/system_stats`.
#[derive(Debug, Default)]
pub(crate) struct SystemStats {
    pub(crate) version: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) vram: Option<(u64, u64)>,
}

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Of an error answer, characters kept.
const ERROR_TEXT: usize = 500;

impl ComfyClient {
    pub(crate) fn new(backend: &BackendConfig, breaker: BreakerConfig, client_id: String, calls: Calls) -> Result<Self, ComfyError> {
        let authorization = backend.token.as_ref().map(bearer).transpose()?;
        let headers = authorization.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .build()?;
        let breaker = Arc::new(Mutex::new(Breaker::new(breaker)));
        Ok(Self { http, base: backend.url.clone(), authorization, client_id, breaker, origin: Instant::now(), calls })
    }

    /// Whether HTTP answers, or when it is asked again.
    pub(crate) fn state(&self) -> HttpState {
        match self.breaker.lock().state() {
            BreakerState::Closed => HttpState::Up,
            BreakerState::Open { retry_at: at } | BreakerState::HalfOpen { until: at } => {
                HttpState::Down { next_try: now().plus(at.saturating_sub(self.origin.elapsed())) }
            }
        }
    }

    /// HTTP was given up, and the time has come to ask once.
    pub(crate) fn is_probe_due(&self) -> bool {
        matches!(self.breaker.lock().state(), BreakerState::Open { retry_at } if retry_at <= self.origin.elapsed())
    }

    /// Sends a request, if the breaker lets it, and tells the breaker.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ComfyError> {
        let request = request.build()?;
        let permit = self.breaker.lock().permit(self.origin.elapsed()).map_err(|_| ComfyError::GivenUp)?;
        let call = self.calls.begin(request.method(), request.url().path().strip_prefix(self.base.path()));
        let response = self.http.execute(request).await;
        call.ended(response.as_ref().ok().map(Response::status));
        let outcome = response.as_ref().map_or(Outcome::Failed, |response| Outcome::of_status(response.status().as_u16()));
        self.breaker.lock().report(permit, outcome, Now { at: self.origin.elapsed(), jitter: rand::random() });
        Ok(response?)
    }

    /// The handshake of the WebSocket.
    pub(crate) fn socket_request(&self) -> Result<Request, ComfyError> {
        let mut request = self.socket_url()?.as_str().into_client_request().map_err(Box::new)?;
        if let Some(value) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, value.clone());
        }
        Ok(request)
    }

    fn socket_url(&self) -> Result<Url, ComfyError> {
        let mut url = self.base.join("ws")?;
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        // Only fails between special and other schemes, and these are all special.
        let _ = url.set_scheme(scheme);
        url.query_pairs_mut().append_pair("clientId", &self.client_id);
        Ok(url)
    }

    /// `POST /prompt`, with the task's id as `prompt_id`, so that it can be found again whatever becomes of the answer.
    pub(crate) async fn post_prompt(&self, task: TaskId, workflow: &Workflow) -> Result<Posted, ComfyError> {
        let body = json!({
            "prompt": workflow,
            "prompt_id": task,
            "client_id": self.client_id,
            // Previews are off by default; ComfyUI takes the word per prompt.
            "extra_data": {"preview_method": "auto"},
        });
        let response = self.send(self.http.post(self.base.join("prompt")?).timeout(TIMEOUT).json(&body)).await?;
        if response.status() == StatusCode::BAD_REQUEST {
            let text = response.text().await?;
            return Ok(Posted::Rejected(Box::new(parse_lenient(&text)?)));
        }
        let text = ok(response).await?.text().await?;
        Ok(Posted::Accepted(parse_lenient(&text)?))
    }

    /// The run in the history. `None` while it waits or runs, and when it is unknown (fact 42).
    pub(crate) async fn history(&self, id: &PromptId) -> Result<Option<HistoryEntry>, ComfyError> {
        let mut entries: Value = self.json(&format!("history/{}", id.as_str())).await?;
        let entry = entries.get_mut(id.as_str()).map(Value::take);
        Ok(entry.map(serde_json::from_value).transpose()?)
    }

    pub(crate) async fn queue(&self) -> Result<Queue, ComfyError> {
        self.json("queue").await
    }

    /// Takes a waiting prompt out of the queue. One that is not there is no error (fact 39).
    pub(crate) async fn delete_pending(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("queue", json!({"delete": [id]})).await
    }

    /// Forgets how a prompt ended. One that is not there is no error (fact 39).
    pub(crate) async fn delete_history(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("history", json!({"delete": [id]})).await
    }

    /// Interrupts this prompt if it is the one that runs, and no other (fact 30).
    pub(crate) async fn interrupt(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("interrupt", json!({"prompt_id": id})).await
    }

    /// Cancels a prompt in one step, waiting or running, where the version can (0.26 answers `{"cancelled": bool}`). False where it cannot,
    /// or has no such prompt.
    pub(crate) async fn cancel_job(&self, id: &PromptId) -> Result<bool, ComfyError> {
        let request = self.http.post(self.base.join(&format!("api/jobs/{}/cancel", id.as_str()))?).timeout(TIMEOUT);
        match ok(self.send(request).await?).await {
            Ok(response) => {
                let answer: Value = parse_lenient(&response.text().await?)?;
                Ok(answer.get("cancelled").and_then(Value::as_bool) == Some(true))
            }
            Err(ComfyError::Status { status: StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn catalog(&self) -> Result<Catalog, ComfyError> {
        Ok(Catalog::from_object_info(self.json("object_info").await?))
    }

    pub(crate) async fn system_stats(&self) -> Result<SystemStats, ComfyError> {
        let stats: Value = self.json("system_stats").await?;
        let device = stats.pointer("/devices/0");
        let bytes = |key: &str| device.and_then(|device| device.get(key)).and_then(Value::as_u64);
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Ok(SystemStats {
            version: text(stats.pointer("/system/comfyui_version")),
            device: text(device.and_then(|device| device.get("name"))),
            vram: bytes("vram_free").zip(bytes("vram_total")).filter(|(_, total)| *total > 0),
        })
    }

    /// The bytes of an output, as they come. `small` asks for a smaller picture.
    pub(crate) async fn view(&self, content: &OutputContent, small: bool) -> Result<Response, ComfyError> {
        let OutputContent::File { filename, subfolder, folder } = content else {
            return Err(ComfyError::Status { status: StatusCode::NOT_FOUND, text: "not a file".into() });
        };
        let mut url = self.base.join("view")?;
        url.query_pairs_mut().append_pair("filename", filename).append_pair("subfolder", subfolder).append_pair("type", folder);
        if small {
            url.query_pairs_mut().append_pair("preview", "webp;80");
        }
        ok(self.send(self.http.get(url)).await?).await
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, ComfyError> {
        let response = ok(self.send(self.http.get(self.base.join(path)?).timeout(TIMEOUT)).await?).await?;
        Ok(parse_lenient(&response.text().await?)?)
    }

    async fn post(&self, path: &str, body: Value) -> Result<(), ComfyError> {
        ok(self.send(self.http.post(self.base.join(path)?).timeout(TIMEOUT).json(&body)).await?).await.map(drop)
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal()))?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) async fn ok(response: Response) -> Result<Response, ComfyError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default().chars().take(ERROR_TEXT).collect();
    Err(ComfyError::Status { status, text })
}
