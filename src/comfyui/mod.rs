//! ComfyUI over the network: its HTTP API, its WebSocket and how that is kept up, and what can be said of a prompt that it no longer knows. For whoever drives
//! a link to one: the server, and the client for programs.

mod http;
mod line;
mod presence;
mod socket;
mod upload;
mod url;

pub(crate) use http::{ComfyClient, ComfyError, Meter, Posted, Uploaded};
pub(crate) use line::{Line, Signal};
pub(crate) use presence::{Absence, Presence};
pub(crate) use socket::FEATURE_FLAGS;
pub(crate) use upload::Upload;
pub(crate) use url::{UrlError, base_url, bearer, handshake};
