//! The boundary between the server and the pages that it serves: what pages may call ([`Service`]) and what the server mounts ([`Frontend`]).
//! The crates `server` and `web` implement one each and do not depend on each other.

mod base_path;
mod frontend;
mod gallery;
mod production;
mod production_views;
mod service;

pub use base_path::{BasePath, BasePathError, OWN_PATHS};
pub use frontend::{Frontend, SignInError, SignedIn};
pub use gallery::GalleryService;
pub use production::ProductionService;
pub use production_views::ProductionViewsService;
pub use service::{ArcService, PictureRefusal, Service, ServiceError, SubmitError};

/// Where phones send a picture that is shared with Darkroom from another app, as the form that public/manifest.webmanifest describes.
pub const SHARE_PATH: &str = "/share";
