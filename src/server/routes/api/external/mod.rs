//! `/api/external-tasks`, `/api/external-workers` and `POST /api/events`: what other programs do.

pub(super) mod intake;
pub(super) mod report;
pub(super) mod revoke;
pub(super) mod stream;
pub(super) mod tasks;
pub(super) mod workers;
