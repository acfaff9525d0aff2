//! `GET /ws`: one task per WebSocket.

use std::sync::Arc;

use axum::{
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;

use super::{engine, routes, server::App};

/// The largest frame a client may send (fact 12).
const MAX_FRAME: usize = 4 << 20;

#[derive(Deserialize)]
pub(super) struct Params {
    #[serde(rename = "clientId", default)]
    client_id: String,
}

pub(super) async fn upgrade(
    State(app): State<Arc<App>>,
    Query(params): Query<Params>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let text = "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".";
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return (StatusCode::BAD_REQUEST, plain, text).into_response();
    };
    let sid = if params.client_id.is_empty() { engine::random_id().simple().to_string() } else { params.client_id };
    upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(move |socket| talk(app, sid, socket))
}

async fn talk(app: Arc<App>, sid: String, socket: WebSocket) {
    let engine = &app.engine;
    let mut registration = engine.queue.with_info(|info| engine.sockets.register(&sid, &info));
    let (mut sink, mut stream) = socket.split();
    let mut first = true;
    loop {
        tokio::select! {
            // First of all: a process that has ended says nothing of the run that ended with it.
            biased;
            // The process ends without a close frame, like the real one (fact 5).
            () = app.closing.cancelled() => break,
            frame = registration.inbox.next() => match frame {
                None | Some(Message::Close(_)) => break,
                Some(frame) => if sink.send(frame).await.is_err() { break },
            },
            received = stream.next() => match received {
                Some(Ok(Message::Text(text))) => hear(&app, &sid, &text, &mut first),
                Some(Ok(Message::Close(_))) | None => {
                    engine.sockets.unregister(&sid);
                    // Sends the answer to the close frame. It repeats the client's code, where the real one says 1000.
                    let _ = sink.close().await;
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::debug!(sid, %error, "websocket ended");
                    // Of all that can go wrong only a frame too large leaves somebody to tell (fact 12).
                    let frame = CloseFrame { code: close_code::SIZE, reason: "".into() };
                    let _ = sink.send(Message::Close(Some(frame))).await;
                    break;
                }
            },
        }
    }
    engine.sockets.unregister(&sid);
}

/// Only feature flags mean anything, and only before any other JSON object (fact 49).
fn hear(app: &App, sid: &str, text: &str, first: &mut bool) {
    let Ok(Value::Object(message)) = serde_json::from_str(text) else {
        return;
    };
    if *first && message.get("type").is_some_and(|kind| kind == "feature_flags") {
        let flags = message.get("data").unwrap_or(&Value::Null);
        app.engine.sockets.set_features(sid, flags, &routes::feature_flags());
    }
    *first = false;
}
