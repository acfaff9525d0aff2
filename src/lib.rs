#![recursion_limit = "512"]
#[cfg(feature = "ssr")]
pub mod demo;
pub mod proto;
