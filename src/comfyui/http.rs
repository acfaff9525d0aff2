//! ComfyUI's HTTP API, as far as Darkroom uses it. Each answer is typed; each failure says whether ComfyUI refused or was not reached.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{self, HeaderValue},
    multipart::{Form, Part},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, handshake::client::Request};
use url::{Url, form_urlencoded};

use super::handshake;
use proto::{
    comfy::{Catalog, HistoryEntry, PromptAnswer, Queue, Rejection, Workflow, parse_lenient},
    ids::{PromptId, TaskId},
    link::{Breaker, BreakerConfig, BreakerState, CallOutcome, Now},
    task::OutputContent,
};

/// A client for one ComfyUI. It forwards no cookies and no `Origin` of a browser.
#[derive(Clone)]
pub struct ComfyClient {
    pub http: Client,
    pub base: Url,
    /// Marked as sensitive, so that it is not shown.
    authorization: Option<HeaderValue>,
    client_id: String,
    breaker: Arc<Mutex<Breaker>>,
    /// The origin of the breaker's clock.
    origin: Instant,
    pub meter: Arc<dyn Meter>,
}

/// Receives the duration of each request, for metrics.
pub trait Meter: Send + Sync {
    /// `path` is below ComfyUI's root; `took` is until the head of the answer; without a `status` there was none.
    fn called(&self, method: &Method, path: &str, took: Duration, status: Option<StatusCode>);
}

/// Ignores all durations.
impl Meter for () {
    fn called(&self, _: &Method, _: &str, _: Duration, _: Option<StatusCode>) {}
}

#[derive(Debug, thiserror::Error)]
pub enum ComfyError {
    #[error("ComfyUI was not reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// No request was sent: the breaker is open.
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
    #[error("no handshake can be made for the ComfyUI url: {0}")]
    Handshake(#[from] Box<tungstenite::Error>),
}

impl ComfyError {
    /// The request certainly did not reach ComfyUI.
    pub fn never_arrived(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.is_connect() || error.is_builder(),
            Self::Status { status, .. } => status.is_client_error(),
            Self::GivenUp | Self::NoOriginal | Self::Path(_) | Self::Handshake(_) => true,
            Self::Unreadable(_) | Self::Unexpected(_) => false,
        }
    }

    /// Connection refused: no process listens at the port.
    pub fn is_refused(&self) -> bool {
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

    /// ComfyUI answered 500: it failed on the request itself (fact 33).
    pub fn is_internal_error(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::INTERNAL_SERVER_ERROR, .. })
    }

    /// The answer is final, a retry would not change it: too large, no such route.
    pub fn is_final_no(&self) -> bool {
        let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
        matches!(self, Self::Status { status, .. } if status.is_client_error() && !later.contains(status)) && !self.is_locked_out()
    }

    /// 401 or 403: a token is missing or wrong.
    pub fn is_locked_out(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. })
    }
}

/// The result of posting a prompt.
pub enum Posted {
    Accepted(PromptAnswer),
    /// Rejected by validation: nothing will run.
    Rejected(Box<Rejection>),
}

/// Version and first device, from `/system_stats`.
#[derive(Debug, Default)]
pub struct SystemStats {
    pub version: Option<String>,
    pub device: Option<String>,
    pub vram: Option<(u64, u64)>,
}

/// A file in ComfyUI's input folder.
#[derive(Debug, Deserialize)]
pub struct Uploaded {
    name: String,
    #[serde(default)]
    subfolder: String,
}

impl Uploaded {
    /// The value for the input of a loader node.
    pub fn input(&self) -> String {
        if self.subfolder.is_empty() { self.name.clone() } else { format!("{}/{}", self.subfolder, self.name) }
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Characters kept of the body of an error answer.
const ERROR_TEXT: usize = 500;

impl ComfyClient {
    /// `base` ends in a slash (see [`super::base_url`]).
    pub fn new(
        base: Url,
        authorization: Option<HeaderValue>,
        breaker: BreakerConfig,
        client_id: String,
        meter: Arc<dyn Meter>,
    ) -> Result<Self, ComfyError> {
        let headers = authorization.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .build()?;
        let breaker = Arc::new(Mutex::new(Breaker::new(breaker)));
        Ok(Self { http, base, authorization, client_id, breaker, origin: Instant::now(), meter })
    }

    /// Time until the breaker permits the next request. `None`: it is closed.
    pub fn asked_again_in(&self) -> Option<Duration> {
        match self.breaker.lock().state() {
            BreakerState::Closed => None,
            BreakerState::Open { retry_at: at } | BreakerState::HalfOpen { until: at } => Some(at.saturating_sub(self.origin.elapsed())),
        }
    }

    /// The breaker is open, and it is time for its probe.
    pub fn is_probe_due(&self) -> bool {
        matches!(self.breaker.lock().state(), BreakerState::Open { retry_at } if retry_at <= self.origin.elapsed())
    }

    /// Sends a request if the breaker permits it, and reports the result to the breaker.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ComfyError> {
        let request = request.build()?;
        let permit = self.breaker.lock().permit(self.origin.elapsed()).map_err(|_| ComfyError::GivenUp)?;
        let (method, url, began) = (request.method().clone(), request.url().clone(), Instant::now());
        let response = self.http.execute(request).await;
        let path = url.path().strip_prefix(self.base.path()).unwrap_or_default();
        self.meter.called(&method, path, began.elapsed(), response.as_ref().ok().map(Response::status));
        let outcome = response.as_ref().map_or(CallOutcome::Failed, |response| CallOutcome::of_status(response.status().as_u16()));
        self.breaker.lock().report(permit, outcome, Now { at: self.origin.elapsed(), jitter: rand::random() });
        Ok(response?)
    }

    /// The handshake of the WebSocket.
    pub fn socket_request(&self) -> Result<Request, ComfyError> {
        Ok(handshake(&self.base, Some(&self.client_id), self.authorization.as_ref())?)
    }

    /// `POST /prompt`, with the task's id as `prompt_id`, so that the prompt can be found even if the answer is lost.
    pub async fn post_prompt(&self, task: TaskId, workflow: &Workflow, previews: bool) -> Result<Posted, ComfyError> {
        let body = json!({
            "prompt": workflow,
            "prompt_id": task,
            "client_id": self.client_id,
            // Previews are off by default; ComfyUI reads this setting from each prompt.
            "extra_data": {"preview_method": if previews { "auto" } else { "none" }},
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
    pub async fn history(&self, id: &PromptId) -> Result<Option<HistoryEntry>, ComfyError> {
        let mut entries: Value = self.json(&format!("history/{}", id.as_str())).await?;
        let entry = entries.get_mut(id.as_str()).map(Value::take);
        Ok(entry.map(serde_json::from_value).transpose()?)
    }

    pub async fn queue(&self) -> Result<Queue, ComfyError> {
        self.json("queue").await
    }

    /// Takes a waiting prompt out of the queue. One that is not there is no error (fact 39).
    pub async fn delete_pending(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("queue", json!({"delete": [id]})).await
    }

    /// Forgets how a prompt ended. One that is not there is no error (fact 39).
    pub async fn delete_history(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("history", json!({"delete": [id]})).await
    }

    /// It is in the queue, or in the history.
    pub async fn is_known(&self, id: &PromptId) -> Result<bool, ComfyError> {
        Ok(self.queue().await?.has(id) || self.history(id).await?.is_some())
    }

    /// Takes one prompt out of the queue, or interrupts it. Newer versions do both in one step; older ones are asked whether it runs
    /// before it is interrupted by its id: an interrupt that does not understand ids would hit whatever runs.
    pub async fn stop(&self, id: &PromptId) -> Result<(), ComfyError> {
        if self.cancel_job(id).await? {
            return Ok(());
        }
        self.delete_pending(id).await?;
        if self.queue().await?.runs(id) {
            self.interrupt(id).await?;
        }
        Ok(())
    }

    /// Interrupts this prompt if it is the one that runs, and no other (fact 30).
    async fn interrupt(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("interrupt", json!({"prompt_id": id})).await
    }

    /// Cancels a prompt in one step, waiting or running, where the version can (0.26 answers `{"cancelled": bool}`). False where it cannot,
    /// or has no such prompt.
    async fn cancel_job(&self, id: &PromptId) -> Result<bool, ComfyError> {
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

    pub async fn catalog(&self) -> Result<Catalog, ComfyError> {
        Ok(Catalog::from_object_info(self.json("object_info").await?))
    }

    /// One node class, by `GET /object_info/{class}`: empty when the ComfyUI does not have it.
    pub async fn node_class(&self, class_type: &str) -> Result<Catalog, ComfyError> {
        let class: String = form_urlencoded::byte_serialize(class_type.as_bytes()).collect();
        Ok(Catalog::from_object_info(self.json(&format!("object_info/{}", class.replace('+', "%20"))).await?))
    }

    pub async fn system_stats(&self) -> Result<SystemStats, ComfyError> {
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
    pub async fn view(&self, content: &OutputContent, small: bool) -> Result<Response, ComfyError> {
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

    /// `POST /upload/image`, into the input folder. The same bytes under the same name are the same file; others get a free name (fact 46).
    pub async fn upload(&self, image: Part) -> Result<Uploaded, ComfyError> {
        let form = Form::new().part("image", image).text("type", "input");
        let response = ok(self.send(self.http.post(self.base.join("upload/image")?).multipart(form)).await?).await?;
        Ok(parse_lenient(&response.text().await?)?)
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, ComfyError> {
        let response = ok(self.send(self.http.get(self.base.join(path)?).timeout(TIMEOUT)).await?).await?;
        Ok(parse_lenient(&response.text().await?)?)
    }

    async fn post(&self, path: &str, body: Value) -> Result<(), ComfyError> {
        ok(self.send(self.http.post(self.base.join(path)?).timeout(TIMEOUT).json(&body)).await?).await.map(drop)
    }
}

pub async fn ok(response: Response) -> Result<Response, ComfyError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default().chars().take(ERROR_TEXT).collect();
    Err(ComfyError::Status { status, text })
}
