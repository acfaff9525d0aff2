//! Handles the server's messages.

use gloo_net::websocket::Message;

use super::state::{PageDriver, microseconds};
use crate::live::{LogEvent, StateUpdate};
use proto::{
    link::{Generation, Input, Loss},
    wire::{Frame, ServerMessage},
};

/// The close code of RFC 6455 for a message that cannot be decoded.
const INVALID_PAYLOAD: u16 = 1007;

impl PageDriver {
    pub(super) fn receive(&self, generation: Generation, message: Message) {
        if !self.is_current(generation) {
            return;
        }
        self.input(Input::Received(generation));
        self.0.live.message_received(self.server_now());
        let Message::Bytes(bytes) = message else { return };
        let frame = Frame::decode(&bytes);
        self.0.recorder.add(|| LogEvent::received(&bytes));
        match frame {
            // Sent before previews were switched off.
            Ok(Frame::Preview(_)) if !self.0.preferences.get().previews => {}
            Ok(Frame::Preview(frame)) => self.0.previews.show(frame.task, frame.image),
            // The link counts as open only now: a proxy may accept a socket for a server that is down.
            Ok(Frame::Message(ServerMessage::Welcome { epoch, now, version, .. })) => {
                if self.0.epoch.replace(epoch) != epoch {
                    self.input(Input::Restarted(generation));
                }
                self.set_clock(now);
                self.0.live.set_outdated(!self.0.build.is_empty() && version != self.0.build);
                self.input(Input::Opened(generation));
                self.follow_again();
            }
            Ok(Frame::Message(ServerMessage::Pong { t, now })) => {
                self.0.live.add_round_trip(u32::try_from(microseconds().saturating_sub(t)).unwrap_or(u32::MAX));
                self.set_clock(now);
                self.input(Input::Pong(generation));
            }
            Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) => {
                self.0.needs_snapshot.set(false);
                self.0.frames.push(StateUpdate::Snapshot(snapshot));
            }
            Ok(Frame::Project(event)) => self.receive_event(&event),
            Ok(Frame::Changes(changes)) => self.0.frames.push(StateUpdate::Changes(self.0.epoch.get(), changes)),
            Err(_) => {
                leptos::logging::warn!("a message was not understood");
                self.0.needs_snapshot.set(true);
                drop(self.0.socket.take());
                self.input(Input::Lost(generation, Loss::Closed { code: INVALID_PAYLOAD }));
            }
        }
    }
}
