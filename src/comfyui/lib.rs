//! ComfyUI over the network: its HTTP API, its WebSocket and how that is kept up, and why it no longer knows a prompt. Used by
//! the server and by the client for programs.

mod http;
mod link_driver;
mod presence;
mod socket;
mod twins;
mod upload;
mod url;

pub use http::{ComfyClient, ComfyError, Meter, Posted, Uploaded};
pub use link_driver::{LinkDriver, LinkEvent};
pub use presence::{Absence, Presence};
pub use socket::FEATURE_FLAGS;
pub use upload::Upload;
pub use url::{UrlError, base_url, bearer, handshake};
