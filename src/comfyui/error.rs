//! The errors of requests to ComfyUI, and what they mean for its state.

use std::time::Duration;

use proto::link::HttpAnswer;
use reqwest::StatusCode;
use tokio_tungstenite::tungstenite;

use super::tls::rejected_certificate;

#[derive(Debug, thiserror::Error)]
pub enum ComfyError {
    /// Without the url, whose query may be secret.
    #[error("ComfyUI was not reached: {0}")]
    Unreachable(reqwest::Error),
    /// The same for a request on a connection of its own.
    #[error("ComfyUI was not reached: {}", in_full(.0))]
    Broken(#[from] hyper_util::client::legacy::Error),
    /// A request on a connection of its own had no answer for this long.
    #[error("ComfyUI did not answer within {} s", .0.as_secs())]
    Late(Duration),
    /// Not sent, or torn off before its end: another Darkroom may own the tasks by now. This says nothing about ComfyUI.
    #[error("it was not sent: this Darkroom was not confirmed as the owner of its tasks in time")]
    NotAllowed,
    /// It redirects, and the redirect is not followed: what to do.
    #[error("{0}")]
    Redirected(String),
    /// No request was sent: the breaker is open.
    #[error("ComfyUI's HTTP did not answer several times in a row; it is asked again in a moment")]
    GivenUp,
    /// No request was sent, because what it should carry cannot be read.
    #[error("it was not sent: {0}")]
    Unsent(String),
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
            Self::Broken(error) => error.is_connect(),
            Self::Status { status, .. } => status.is_client_error() || status.is_redirection(),
            Self::GivenUp
            | Self::NotAllowed
            | Self::Unsent(_)
            | Self::Redirected(_)
            | Self::NoOriginal
            | Self::NotServed { .. }
            | Self::Path(_)
            | Self::Handshake(_) => true,
            Self::Late(_) | Self::Unreadable(_) | Self::Unexpected(_) => false,
        }
    }

    /// Connection refused: no process listens at the port.
    pub fn is_refused(&self) -> bool {
        let mut cause: Option<&dyn std::error::Error> = match self {
            Self::Unreachable(error) => Some(error),
            Self::Broken(error) => Some(error),
            _ => None,
        };
        while let Some(error) = cause {
            if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// The meaning of a request's outcome for the link.
    pub fn answer<T>(outcome: &Result<T, Self>) -> HttpAnswer {
        match outcome {
            Ok(_) => HttpAnswer::Fine,
            Err(error) => error.refusal().map_or(HttpAnswer::Unreachable, HttpAnswer::Refused),
        }
    }

    /// The server is not a ComfyUI, or refuses access: a description for people. A retry soon would not help.
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
            Self::Unreachable(error) => rejected_certificate(error).map(untrusted),
            Self::Broken(error) => rejected_certificate(error).map(untrusted),
            Self::GivenUp
            | Self::Late(_)
            | Self::NotAllowed
            | Self::Unsent(_)
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

fn untrusted(why: String) -> String {
    format!("its certificate is not trusted ({why}): the file with its certificate authority may be missing (ca_file)")
}

/// With its causes. None of them has the url.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
