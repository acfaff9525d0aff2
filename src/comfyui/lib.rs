//! ComfyUI over the network: its HTTP API, its WebSocket and how that is kept connected, and why a prompt is missing there. Used by
//! the server and by the client for programs.

mod access;
mod api;
mod boot_clock;
mod change_right;
mod error;
mod guarded_client;
mod guarded_stream;
mod http;
mod link_driver;
mod model_files;
mod pass;
mod past_outputs;
mod presence;
mod redirect;
mod socket;
mod stop_points;
mod timed_link;
mod tls;
mod twins;
mod upload;
mod url;

pub use access::{AccessError, EndpointAccess};
pub use api::{Posted, Uploaded};
pub use boot_clock::BootInstant;
pub use change_right::ChangeRight;
pub use error::ComfyError;
pub use http::{ComfyClient, Meter, delivery_limit};
pub use link_driver::{LinkDriver, LinkEvent};
pub use model_files::ModelFile;
pub use presence::{Absence, Presence};
pub use socket::FEATURE_FLAGS;
pub use stop_points::{StopPlace, StopPoint, reach, stop_at};
pub use timed_link::TimedLink;
pub use tls::{CaError, client_config as trusting, public_authorities};
pub use upload::Upload;
pub use url::{Endpoint, Handshake, UrlError, base_url, redacted};
