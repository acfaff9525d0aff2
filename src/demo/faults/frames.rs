//! Faults of frames: lost, duplicated, or replaced by a fault of their socket.

use axum::extract::ws::{CloseFrame, Message};

use super::{
    order::{Fault, Order},
    orders::{Occasion, Orders},
    wire::Wire,
};
/// What happens to a frame.
pub(crate) enum Fate {
    Sent,
    Lost,
    Doubled,
    /// Lost; the fault strikes the sockets it was for.
    Strikes(Strike),
}

/// What happens to a socket.
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

    /// The strike of an order on the open sockets, if the order has no trigger.
    pub(super) fn at_once(order: &Order) -> Option<Self> {
        if order.on_connect || order.names_a_frame() { None } else { Self::of(&order.fault) }
    }

    /// Applies the strike to the TCP connection, if it affects it.
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
    /// Decides about every frame after the greeting.
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

    /// The strike for a socket that was just opened and greeted.
    pub(crate) fn strike_on_connect(&self) -> Option<Strike> {
        self.take(Occasion::default(), |order| (order.on_connect || !order.names_a_frame()).then(|| Strike::of(&order.fault)).flatten())
    }

    /// Whether a handshake is refused: with a status, or (`Some(None)`) by never answering.
    pub(crate) fn refusal(&self) -> Option<Option<u16>> {
        self.take_fault(None, |fault| match fault {
            Fault::RefuseSockets { status } => Some(*status),
            _ => None,
        })
    }
}
