//! Where and how a workflow is run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use url::Url;

use super::{ClientError, InputPath};
use comfyui::{AccessError, ComfyClient, ComfyError, Endpoint, EndpointAccess, UrlError, base_url, redacted};
use proto::{
    comfy::{Catalog, ExtraData},
    link::{BreakerConfig, LinkConfig},
};

/// Where and how a workflow is run. Begins with [`Options::comfyui`] or [`Options::darkroom`].
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) target: Target,
    pub(super) access: EndpointAccess,
    pub(super) name: String,
    pub(super) extra_data: ExtraData,
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
    ComfyUi(Endpoint),
    Darkroom(Url),
}

const GIVE_UP_AFTER: Duration = Duration::from_secs(300);
const HISTORY_LAG: Duration = Duration::from_secs(6);
const REQUEST_LAG: Duration = Duration::from_secs(2);
/// A ComfyUI that does not describe a node in this time is not waited for.
const DESCRIPTION_WITHIN: Duration = Duration::from_secs(10);
/// The list of all nodes has several megabytes.
const CATALOG_WITHIN: Duration = Duration::from_secs(60);
/// A user is waiting: the first retries are faster than a server's.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);

impl Options {
    /// Runs directly on the ComfyUI at `url`, such as `https://pod-8188.example.com`. Without a scheme, `http` is used. A query such as
    /// `?token=…` is sent with every request.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: not an `http` or `https` URL, or one with a user or password.
    pub fn comfyui(url: &str) -> Result<Self, ClientError> {
        let endpoint = Endpoint::parse(url).map_err(|error| unusable(url, &error))?;
        Ok(Self::new(Target::ComfyUi(endpoint), LinkConfig { backoff_first: BACKOFF_FIRST, ..LinkConfig::upstream() }))
    }

    /// Runs through the Darkroom at `url`: the run is a task there, which is queued, persisted, and visible to every user.
    ///
    /// # Errors
    /// As [`Options::comfyui`]; nor may there be a query.
    pub fn darkroom(url: &str) -> Result<Self, ClientError> {
        let base = base_url(url).map_err(|error| unusable(url, &error))?;
        Ok(Self::new(Target::Darkroom(base), LinkConfig { backoff_first: BACKOFF_FIRST, ..LinkConfig::browser() }))
    }

    fn new(target: Target, link: LinkConfig) -> Self {
        Self {
            target,
            access: EndpointAccess::default(),
            name: "Workflow".to_owned(),
            extra_data: ExtraData::default(),
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
        self.access.bearer(token.trim()).map_err(wrong)?;
        Ok(self)
    }

    /// Basic authentication, with every request and the WebSocket's handshake.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: a colon in the user, a control character, or there is a token already.
    pub fn user(mut self, user: &str, password: &str) -> Result<Self, ClientError> {
        self.access.basic(user, password).map_err(wrong)?;
        Ok(self)
    }

    /// Another header for every request and the WebSocket's handshake, such as `X-API-Key`.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: not a header, one that HTTP sets itself, or given twice.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, ClientError> {
        self.access.header(name, value).map_err(wrong)?;
        Ok(self)
    }

    /// Trusts only the certificates in this PEM file: of authorities, or of the server itself.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: the file cannot be read, or has no certificate.
    pub fn ca_file(mut self, file: &Path) -> Result<Self, ClientError> {
        self.access.trust_only(file).map_err(wrong)?;
        Ok(self)
    }

    /// The task's name at a Darkroom. Default: "Workflow".
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What ComfyUI gets beside the workflow, such as `extra_pnginfo` and API keys. A Darkroom stores it encrypted. Default: nothing.
    #[must_use]
    pub fn extra_data(mut self, extra_data: ExtraData) -> Self {
        self.extra_data = extra_data;
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
        let url = match &self.target {
            Target::ComfyUi(endpoint) => endpoint.base(),
            Target::Darkroom(url) => url,
        };
        url.as_str().trim_end_matches('/')
    }

    /// What to change when the server does not let us in.
    pub(super) fn lockout(&self) -> &'static str {
        if self.access.has_headers() {
            "its token is another (or its user, its password, or a header)"
        } else {
            "it needs a token (or a user and a password, or a header)"
        }
    }

    /// ComfyUI's description of a node class. Empty for a Darkroom, whose ComfyUIs may differ, and when it cannot be reached.
    pub(super) async fn node_class(&self, class_type: &str) -> Catalog {
        let Target::ComfyUi(endpoint) = &self.target else { return Catalog::default() };
        let Ok(client) = self.comfy_client(endpoint) else { return Catalog::default() };
        tokio::time::timeout(DESCRIPTION_WITHIN, client.node_class(class_type)).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// All node classes of the ComfyUI.
    pub(super) async fn catalog(&self, endpoint: &Endpoint) -> Result<Catalog, String> {
        let client = self.comfy_client(endpoint).map_err(|error| error.to_string())?;
        match tokio::time::timeout(CATALOG_WITHIN, client.object_info()).await {
            Ok(Ok(text)) => Catalog::parse(&text).map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("it did not list them within {} s", CATALOG_WITHIN.as_secs())),
        }
    }

    /// For requests before the run.
    fn comfy_client(&self, endpoint: &Endpoint) -> Result<ComfyClient, ComfyError> {
        let mut endpoint = endpoint.clone();
        endpoint.access = self.access.clone();
        ComfyClient::new(endpoint, BreakerConfig::default(), String::new(), Arc::new(()), self.request_lag)
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

fn unusable(url: &str, error: &UrlError) -> ClientError {
    match error {
        UrlError::Userinfo(host) => ClientError::Usage(format!(
            "The url of {host} has a user or password in it: give them by themselves (--user, DARKROOM_PASSWORD)."
        )),
        UrlError::Query(_) => ClientError::Usage(error.to_string()),
        UrlError::Wrong(why) => ClientError::Usage(format!("{} is not a url that can be used: {why}", redacted(url.trim()))),
    }
}

fn wrong(error: AccessError) -> ClientError {
    ClientError::Usage(format!("This cannot be used: {error}."))
}
