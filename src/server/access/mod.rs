//! Authentication and origin checks: the token of programs, the sessions of browsers, and rate limits.

mod control;
mod cors;
mod keys;
mod limiter;
mod origin;

pub use control::{Access, AuthError, Caller};
pub(super) use limiter::network;
pub use origin::OriginError;
pub(super) use origin::header_text;
