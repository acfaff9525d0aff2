//! Celery over Redis: envelopes of kombu, events of workers, values of the result backend, and commands to workers.
//!
//! The forms were recorded with Celery and kombu 5.7.0 and Redis 7.0 (`tests/recordings/celery`).

pub mod control;
mod envelope;
mod error;
mod event;
mod extras;
mod inflate;
mod meta;
mod python;
mod value;

pub use self::{
    envelope::KombuEnvelope,
    error::CeleryError,
    event::{CeleryEvent, CeleryTaskEvent, CeleryWorkerEvent, TaskEventKind, WorkerEventKind, read_event},
    meta::{TaskMeta, read_meta},
};
