//! Frames made by a fault: too big, malformed, or about another client's prompt.

use axum::{
    body::Bytes,
    extract::ws::{Message, Utf8Bytes},
};
use serde_json::json;

use super::order::{Fault, Garbage};
use crate::{
    frame::{self, Encoding},
    random::random_id,
    sockets::Sockets,
};

/// Sends the frames of the fault; false when the fault injects none.
pub(super) fn inject(fault: &Fault, sockets: &Sockets) -> bool {
    let text = |text: &str| Message::Text(Utf8Bytes::from(text));
    let binary = |bytes: &[u8]| Message::Binary(Bytes::copy_from_slice(bytes));
    match fault {
        Fault::BigFrame { bytes, text: true } => {
            let frame = json!({"type": "big", "data": {"text": "x".repeat(*bytes)}});
            sockets.everyone(&Message::Text(Utf8Bytes::from(proto::comfy::python_json(&frame))));
        }
        Fault::BigFrame { bytes, text: false } => {
            // It begins as a JPEG does.
            let mut picture = vec![0xff; *bytes];
            picture.splice(..picture.len().min(2), [0xff, 0xd8]);
            sockets.everyone(&Message::Binary(frame::plain(Encoding::Jpeg, &picture)));
        }
        Fault::Garbage { what } => sockets.everyone(&match what {
            Garbage::Text => text("this is no JSON"),
            Garbage::UnknownType => text(r#"{"type": "crystal_growth", "data": {"facets": [1, 2, 3]}}"#),
            Garbage::CutJson => text(r#"{"type": "progress", "data": {"value": 3, "ma"#),
            Garbage::Binary => binary(&[0, 0, 0, 99, 1, 2, 3, 4, 5, 6, 7, 8]),
            Garbage::CutBinary => binary(&[0, 0, 0, 4, 0, 0, 0, 200, b'{']),
        }),
        Fault::Foreign => foreign(sockets),
        Fault::Say { event, data, to_all: true } => sockets.event(event, data, None),
        Fault::Say { event, data, to_all: false } => {
            if let Some(client) = sockets.running_client() {
                sockets.event(event, data, Some(&client));
            }
        }
        Fault::ExecutingWithoutPromptId { node } => sockets.event("executing", &json!({"node": node}), None),
        _ => return false,
    }
    true
}

/// One step of a run, as it is broadcast (fact 35).
fn foreign(sockets: &Sockets) {
    let prompt_id = random_id().to_string();
    let node = json!({
        "value": 7.0, "max": 20.0, "state": "running", "node_id": "3", "prompt_id": prompt_id,
        "display_node_id": "3", "parent_node_id": null, "real_node_id": "3",
    });
    sockets.event("progress_state", &json!({"prompt_id": prompt_id, "nodes": {"3": node}}), None);
    sockets.event("progress", &json!({"value": 7, "max": 20, "prompt_id": prompt_id, "node": "3"}), None);
    sockets.preview(frame::plain(Encoding::Jpeg, b"\xff\xd8\xff\xe0 somebody else's picture"), &prompt_id, None);
    let interrupted = json!({"prompt_id": prompt_id, "node_id": "3", "node_type": "KSampler", "executed": []});
    sockets.event("execution_interrupted", &interrupted, None);
}
