//! Frames that are lost, come twice, are odd, or end the socket they were for.

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes},
};
use serde_json::json;

use super::{
    order::{Fault, Garbage, Order},
    orders::{Occasion, Orders},
    wire::Wire,
};
use crate::{
    engine::random_id,
    frame::{self, Encoding},
    python,
    sockets::Sockets,
};

/// What becomes of a frame.
pub(crate) enum Fate {
    Sent,
    Lost,
    Doubled,
    /// Lost, with the sockets it was for.
    Strikes(Strike),
}

/// What becomes of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    Drop,
    Reset,
    Blackhole,
    Zombie,
    Close(u16),
}

impl Strike {
    fn of(fault: &Fault) -> Option<Self> {
        match fault {
            Fault::Drop => Some(Self::Drop),
            Fault::Reset => Some(Self::Reset),
            Fault::Blackhole => Some(Self::Blackhole),
            Fault::Zombie => Some(Self::Zombie),
            Fault::Close { code } => Some(Self::Close(*code)),
            _ => None,
        }
    }

    /// What an order does to the sockets that are open, if it does not wait for something.
    pub(super) fn at_once(order: &Order) -> Option<Self> {
        if order.on_connect || order.names_a_frame() { None } else { Self::of(&order.fault) }
    }

    /// What it does to the connection below, if anything.
    pub(crate) fn hit(self, wire: &Wire) {
        match self {
            Self::Drop => wire.cut(),
            Self::Reset => wire.reset(),
            Self::Blackhole => wire.freeze(),
            Self::Zombie | Self::Close(_) => {}
        }
    }

    pub(crate) fn close_frame(self) -> Option<Message> {
        match self {
            Self::Close(code) => Some(Message::Close(Some(CloseFrame { code, reason: "".into() }))),
            _ => None,
        }
    }
}

impl Orders {
    /// Asked for every frame after the greeting.
    pub(crate) fn fate(&self, kind: &str, prompt: Option<&str>) -> Fate {
        let occasion = Occasion { prompt, event: Some(kind) };
        self.take(occasion, |order| match &order.fault {
            Fault::Mute => Some(Fate::Lost),
            Fault::DropEvents { kinds } if kinds.iter().any(|lost| lost == kind) => Some(Fate::Lost),
            Fault::DuplicateEvents => Some(Fate::Doubled),
            fault if order.names_a_frame() && !order.on_connect => Strike::of(fault).map(Fate::Strikes),
            _ => None,
        })
        .unwrap_or(Fate::Sent)
    }

    /// Asked when a socket has opened and been greeted.
    pub(crate) fn strike_on_connect(&self) -> Option<Strike> {
        self.take(Occasion::default(), |order| (order.on_connect || !order.names_a_frame()).then(|| Strike::of(&order.fault)).flatten())
    }

    /// How a handshake is refused: with a status, or never answered.
    pub(crate) fn refusal(&self) -> Option<Option<u16>> {
        self.take_fault(None, |fault| match fault {
            Fault::RefuseSockets { status } => Some(*status),
            _ => None,
        })
    }
}

/// Does what happens to sockets and frames at once; false when the fault is of another kind.
pub(super) fn at_once(fault: &Fault, sockets: &Sockets) -> bool {
    let text = |text: &str| Message::Text(Utf8Bytes::from(text));
    let binary = |bytes: &[u8]| Message::Binary(Bytes::copy_from_slice(bytes));
    match fault {
        Fault::BigFrame { bytes, text: true } => {
            let frame = json!({"type": "big", "data": {"text": "x".repeat(*bytes)}});
            sockets.everyone(&Message::Text(Utf8Bytes::from(python::dumps(&frame))));
        }
        Fault::BigFrame { bytes, text: false } => {
            sockets.everyone(&Message::Binary(frame::plain(Encoding::Jpeg, &vec![0xff; *bytes])));
        }
        Fault::Garbage { what } => sockets.everyone(&match what {
            Garbage::Text => text("this is no JSON"),
            Garbage::UnknownType => text(r#"{"type": "crystal_growth", "data": {"facets": [1, 2, 3]}}"#),
            Garbage::CutJson => text(r#"{"type": "progress", "data": {"value": 3, "ma"#),
            Garbage::Binary => binary(&[0, 0, 0, 99, 1, 2, 3, 4, 5, 6, 7, 8]),
            Garbage::CutBinary => binary(&[0, 0, 0, 4, 0, 0, 0, 200, b'{']),
        }),
        Fault::Foreign => foreign(sockets),
        Fault::ExecutingWithoutPromptId { node } => sockets.event("executing", &json!({"node": node}), None),
        _ => return false,
    }
    true
}

/// A step of a run, as everyone hears it (fact 35).
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
