//! One socket from opening to its end, and the messages sent over it.

use futures::{
    SinkExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, unbounded},
    future::{Either, select},
};
use gloo_net::websocket::{Message, State, WebSocketError, events::CloseEvent, futures::WebSocket};
use leptos::task::spawn_local;

use super::state::PageDriver;
use crate::{
    browser::socket::{self, OpenResult},
    live::LogEvent,
};
use proto::{
    link::{Generation, Input, Loss},
    wire::{ClientMessage, PROTOCOL, Topic, close},
};

impl PageDriver {
    pub(super) fn connect(&self, generation: Generation) {
        let Some(url) = socket::url(&self.0.live_address) else { return };
        let (sender, mut outbox) = unbounded();
        self.0.socket.replace(Some((generation, sender)));
        let driver = self.clone();
        spawn_local(async move {
            if let Err(close) = driver.run_socket(&url, generation, &mut outbox).await {
                driver.lost(generation, close);
            }
        });
    }

    /// The socket could not be opened or ended; `close` is the peer's close frame, if there was one.
    fn lost(&self, generation: Generation, close: Option<CloseEvent>) {
        let loss = close.as_ref().map_or(Loss::Dropped, |close| Loss::closed(close.code, &close.reason));
        if close.is_some_and(|close| close.code == close::NOT_ALLOWED) && self.is_current(generation) {
            self.0.live.set_signed_out();
        }
        self.input(Input::Lost(generation, loss));
    }

    pub(super) fn is_current(&self, generation: Generation) -> bool {
        self.0.socket.borrow().as_ref().is_some_and(|(current, _)| *current == generation)
    }

    /// Opens a socket, sends the hello, and passes messages both ways until the socket ends. `Ok`: we closed it.
    async fn run_socket(
        &self,
        url: &str,
        generation: Generation,
        outbox: &mut UnboundedReceiver<Message>,
    ) -> Result<(), Option<CloseEvent>> {
        let Ok(mut socket) = WebSocket::open(url) else { return Err(None) };
        match socket::opened(&mut socket, outbox).await {
            OpenResult::Open if socket.send(self.hello()).await.is_ok() => {}
            OpenResult::Lost(Some(WebSocketError::ConnectionClose(event))) => return Err(Some(event)),
            OpenResult::Open | OpenResult::Lost(_) => return Err(socket::close_event(socket).await),
            OpenResult::Cancelled => return Ok(()),
        }
        loop {
            match select(socket.next(), outbox.next()).await {
                Either::Left((Some(Ok(message)), _)) => self.receive(generation, message),
                Either::Left((Some(Err(WebSocketError::ConnectionClose(event))), _)) => return Err(Some(event)),
                Either::Left((Some(Err(_)) | None, _)) => return Err(socket::close_event(socket).await),
                Either::Right((Some(message), _)) => {
                    if !matches!(socket.state(), State::Open) || socket.send(message).await.is_err() {
                        return Err(socket::close_event(socket).await);
                    }
                }
                // The driver dropped the sender.
                Either::Right((None, _)) => {
                    let _ = socket.close(None, None);
                    return Ok(());
                }
            }
        }
    }

    fn hello(&self) -> Message {
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            session: self.0.session.id,
            resume: (!self.0.needs_snapshot.get()).then(|| self.0.live.resume()),
            topics: vec![Topic::All],
            prefer: self.prefer(),
        };
        let text = serde_json::to_string(&hello).unwrap_or_default();
        self.0.recorder.add(|| LogEvent::Sent(hello.clone(), text.len()));
        Message::Text(text)
    }

    /// Sends a message, if there is a socket.
    pub(super) fn send(&self, message: &ClientMessage) {
        if let Some((_, outbox)) = &*self.0.socket.borrow()
            && let Ok(text) = serde_json::to_string(message)
        {
            self.0.recorder.add(|| LogEvent::Sent(message.clone(), text.len()));
            // If the socket has ended, its task reports the loss.
            let _ = outbox.unbounded_send(Message::Text(text));
        }
    }
}
