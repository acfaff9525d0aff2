//! The text of server-sent events.

use bytes::Bytes;

use crate::report::Message;
use proto::{
    ids::{Epoch, Seq},
    wire::Resume,
};

/// The events of one moment. Only the last has an id, so that a program that gets only some of them starts over.
pub(super) fn events(at: Resume, messages: &[Message]) -> Bytes {
    let Some((last, others)) = messages.split_last() else { return format!("id: {}\n\n", id(at)).into() };
    let others: String = others.iter().map(|message| event(None, message)).collect();
    format!("{others}{}", event(Some(at), last)).into()
}

/// In the format of the HTML Standard ("Server-sent events"). One `data` line is enough: compact JSON has no line breaks.
pub(super) fn event(at: Option<Resume>, message: &Message) -> String {
    let id = at.map(|at| format!("id: {}\n", id(at))).unwrap_or_default();
    format!("{id}data: {}\n\n", serde_json::to_string(message).unwrap_or_default())
}

/// The id of an event: its place in the feed.
pub(super) fn id(Resume { epoch, seq }: Resume) -> String {
    format!("{:x}-{:x}", epoch.0, seq.0)
}

/// The inverse of [`id`]. `None`: Darkroom never made such an id.
#[must_use]
pub fn parse_id(text: &str) -> Option<Resume> {
    let number = |hex: &str| {
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        u64::from_str_radix(hex, 16).ok().filter(|_| is_hex)
    };
    let (epoch, seq) = text.split_once('-')?;
    Some(Resume { epoch: Epoch(number(epoch)?), seq: Seq(number(seq)?) })
}
