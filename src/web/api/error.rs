//! Why a server function has no result, and how that is encoded in a response.

use std::convert::Infallible;

use leptos::server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};
use proto::wire::close;

/// A response that carries one has a status of 400 or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The session has ended.
    SignedOut,
    /// Darkroom refuses for now; the reason is for people.
    Refused(String),
    /// Darkroom was not reached.
    Unreachable,
    /// Request or response are not from this version of Darkroom: from a proxy, or another version.
    NotUnderstood,
}

/// The tags before the text. That of refusals is the one that Leptos' own errors have.
const SIGNED_OUT: &str = "SignedOut";
const REFUSED: &str = "ServerError";

impl CallError {
    /// The body of the response: `tag|text for people`.
    #[must_use]
    pub fn body(&self) -> String {
        let (tag, text) = match self {
            Self::SignedOut => (SIGNED_OUT, close::SIGNED_OUT),
            Self::Refused(why) => (REFUSED, why.as_str()),
            Self::Unreachable | Self::NotUnderstood => ("NotUnderstood", "The request was not understood. Reload the page."),
        };
        format!("{tag}|{text}")
    }

    fn from_body(body: &str) -> Self {
        match body.split_once('|') {
            Some((SIGNED_OUT, _)) => Self::SignedOut,
            Some((REFUSED, why)) => Self::Refused(why.to_owned()),
            _ => Self::NotUnderstood,
        }
    }
}

impl FromServerFnError for CallError {
    type Encoder = ErrorBody;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::ServerError(why) => Self::Refused(why),
            _ => Self::NotUnderstood,
        }
    }
}

/// The codec of [`CallError::body`].
pub struct ErrorBody;

impl ContentType for ErrorBody {
    const CONTENT_TYPE: &'static str = "text/plain";
}

impl FormatType for ErrorBody {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<CallError> for ErrorBody {
    type Error = Infallible;

    fn encode(error: &CallError) -> Result<Bytes, Infallible> {
        Ok(error.body().into())
    }
}

impl Decodes<CallError> for ErrorBody {
    type Error = Infallible;

    fn decode(body: Bytes) -> Result<CallError, Infallible> {
        Ok(CallError::from_body(str::from_utf8(&body).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_back_from_its_response() {
        for error in [CallError::SignedOut, CallError::Refused("Too many | requests.".into()), CallError::NotUnderstood] {
            assert_eq!(CallError::de(error.ser()), error);
        }
    }

    #[test]
    fn a_response_of_another_server_is_not_parsed_as_an_error() {
        for body in [&b"Bad gateway"[..], b"", b"Deserialization|of an older Darkroom", b"\xff|"] {
            assert_eq!(CallError::de(Bytes::copy_from_slice(body)), CallError::NotUnderstood, "{body:?}");
        }
    }

    #[test]
    fn an_expired_session_has_a_message_for_people() {
        assert_eq!(CallError::SignedOut.body(), "SignedOut|You are signed out.");
    }
}
