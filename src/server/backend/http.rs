//! ComfyUI's HTTP API, as far as Darkroom uses it. Each answer is typed; each failure says whether ComfyUI refused or was not reached.

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode,
    header::{self, HeaderValue},
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest, handshake::client::Request};
use url::Url;

use crate::{
    proto::{
        comfy::{Catalog, HistoryEntry, PromptAnswer, Queue, Rejection, Workflow, parse_lenient},
        ids::{PromptId, TaskId},
        task::OutputContent,
    },
    server::config::Secret,
};

/// A client for one ComfyUI. Never sends cookies or an Origin of a browser.
#[derive(Clone)]
pub(crate) struct ComfyClient {
    http: Client,
    base: Url,
    /// Marked as sensitive, so that it is not shown.
    authorization: Option<HeaderValue>,
    client_id: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ComfyError {
    #[error("ComfyUI was not reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    #[error("ComfyUI answered {status}: {text}")]
    Status { status: StatusCode, text: String },
    #[error("ComfyUI's answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("this path does not fit the ComfyUI url: {0}")]
    Path(#[from] url::ParseError),
    #[error("the token has characters that no header can carry")]
    Token(#[from] header::InvalidHeaderValue),
    #[error("no handshake can be made for the ComfyUI url: {0}")]
    Handshake(#[from] Box<tungstenite::Error>),
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
    pub(crate) fn new(base: Url, token: Option<&Secret>, client_id: String) -> Result<Self, ComfyError> {
        let authorization = token.map(bearer).transpose()?;
        let headers = authorization.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .build()?;
        Ok(Self { http, base, authorization, client_id })
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
        let response = self.http.post(self.base.join("prompt")?).timeout(TIMEOUT).json(&body).send().await?;
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

    /// Interrupts this prompt if it is the one that runs, and no other (fact 30).
    pub(crate) async fn interrupt(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("interrupt", json!({"prompt_id": id})).await
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
        ok(self.http.get(url).send().await?).await
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, ComfyError> {
        let response = ok(self.http.get(self.base.join(path)?).timeout(TIMEOUT).send().await?).await?;
        Ok(parse_lenient(&response.text().await?)?)
    }

    async fn post(&self, path: &str, body: Value) -> Result<(), ComfyError> {
        ok(self.http.post(self.base.join(path)?).timeout(TIMEOUT).json(&body).send().await?).await.map(drop)
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal()))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn ok(response: Response) -> Result<Response, ComfyError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default().chars().take(ERROR_TEXT).collect();
    Err(ComfyError::Status { status, text })
}
