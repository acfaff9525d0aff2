//! ComfyUI over the network: its HTTP API, its WebSocket and how that is kept connected, and why a prompt is missing there. Used by
//! the server and by the client for programs.

mod access;
mod api;
mod error;
mod http;
mod link_driver;
mod model_files;
mod pass;
mod past_outputs;
mod presence;
mod redirect;
mod socket;
mod timed_link;
mod tls;
mod twins;
mod upload;
mod url;

pub use access::{AccessError, EndpointAccess};
pub use api::{Posted, Uploaded};
pub use error::ComfyError;
pub use http::{ComfyClient, Meter};
pub use link_driver::{LinkDriver, LinkEvent};
pub use model_files::ModelFile;
pub use presence::{Absence, Presence};
pub use socket::FEATURE_FLAGS;
pub use timed_link::TimedLink;
pub use tls::{CaError, client_config as trusting};
pub use upload::Upload;
pub use url::{Endpoint, Handshake, UrlError, base_url, redacted};
