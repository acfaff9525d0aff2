//! `/ws`: the socket of a client.

use axum::{
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{comfy::python_json, limits};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::{
    shared::Gateway,
    sockets::{SocketId, SocketMessage},
    viewer::Viewer,
};

/// The largest message that a client may send (fact 12).
const MAX_MESSAGE: usize = 4 << 20;
const READ_BUFFER: usize = 1024;

#[derive(Deserialize)]
pub(super) struct SocketParams {
    #[serde(rename = "clientId", default)]
    client_id: String,
}

pub(super) async fn upgrade(
    State(gateway): State<Gateway>,
    viewer: Viewer,
    Query(params): Query<SocketParams>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let text = "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".";
        return (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    };
    let Ok(room) = gateway.connections.clone().try_acquire_owned() else {
        let text = "Darkroom has as many live connections as it may ([server] max_connections).\n";
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")], text).into_response();
    };
    let client_id = if params.client_id.is_empty() { uuid::Uuid::now_v7().simple().to_string() } else { params.client_id };
    upgrade.read_buffer_size(READ_BUFFER).max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).on_upgrade(move |socket| {
        Box::pin(async move {
            serve(socket, &gateway, &client_id, viewer.named(&client_id)).await;
            drop(room);
        })
    })
}

async fn serve(mut socket: WebSocket, gateway: &Gateway, client_id: &str, viewer: Viewer) {
    let (id, mut messages) = gateway.hub.connect(client_id, viewer);
    let mut is_first = true;
    let mut quiet_since = Instant::now();
    let is_clean = loop {
        tokio::select! {
            // Checked first: what a client is owed goes before what it asks.
            biased;
            () = gateway.stop.cancelled() => {
                let frame = CloseFrame { code: close_code::RESTART, reason: "Darkroom is restarting".into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
                break false;
            }
            message = messages.recv() => {
                quiet_since = Instant::now();
                let message = match message {
                    Some(SocketMessage::Text(text)) => Message::Text(text),
                    Some(SocketMessage::Binary(frame)) => Message::Binary(frame),
                    // Too much waited for it.
                    None => break false,
                };
                if socket.send(message).await.is_err() {
                    break false;
                }
            }
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => receive(gateway, id, &text, &mut is_first),
                Some(Ok(Message::Close(_))) => break true,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break false,
            },
            () = sleep_until(quiet_since + limits::GATEWAY_STATUS) => {
                quiet_since = Instant::now();
                gateway.hub.remind(id);
                // Finds out whether anybody is there.
                if socket.send(Message::Ping(bytes::Bytes::new())).await.is_err() {
                    break false;
                }
            }
        }
    };
    gateway.hub.disconnect(id, is_clean);
}

/// Only feature flags are read, and only before any other message (fact 49).
fn receive(gateway: &Gateway, id: SocketId, text: &str, is_first: &mut bool) {
    let Ok(Value::Object(message)) = serde_json::from_str(text) else { return };
    if *is_first && message.get("type").is_some_and(|kind| kind == "feature_flags") {
        let flags = message.get("data").unwrap_or(&Value::Null);
        let has_metadata = flags.get("supports_preview_metadata") == Some(&Value::Bool(true));
        let answer = json!({"type": "feature_flags", "data": server_features()});
        gateway.hub.set_features(id, has_metadata, &python_json(&answer));
    }
    *is_first = false;
}

/// What this server supports, in the words of ComfyUI's `feature_flags.py`.
pub(super) fn server_features() -> Value {
    json!({
        "supports_preview_metadata": true,
        "max_upload_size": limits::GATEWAY_BODY,
        "extension": {"manager": {"supports_v4": true}},
    })
}
