//! Pages that show what the server reads for them: rendered with it, and read anew whenever something happened.

mod data;
mod frame;
mod send;
mod stream;

pub(crate) use data::{Fetched, PageData};
pub(crate) use frame::frame;
pub(crate) use send::send;
pub(crate) use stream::{NewsStream, PROJECT_EVENTS};
