//! The API for programs, `/api`. Each file answers one question; the routes and the document that describes them are one table.

mod backend_imports;
mod backends;
mod convert;
mod docs;
mod event_stream;
mod events;
mod external;
mod extract;
mod fields;
mod gallery;
mod grids;
mod kind;
mod list;
mod openapi;
mod output_events;
mod outputs;
mod pictures;
mod problem;
mod problem_layer;
mod production;
mod prompts;
mod queue;
mod responses;
mod submit;
mod table;
mod tasks;
mod uploads;
mod webhooks;
mod workflows;
mod zip;

pub(super) use event_stream::{connection_permit as stream_permit, respond as respond_events};
pub(crate) use kind::ProblemKind;
pub(super) use problem::ApiProblem;
pub(super) use problem_layer::problem_bodies;
pub(super) use table::{router, streams};
pub(super) use zip::form as zip_form;
