//! A socket of gloo-net: where it goes, whether it opened, and why it closed.

use std::task::Poll;

use futures::{SinkExt, StreamExt, channel::mpsc::UnboundedReceiver, future::poll_fn};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};

use proto::link::Loss;

pub(super) enum Opening {
    Open,
    Lost(Option<WebSocketError>),
    LetGo,
}

/// Waits for whatever comes first: the socket is open, it is lost before it was, or the machine has let go of it.
pub(super) async fn opened(socket: &mut WebSocket, outbox: &mut UnboundedReceiver<Message>) -> Opening {
    poll_fn(|context| {
        if let Poll::Ready(None) = outbox.poll_next_unpin(context) {
            return Poll::Ready(Opening::LetGo);
        }
        match socket.poll_next_unpin(context) {
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Opening::Lost(Some(error))),
            Poll::Ready(None) => return Poll::Ready(Opening::Lost(None)),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        // Also ready when it could not be opened: the state tells.
        socket.poll_ready_unpin(context).map(|ready| match (ready, socket.state()) {
            (Ok(()), State::Open) => Opening::Open,
            (ready, _) => Opening::Lost(ready.err()),
        })
    })
    .await
}

/// The close frame comes after the error, if it comes at all.
pub(super) async fn why_closed(mut socket: WebSocket) -> Loss {
    while let Some(message) = socket.next().await {
        if let Err(WebSocketError::ConnectionClose(event)) = message {
            return Loss::closed(event.code, &event.reason);
        }
    }
    Loss::Dropped
}

pub(super) fn url() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/ws", location.host().ok()?))
}
