//! The routes of the Comfy API v2, `/api/v2/jobs`, `/api/v2/assets` and `/api/v2/health`. What else is below `/api/v2` belongs to others.

mod asker;
mod assets;
mod base;
mod content;
mod envelope;
mod error;
mod events;
mod health;
mod idempotency;
mod jobs;
mod list;
mod paths;
mod responses;
mod schemas;
mod submit;
mod table;
mod upload;

pub(super) use self::{
    envelope::error_bodies,
    table::{document, open_router, router, streams},
};
