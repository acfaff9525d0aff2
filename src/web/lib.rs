//! The pages, compiled twice: the server renders them (feature `ssr`), the browser hydrates them (feature `hydrate`).

#![recursion_limit = "512"]

pub mod api;
pub mod app;
mod base_path;
#[cfg(feature = "hydrate")]
mod browser;
pub mod components;
pub mod first_paint;
#[cfg(feature = "ssr")]
pub mod frontend;
#[cfg(feature = "hydrate")]
mod hydrate;
pub mod live;
pub mod pages;
#[cfg(feature = "hydrate")]
mod storage;

#[cfg(feature = "hydrate")]
pub use hydrate::hydrate;
