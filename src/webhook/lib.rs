//! Webhooks as both ends see them: the signature of Standard Webhooks, and `darkroom webhook-listen`, a receiver for people who build one.

mod key;
pub mod listen;
mod signature;

pub use key::{KeyError, SigningKey};
pub use signature::{Refused, Signed, TOLERANCE, sign, verify};
