//! Through a Darkroom: the run is a task there. The task is submitted exactly once, even if the answer is lost, and followed over the
//! public API (`/api/tasks` and server-sent events), which is stable across versions.

mod api;
mod convert;
mod events;
mod report;
mod run;
mod send;

pub(super) use api::{Api, ApiError};
pub(super) use convert::convert;
pub(super) use run::run;
