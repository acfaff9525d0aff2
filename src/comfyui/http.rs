//! ComfyUI's HTTP API, as far as Darkroom uses it. Each answer is typed; each failure says whether ComfyUI refused or was not reached.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use reqwest::{
    Client, Method, Request, RequestBuilder, Response, StatusCode,
    multipart::{Form, Part},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;
use url::{Url, form_urlencoded};

use super::{
    Endpoint, Handshake,
    redirect::{MAX_REDIRECTS, Redirect, redirect},
    tls::rejected_certificate,
};
use proto::{
    comfy::{Catalog, ExtraData, HistoryEntry, PromptAnswer, Queue, Rejection, Workflow, parse_lenient},
    ids::{PromptId, TaskId},
    link::{Breaker, BreakerConfig, BreakerState, CallOutcome, HttpAnswer, Now},
    task::OutputContent,
};

/// A client for one ComfyUI. It forwards no cookies and no `Origin` of a browser.
#[derive(Clone)]
pub struct ComfyClient {
    pub http: Client,
    /// For requests that change something: what the kernel cannot deliver soon is never delivered, see [`delivery_limit`].
    changing: Client,
    pub base: Url,
    endpoint: Arc<Endpoint>,
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
    /// Without the url, whose query may be secret.
    #[error("ComfyUI was not reached: {0}")]
    Unreachable(reqwest::Error),
    /// It redirects, and the redirect is not followed: what to do.
    #[error("{0}")]
    Redirected(String),
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
    /// The file is outside the folders that ComfyUI serves: it never will be (fact 64).
    #[error("ComfyUI does not hand out files of this folder: {path}")]
    NotServed { path: String },
    #[error("this path does not fit the ComfyUI url: {0}")]
    Path(#[from] url::ParseError),
    #[error("no handshake can be made for the ComfyUI url: {0}")]
    Handshake(#[from] Box<tungstenite::Error>),
}

impl From<reqwest::Error> for ComfyError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

impl ComfyError {
    /// The request certainly did not reach ComfyUI.
    pub fn never_arrived(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.is_connect() || error.is_builder(),
            Self::Status { status, .. } => status.is_client_error() || status.is_redirection(),
            Self::GivenUp | Self::Redirected(_) | Self::NoOriginal | Self::NotServed { .. } | Self::Path(_) | Self::Handshake(_) => true,
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

    /// What the outcome of a request says about ComfyUI's HTTP, for the link.
    pub fn answer<T>(outcome: &Result<T, Self>) -> HttpAnswer {
        match outcome {
            Ok(_) => HttpAnswer::Fine,
            Err(error) => error.refusal().map_or(HttpAnswer::Unreachable, HttpAnswer::Refused),
        }
    }

    /// What answers here is not ComfyUI, or does not let us in: what it does, for people. Asking again soon would not help.
    pub fn refusal(&self) -> Option<String> {
        match self {
            Self::Redirected(why) => Some(why.clone()),
            Self::Status { status, .. } if self.is_locked_out() => {
                Some(format!("it does not let Darkroom in ({status}): a token, a user or a header may be missing or wrong"))
            }
            Self::Status { status, .. } if self.is_permanent_refusal() || status.is_redirection() => {
                Some(format!("it answers {status}: is the url that of a ComfyUI?"))
            }
            Self::Unreadable(_) => Some("its answers are not ComfyUI's: perhaps a page of a proxy".into()),
            Self::Unreachable(error) => rejected_certificate(error).map(|why| {
                format!("its certificate is not trusted ({why}): the file with its certificate authority may be missing (ca_file)")
            }),
            Self::GivenUp
            | Self::NotServed { .. }
            | Self::Status { .. }
            | Self::Unexpected(_)
            | Self::NoOriginal
            | Self::Path(_)
            | Self::Handshake(_) => None,
        }
    }

    /// ComfyUI answered 500: it failed on the request itself (fact 33).
    pub fn is_internal_error(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::INTERNAL_SERVER_ERROR, .. })
    }

    /// The answer is final, a retry would not change it: too large, no such route, a file that is not served.
    pub fn is_permanent_refusal(&self) -> bool {
        if matches!(self, Self::NotServed { .. }) {
            return true;
        }
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
    /// `request_lag`: a request that changes something and was not answered for this long must not arrive any more.
    pub fn new(
        endpoint: Endpoint,
        breaker: BreakerConfig,
        client_id: String,
        meter: Arc<dyn Meter>,
        request_lag: Duration,
    ) -> Result<Self, ComfyError> {
        let builder = || endpoint.access.client().connect_timeout(CONNECT_TIMEOUT);
        let http = builder().build()?;
        let changing = delivery_limit(builder(), request_lag).build()?;
        let breaker = Arc::new(Mutex::new(Breaker::new(breaker)));
        let base = endpoint.base().clone();
        Ok(Self { http, changing, base, endpoint: Arc::new(endpoint), client_id, breaker, origin: Instant::now(), meter })
    }

    /// Time until the breaker permits the next request. `None`: it is closed.
    pub fn retry_in(&self) -> Option<Duration> {
        match self.breaker.lock().state() {
            BreakerState::Closed => None,
            BreakerState::Open { retry_at: at } | BreakerState::HalfOpen { until: at } => Some(at.saturating_sub(self.origin.elapsed())),
        }
    }

    /// The breaker is open, and it is time for its probe.
    pub fn is_probe_due(&self) -> bool {
        matches!(self.breaker.lock().state(), BreakerState::Open { retry_at } if retry_at <= self.origin.elapsed())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ComfyError> {
        self.send_by(&self.http, request).await
    }

    /// Sends a request if the breaker permits it, and reports the result to the breaker.
    async fn send_by(&self, client: &Client, request: RequestBuilder) -> Result<Response, ComfyError> {
        let request = request.build()?;
        let permit = self.breaker.lock().permit(self.origin.elapsed()).map_err(|_| ComfyError::GivenUp)?;
        let response = self.execute_by(client, request).await;
        let outcome = match &response {
            Ok(response) => CallOutcome::of_status(response.status().as_u16()),
            // A redirect, or a certificate: something answers.
            Err(error) if error.refusal().is_some() => CallOutcome::Answered,
            Err(_) => CallOutcome::Failed,
        };
        self.breaker.lock().report(permit, outcome, Now { at: self.origin.elapsed(), jitter: rand::random() });
        response
    }

    /// Sends a request without asking the breaker. Every request to ComfyUI goes through here: it adds the query of ComfyUI's url, and decides
    /// about redirects.
    pub(super) async fn execute(&self, request: Request) -> Result<Response, ComfyError> {
        self.execute_by(&self.http, request).await
    }

    async fn execute_by(&self, client: &Client, mut request: Request) -> Result<Response, ComfyError> {
        self.endpoint.complete(request.url_mut());
        for _ in 0..=MAX_REDIRECTS {
            // A body that is a stream cannot be sent twice.
            let again = request.try_clone();
            let (method, url, began) = (request.method().clone(), request.url().clone(), Instant::now());
            let response = client.execute(request).await;
            let path = url.path().strip_prefix(self.base.path()).unwrap_or_default();
            self.meter.called(&method, path, began.elapsed(), response.as_ref().ok().map(Response::status));
            let response = response?;
            match (redirect(&response, &self.base), again) {
                (None, _) => return Ok(response),
                (Some(Redirect::Elsewhere(words)), _) => return Err(ComfyError::Redirected(words)),
                (Some(Redirect::Follow(url)), Some(mut next)) => {
                    *next.url_mut() = url;
                    self.endpoint.complete(next.url_mut());
                    request = next;
                }
                (Some(Redirect::Follow(_)), None) => {
                    return Err(ComfyError::Redirected("it redirects a request that cannot be repeated".into()));
                }
            }
        }
        Err(ComfyError::Redirected("it redirects in a circle".into()))
    }

    /// How to open the WebSocket.
    pub fn handshake(&self) -> Result<Handshake, ComfyError> {
        Ok(self.endpoint.handshake(&self.client_id)?)
    }

    /// `POST /prompt`, with the task's id as `prompt_id`, so that the prompt can be found even if the answer is lost.
    /// Previews are off by default; ComfyUI reads that setting from each prompt's extra data, too.
    pub async fn post_prompt(
        &self,
        task: TaskId,
        workflow: &Workflow,
        extra_data: &ExtraData,
        previews: bool,
    ) -> Result<Posted, ComfyError> {
        let body = json!({
            "prompt": workflow,
            "prompt_id": task,
            "client_id": self.client_id,
            "extra_data": extra_data.for_comfyui(previews),
        });
        let request = self.changing.post(self.base.join("prompt")?).timeout(TIMEOUT).json(&body);
        let response = self.send_by(&self.changing, request).await?;
        if response.status() == StatusCode::BAD_REQUEST {
            let text = response.text().await?;
            return Ok(Posted::Rejected(Box::new(parse_lenient(&extra_data.hide(&text))?)));
        }
        let text = match ok(response).await {
            Ok(response) => response.text().await?,
            // A proxy may repeat what was sent to it.
            Err(ComfyError::Status { status, text }) => {
                return Err(ComfyError::Status { status, text: extra_data.hide(&text).into_owned() });
            }
            Err(error) => return Err(error),
        };
        Ok(Posted::Accepted(parse_lenient(&extra_data.hide(&text))?))
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
        let request = self.changing.post(self.base.join(&format!("api/jobs/{}/cancel", id.as_str()))?).timeout(TIMEOUT);
        match ok(self.send_by(&self.changing, request).await?).await {
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
    ///
    /// [`ComfyError::NotServed`] if the file is outside ComfyUI's folders and ComfyUI refuses it for that.
    pub async fn view(&self, content: &OutputContent, small: bool) -> Result<Response, ComfyError> {
        let OutputContent::File { filename, subfolder, folder } = content else {
            return Err(ComfyError::Status { status: StatusCode::NOT_FOUND, text: "not a file".into() });
        };
        let mut url = self.base.join("view")?;
        url.query_pairs_mut()
            .append_pair("filename", filename)
            .append_pair("subfolder", subfolder)
            .append_pair("type", folder_or_default(folder));
        if small {
            url.query_pairs_mut().append_pair("preview", "webp;80");
        }
        match ok(self.send(self.http.get(url)).await?).await {
            Err(ComfyError::Status { status: StatusCode::FORBIDDEN | StatusCode::INTERNAL_SERVER_ERROR, .. }) if content.is_outside() => {
                Err(ComfyError::NotServed { path: content.path() })
            }
            answer => answer,
        }
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
        let request = self.changing.post(self.base.join(path)?).timeout(TIMEOUT).json(&body);
        ok(self.send_by(&self.changing, request).await?).await.map(drop)
    }
}

/// Limits how long the kernel tries to deliver what was written to a socket, also after this process has ended: `TCP_USER_TIMEOUT`, which
/// reqwest sets to 30 s. Shorter than `request_lag`, so that what is missing after that time never arrives. Elsewhere than on Linux the system
/// decides, and [`super::twins`] finds what came late.
fn delivery_limit(builder: reqwest::ClientBuilder, request_lag: Duration) -> reqwest::ClientBuilder {
    #[cfg(target_os = "linux")]
    // Zero would be the system's default.
    return builder.tcp_user_timeout((request_lag * 3 / 4).max(Duration::from_millis(1)));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = request_lag;
        builder
    }
}

/// Tasks of earlier versions may have no folder in their outputs.
fn folder_or_default(folder: &str) -> &str {
    if folder.is_empty() { "output" } else { folder }
}

pub async fn ok(response: Response) -> Result<Response, ComfyError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default().chars().take(ERROR_TEXT).collect();
    Err(ComfyError::Status { status, text })
}
