//! The node classes that the demo engine can run.

mod call;
mod classes;
mod data;
mod failure;
mod images;
mod latents;
mod loaders;
mod masks;
mod media;
mod output;
mod outputs;
mod sampler;
mod testing;

pub(super) use call::Call;
pub(super) use classes::{call, is_async};
pub(super) use data::Data;
pub(super) use failure::Failure;
