//! What events of known types mean.

use serde_json::{Map, Value};

use super::event::{CloudEvent, short_type};
use crate::external::{
    fact::{ProgressScale, TaskFact},
    story,
};

/// What an event says, besides that it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum KnownEvent {
    /// Of a task or a process.
    Task(Box<TaskFact>),
    /// It is kept as what it is: of git, of a file, or of a type that Darkroom does not know.
    Plain,
}

/// # Errors
/// The type is known, and its data lack what it needs: the name of the field.
pub fn known_event(event: &CloudEvent, scale: ProgressScale) -> Result<KnownEvent, &'static str> {
    let empty = Map::new();
    let data = match &event.data {
        Some(Value::Object(data)) => data,
        _ => &empty,
    };
    match story::task_fact(short_type(&event.kind), data, &event.source, scale) {
        Some(Ok(fact)) => Ok(KnownEvent::Task(Box::new(fact))),
        Some(Err(field)) => Err(field),
        None => Ok(KnownEvent::Plain),
    }
}
