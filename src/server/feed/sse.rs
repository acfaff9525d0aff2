//! The text of server-sent events.

use bytes::Bytes;

use super::place::EventId;
use crate::report::Message;

/// The events of one moment. Only the last has an id, so that a program that gets only some of them starts over.
pub(super) fn events(at: EventId, messages: &[Message]) -> Bytes {
    let Some((last, others)) = messages.split_last() else { return format!("id: {at}\n\n").into() };
    let others: String = others.iter().map(|message| event(None, message)).collect();
    format!("{others}{}", event(Some(at), last)).into()
}

/// In the format of the HTML Standard ("Server-sent events"). One `data` line is enough: compact JSON has no line breaks.
pub(super) fn event(at: Option<EventId>, message: &Message) -> String {
    let id = at.map(|at| format!("id: {at}\n")).unwrap_or_default();
    format!("{id}data: {}\n\n", serde_json::to_string(message).unwrap_or_default())
}
