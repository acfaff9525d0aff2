//! Webhooks apart from their delivery: the signature of Standard Webhooks for sender and receiver, which addresses may be called, and
//! `darkroom webhook-listen`, a receiver for developers who build one.

mod key;
pub mod listen;
mod networks;
mod signature;
mod url;

pub use key::{KeyError, SigningKey};
pub use networks::{AllowList, ForbiddenAddress};
pub use signature::{SignatureError, Signed, TOLERANCE, sign, verify};
pub use url::{WebhookUrl, WebhookUrlError, excerpt, redacted_url};
