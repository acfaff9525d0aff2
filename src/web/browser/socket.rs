//! A socket of gloo-net: its address, whether it opened, and why it closed.

use std::task::Poll;

use futures::{SinkExt, StreamExt, channel::mpsc::UnboundedReceiver, future::poll_fn};
use gloo_net::websocket::{Message, State, WebSocketError, events::CloseEvent, futures::WebSocket};

use crate::base_path::with_base;

pub(super) enum OpenResult {
    Open,
    Lost(Option<WebSocketError>),
    /// The driver gave up the socket before it was open.
    Cancelled,
}

/// Waits until the socket is open, is lost, or `outbox` is closed by the driver.
pub(super) async fn opened(socket: &mut WebSocket, outbox: &mut UnboundedReceiver<Message>) -> OpenResult {
    poll_fn(|context| {
        if let Poll::Ready(None) = outbox.poll_next_unpin(context) {
            return Poll::Ready(OpenResult::Cancelled);
        }
        match socket.poll_next_unpin(context) {
            Poll::Ready(Some(Err(error))) => return Poll::Ready(OpenResult::Lost(Some(error))),
            Poll::Ready(None) => return Poll::Ready(OpenResult::Lost(None)),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        // `poll_ready` is also ready when opening failed, so the state is checked.
        socket.poll_ready_unpin(context).map(|ready| match (ready, socket.state()) {
            (Ok(()), State::Open) => OpenResult::Open,
            (ready, _) => OpenResult::Lost(ready.err()),
        })
    })
    .await
}

/// The peer's close frame, if there was one. It comes after the error.
pub(super) async fn close_event(mut socket: WebSocket) -> Option<CloseEvent> {
    while let Some(message) = socket.next().await {
        if let Err(WebSocketError::ConnectionClose(event)) = message {
            return Some(event);
        }
    }
    None
}

/// `address`: that of the settings. Empty: `/ws` of the address of the page.
pub(super) fn url(address: &str) -> Option<String> {
    if !address.is_empty() {
        return Some(address.to_owned());
    }
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}{}", location.host().ok()?, with_base("/ws")))
}
