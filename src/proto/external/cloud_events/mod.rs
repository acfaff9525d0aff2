//! CloudEvents 1.0 in JSON: one event (`application/cloudevents+json`) or a list (`application/cloudevents-batch+json`).

mod error;
mod event;
mod known;
mod parse;

pub use self::{
    error::CloudEventError,
    event::{CloudEvent, DARKROOM_TYPES, darkroom_type, short_type},
    known::{KnownEvent, known_event},
    parse::{parse_batch, parse_structured},
};
