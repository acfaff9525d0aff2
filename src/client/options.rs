//! Where and how a workflow is run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use reqwest::header::HeaderValue;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{ClientError, InputPath};
use comfyui::{ComfyClient, UrlError, base_url, bearer};
use proto::{
    comfy::Catalog,
    link::{BreakerConfig, LinkConfig},
};

/// Where and how a workflow is run. Begins with [`Options::comfyui`] or [`Options::darkroom`].
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) target: Target,
    /// Marked as sensitive, so that debug output hides it.
    pub(super) authorization: Option<HeaderValue>,
    pub(super) name: String,
    pub(super) uploads: Vec<(InputPath, PathBuf)>,
    pub(super) timeout: Option<Duration>,
    pub(super) give_up_after: Duration,
    pub(super) rerun: bool,
    pub(super) cancel: CancellationToken,
    pub(super) link: LinkConfig,
    pub(super) learned: Option<PathBuf>,
    /// Same as `[comfyui] history_lag_s` and `request_lag_s` of the server.
    pub(super) history_lag: Duration,
    pub(super) request_lag: Duration,
}

#[derive(Clone, Debug)]
pub(super) enum Target {
    ComfyUi(Url),
    Darkroom(Url),
}

const GIVE_UP_AFTER: Duration = Duration::from_secs(300);
const HISTORY_LAG: Duration = Duration::from_secs(6);
const REQUEST_LAG: Duration = Duration::from_secs(2);
/// A ComfyUI that does not describe a node in this time is not waited for.
const DESCRIPTION_WITHIN: Duration = Duration::from_secs(10);
/// A user is waiting: the first retries are faster than a server's.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);

impl Options {
    /// Runs directly on the ComfyUI at `url`, such as `https://pod-8188.example.com`. Without a scheme, `http` is used.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: not an `http` or `https` URL, or one with a user or password.
    pub fn comfyui(url: &str) -> Result<Self, ClientError> {
        Ok(Self::new(Target::ComfyUi(parse(url)?), LinkConfig { backoff_first: BACKOFF_FIRST, ..LinkConfig::upstream() }))
    }

    /// Runs through the Darkroom at `url`: the run is a task there, which is queued, persisted, and visible to every user.
    ///
    /// # Errors
    /// As [`Options::comfyui`].
    pub fn darkroom(url: &str) -> Result<Self, ClientError> {
        Ok(Self::new(Target::Darkroom(parse(url)?), LinkConfig { backoff_first: BACKOFF_FIRST, ..LinkConfig::browser() }))
    }

    fn new(target: Target, link: LinkConfig) -> Self {
        Self {
            target,
            authorization: None,
            name: "Workflow".to_owned(),
            uploads: Vec::new(),
            timeout: None,
            give_up_after: GIVE_UP_AFTER,
            rerun: true,
            cancel: CancellationToken::new(),
            link,
            learned: None,
            history_lag: HISTORY_LAG,
            request_lag: REQUEST_LAG,
        }
    }

    /// Sent as `Authorization: Bearer …` with every request and the WebSocket's handshake.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: it contains characters that are invalid in a header.
    pub fn token(mut self, token: &str) -> Result<Self, ClientError> {
        let wrong = |_| ClientError::Usage("A token is one word of visible ASCII characters.".to_owned());
        self.authorization = Some(bearer(token.trim()).map_err(wrong)?);
        Ok(self)
    }

    /// The task's name at a Darkroom. Default: "Workflow".
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Uploads a file, and sets an input of the workflow to its name on the server.
    #[must_use]
    pub fn upload(mut self, place: InputPath, file: impl Into<PathBuf>) -> Self {
        self.uploads.push((place, file.into()));
        self
    }

    /// Maximum duration of the run, including uploads and queueing, but not fetching outputs; after that the run is cancelled. Default: no
    /// limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Gives up when the server was unreachable for this long during a run. Default: five minutes.
    #[must_use]
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }

    /// Whether to restart a run (at most twice) when its ComfyUI restarted and forgot it. Default: true. A run that only waited in the
    /// queue is always sent again. Ignored for a Darkroom, which has its own setting.
    #[must_use]
    pub fn rerun(mut self, rerun: bool) -> Self {
        self.rerun = rerun;
        self
    }

    /// Cancels the run when `token` is cancelled: a queued run is deleted, a running one is interrupted. Dropping the future of
    /// [`execute_workflow`](super::execute_workflow) does not cancel the run.
    #[must_use]
    pub fn cancel_with(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
    }

    /// A file that stores node durations, so that progress and time left are accurate from the first step of the next run. Only used with a
    /// ComfyUI: a Darkroom stores durations itself. Without this file, every run starts with guesses. I/O errors on this file are ignored.
    #[must_use]
    pub fn learn_in(mut self, file: impl Into<PathBuf>) -> Self {
        self.learned = Some(file.into());
        self
    }

    /// The timeouts for pings, dead sockets, polling and reconnecting.
    #[must_use]
    pub fn link(mut self, config: LinkConfig) -> Self {
        self.link = config;
        self
    }

    /// After `history`, a prompt missing from both ComfyUI's queue and its history counts as absent instead of late. After `request`, so
    /// does a prompt whose response was lost. Default: 6 s and 2 s.
    #[must_use]
    pub fn lags(mut self, history: Duration, request: Duration) -> Self {
        (self.history_lag, self.request_lag) = (history, request);
        self
    }

    /// The server's URL, for display.
    #[must_use]
    pub fn url(&self) -> &str {
        let (Target::ComfyUi(url) | Target::Darkroom(url)) = &self.target;
        url.as_str().trim_end_matches('/')
    }

    /// ComfyUI's description of a node class. Empty for a Darkroom, whose ComfyUIs may differ, and when it cannot be asked.
    pub(super) async fn node_class(&self, class_type: &str) -> Catalog {
        let Target::ComfyUi(url) = &self.target else { return Catalog::default() };
        let client = ComfyClient::new(url.clone(), self.authorization.clone(), BreakerConfig::default(), String::new(), Arc::new(()));
        let Ok(client) = client else { return Catalog::default() };
        tokio::time::timeout(DESCRIPTION_WITHIN, client.node_class(class_type)).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    pub(super) fn is_darkroom(&self) -> bool {
        matches!(self.target, Target::Darkroom(_))
    }

    /// # Errors
    /// [`ClientError::Usage`]: a file to upload is missing or not a regular file.
    pub(super) fn check_uploads(&self) -> Result<(), ClientError> {
        self.uploads.iter().try_for_each(|(_, path)| is_file(path))
    }
}

fn is_file(path: &Path) -> Result<(), ClientError> {
    let why = match std::fs::metadata(path) {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(_) => "it is not a file".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(ClientError::Usage(format!("{} cannot be uploaded: {why}", path.display())))
}

fn parse(text: &str) -> Result<Url, ClientError> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    base_url(&with_scheme).map_err(|error| match error {
        UrlError::Userinfo(_) => ClientError::Usage(error.to_string()),
        UrlError::Wrong(why) => ClientError::Usage(format!("{text} is not a url that can be used: {why}")),
    })
}
