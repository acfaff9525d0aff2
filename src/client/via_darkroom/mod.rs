//! Through a Darkroom: the run is a task there. It is submitted once, whatever becomes of the answer, and followed over the API for programs
//! (`/api/tasks` and server-sent events), which stays the same over versions.

mod api;
mod events;
mod report;
mod run;
mod send;

pub(super) use api::{Api, ApiError};
pub(super) use run::run;
