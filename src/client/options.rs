//! Where and how a workflow is run.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::header::HeaderValue;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{ClientError, InputPath};
use comfyui::{UrlError, base_url, bearer};
use proto::link::LinkConfig;

/// Where and how a workflow is run. Begins with [`Options::comfyui`] or [`Options::darkroom`].
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) target: Target,
    /// Marked as sensitive, so that it is not shown.
    pub(super) authorization: Option<HeaderValue>,
    pub(super) name: String,
    pub(super) uploads: Vec<(InputPath, PathBuf)>,
    pub(super) timeout: Option<Duration>,
    pub(super) give_up_after: Duration,
    pub(super) rerun: bool,
    pub(super) cancel: CancellationToken,
    pub(super) link: LinkConfig,
    pub(super) learned: Option<PathBuf>,
    /// As `[comfyui] history_lag_s` and `request_lag_s` of the server.
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
/// Somebody is looking: the first tries come sooner than a server's.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);

impl Options {
    /// Straight to the ComfyUI at `url`, such as `https://pod-8188.example.com`. The scheme may be left out: then it is `http`.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: not an `http` or `https` url, or one with a user or password.
    pub fn comfyui(url: &str) -> Result<Self, ClientError> {
        Ok(Self::new(Target::ComfyUi(parse(url)?), LinkConfig { backoff_first: BACKOFF_FIRST, ..LinkConfig::upstream() }))
    }

    /// Through the Darkroom at `url`: the run is a task there, which waits its turn, is kept, and is seen by everyone.
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
    /// [`ClientError::Usage`]: it has characters that no header can carry.
    pub fn token(mut self, token: &str) -> Result<Self, ClientError> {
        let wrong = |_| ClientError::Usage("A token is one word of visible ASCII characters.".to_owned());
        self.authorization = Some(bearer(token.trim()).map_err(wrong)?);
        Ok(self)
    }

    /// What the task is called at a Darkroom. Else "Workflow".
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Uploads a file, and gives its name there to an input of the workflow.
    #[must_use]
    pub fn upload(mut self, place: InputPath, file: impl Into<PathBuf>) -> Self {
        self.uploads.push((place, file.into()));
        self
    }

    /// From the beginning to the end of the run; uploads and waiting for one's turn count, fetching the outputs does not. Longer than
    /// that, and the run is cancelled. Without it there is no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// When the server was not reached for this long in the middle of a run, it is given up. Else five minutes.
    #[must_use]
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }

    /// Whether a run is begun again (twice at most) when its ComfyUI restarted and forgot it. It is, unless this says otherwise. What only
    /// waited there is sent again in any case. A Darkroom has a setting of its own for that, and this means nothing to it.
    #[must_use]
    pub fn rerun(mut self, rerun: bool) -> Self {
        self.rerun = rerun;
        self
    }

    /// Cancels the run when `token` is cancelled: it is deleted if it waits, and interrupted if it runs. Merely to drop the future of
    /// [`execute_workflow`](super::execute_workflow) leaves the run as it is.
    #[must_use]
    pub fn cancel_with(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
    }

    /// A file in which is kept how long nodes took, so that the next run's progress and time left are true from its first step on. Straight to
    /// a ComfyUI only: a Darkroom remembers by itself. Without it, every run begins by guessing. A file that cannot be read or written is
    /// no error.
    #[must_use]
    pub fn learn_in(mut self, file: impl Into<PathBuf>) -> Self {
        self.learned = Some(file.into());
        self
    }

    /// When to ping, to give a socket up, to poll and to come back.
    #[must_use]
    pub fn link(mut self, config: LinkConfig) -> Self {
        self.link = config;
        self
    }

    /// After `history`, what is neither in ComfyUI's queue nor in its history is not late any more: it is not there. After `request`, nor
    /// is a prompt whose answer was lost. Else 6 s and 2 s.
    #[must_use]
    pub fn lags(mut self, history: Duration, request: Duration) -> Self {
        (self.history_lag, self.request_lag) = (history, request);
        self
    }

    /// The server's url, for people.
    #[must_use]
    pub fn url(&self) -> &str {
        let (Target::ComfyUi(url) | Target::Darkroom(url)) = &self.target;
        url.as_str().trim_end_matches('/')
    }

    pub(super) fn is_darkroom(&self) -> bool {
        matches!(self.target, Target::Darkroom(_))
    }

    /// # Errors
    /// [`ClientError::Usage`]: a file to upload that is not there, or is no file.
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
