//! Authentication and origin checks: the token of programs, the sessions of browsers, and rate limits.

mod address_token;
mod control;
mod cors;
mod keys;
mod limiter;
mod origin;
mod submitter;

pub(super) use address_token::{take_path_token, take_query_token};
pub use control::{Access, AuthError, Caller};
pub(super) use limiter::network;
pub use origin::OriginError;
pub(super) use origin::header_text;

/// Key in the store's metadata: the sessions that were signed out, see [`Access::signed_out`].
pub const SIGNED_OUT: &str = "signed_out";
