//! `GET /ws`: one task per WebSocket.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        ConnectInfo, Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;

use super::{
    app::App,
    faults::{Strike, Wire, with_status},
    random::random_id,
    routes,
    sockets::Outgoing,
};

/// The largest frame a client may send (fact 12).
const MAX_FRAME: usize = 4 << 20;
/// How long a client may take to answer a close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
pub(super) struct WsParams {
    #[serde(rename = "clientId", default)]
    client_id: String,
}

pub(super) async fn upgrade(
    State(app): State<Arc<App>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    Query(params): Query<WsParams>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let text = "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".";
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return (StatusCode::BAD_REQUEST, plain, text).into_response();
    };
    match app.engine.orders.refusal() {
        Some(Some(status)) => return with_status(status),
        Some(None) => {
            app.closing.cancelled().await;
            return with_status(503);
        }
        None => {}
    }
    let sid = if params.client_id.is_empty() { random_id().simple().to_string() } else { params.client_id };
    upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(move |socket| talk(app, sid, wire, socket))
}

async fn talk(app: Arc<App>, sid: String, wire: Wire, socket: WebSocket) {
    let engine = &app.engine;
    let mut registration = engine.queue.with_info(|info| engine.sockets.register(&sid, wire.clone(), &info));
    let (mut sink, mut stream) = socket.split();
    let mut first = true;
    loop {
        tokio::select! {
            // Checked first: an ended process sends nothing about the aborted run.
            biased;
            // The process ends without a close frame, like ComfyUI (fact 5).
            () = app.closing.cancelled() => break,
            next = registration.inbox.next() => match next {
                None | Some(Outgoing::Frame(Message::Close(_))) => break,
                Some(Outgoing::Frame(frame)) => if sink.send(frame).await.is_err() { break },
                Some(Outgoing::Strike(strike)) => {
                    strike.hit(&wire);
                    if let Some(close) = strike.close_frame() {
                        let _ = sink.send(close).await;
                        let answered = async { while let Some(Ok(_)) = stream.next().await {} };
                        let _ = tokio::time::timeout(CLOSE_WITHIN, answered).await;
                        break;
                    }
                    if matches!(strike, Strike::Drop | Strike::Reset) {
                        break;
                    }
                }
            },
            received = stream.next() => match received {
                Some(Ok(Message::Text(text))) => receive(&app, &sid, &text, &mut first),
                Some(Ok(Message::Close(_))) | None => {
                    engine.sockets.unregister(&registration);
                    wire.answer_close_with_1000();
                    let _ = sink.close().await;
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::debug!(sid, %error, "websocket ended");
                    // Only a frame too large leaves a connection that can still be answered (fact 12).
                    let frame = CloseFrame { code: close_code::SIZE, reason: "".into() };
                    let _ = sink.send(Message::Close(Some(frame))).await;
                    break;
                }
            },
        }
    }
    engine.sockets.unregister(&registration);
}

/// Only feature flags are handled, and only before any other JSON object (fact 49).
fn receive(app: &App, sid: &str, text: &str, first: &mut bool) {
    let Ok(Value::Object(message)) = serde_json::from_str(text) else {
        return;
    };
    if *first && message.get("type").is_some_and(|kind| kind == "feature_flags") {
        let flags = message.get("data").unwrap_or(&Value::Null);
        app.engine.sockets.set_features(sid, flags, &routes::feature_flags());
    }
    *first = false;
}
