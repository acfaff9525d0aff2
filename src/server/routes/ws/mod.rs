//! `/ws`: the live connection of a page. Hello, welcome, the missed changes or a snapshot, then every change.

mod projects;
pub(super) mod story;

use std::time::{Duration, Instant};

use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::{SinkExt, future::OptionFuture};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tokio_tungstenite::tungstenite;

use self::projects::FollowedProjects;
use super::{guard, router_state::RouterState};
use crate::{
    AppState,
    access::{AuthError, Caller},
    clock::now,
    hub::ReadBatch,
    reader::Reader,
    token_bucket::{Rate, TokenBucket},
    tracker::StreamStart,
};
use proto::{
    limits,
    wire::{ClientMessage, PROTOCOL, Prefer, Resume, ServerMessage, Topic, close},
};

const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Bytes that every connection holds; axum's default is 128 KiB. Messages of browsers are short.
const READ_BUFFER: usize = 1024;
/// The rate limit of client messages.
const RATE: Rate = Rate::new(limits::CLIENT_BURST, Duration::from_millis(1_000 / limits::CLIENT_MESSAGES_PER_SECOND as u64));
/// Of a 503 at `max_connections`.
const RETRY_AFTER_S: &str = "30";

pub(super) async fn upgrade(upgrade: WebSocketUpgrade, State(shared): State<RouterState>, parts: Parts) -> Response {
    let (upgrade, caller, room) = match accepted(upgrade, &shared, &parts) {
        Ok(accepted) => accepted,
        Err(response) => return *response,
    };
    upgrade.on_upgrade(move |socket| {
        // Boxed, because the future would otherwise be copied into the state of each caller and make every connection larger.
        Box::pin(async move {
            connection(socket, shared, caller).await;
            drop(room);
        })
    })
}

/// A handshake with a caller that has access, and the place of its connection among all.
///
/// # Errors
/// The response to one that has none, or for which there is no room.
fn accepted(
    upgrade: WebSocketUpgrade,
    shared: &RouterState,
    parts: &Parts,
) -> Result<(WebSocketUpgrade, Caller, OwnedSemaphorePermit), Box<Response>> {
    let upgrade =
        upgrade.read_buffer_size(READ_BUFFER).max_write_buffer_size(limits::CLIENT_BACKLOG).max_message_size(limits::CLIENT_MESSAGE);
    let caller = match shared.access.identify(&parts.headers, shared.access.peer(parts)) {
        Ok(caller) => caller,
        // A page cannot read the response to a failed handshake, but it gets the code of a close frame.
        Err(AuthError::Unauthenticated) if parts.headers.contains_key(header::ORIGIN) => {
            return Err(upgrade.on_upgrade(close_unauthenticated).into());
        }
        Err(refused) => return Err(guard::refuse(refused, parts, &*shared.frontend).into()),
    };
    let Ok(room) = shared.connections.clone().try_acquire_owned() else {
        let text = "Darkroom has as many live connections as it may ([server] max_connections).\n";
        return Err((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER_S)], text).into_response().into());
    };
    Ok((upgrade, caller, room))
}

/// Why a connection ends, as its close code and reason.
struct CloseReason(u16, &'static str);

/// How a connection ends: the peer is gone, or the server closes it.
enum Disconnect {
    PeerGone,
    Close(CloseReason),
}

impl From<axum::Error> for Disconnect {
    fn from(_: axum::Error) -> Self {
        Self::PeerGone
    }
}

async fn close_unauthenticated(mut socket: WebSocket) {
    close_socket(&mut socket, SIGNED_OUT).await;
}

const SIGNED_OUT: CloseReason = CloseReason(close::NOT_ALLOWED, close::SIGNED_OUT);

async fn connection(mut socket: WebSocket, shared: RouterState, caller: Caller) {
    let end = tokio::select! {
        end = serve(&mut socket, &shared) => end,
        end = session_end(&shared, caller) => end,
    };
    if let Disconnect::Close(leave) = end {
        close_socket(&mut socket, leave).await;
    }
}

/// Waits until the caller is signed out, or the server stops.
async fn session_end(shared: &RouterState, caller: Caller) -> Disconnect {
    // Only sessions end. The future is boxed to keep it out of the size of other connections.
    let over = OptionFuture::from(matches!(caller, Caller::Person(_)).then(|| Box::pin(shared.access.session_ended(caller))));
    tokio::select! {
        Some(()) = over => Disconnect::Close(SIGNED_OUT),
        () = shared.stop.cancelled() => Disconnect::Close(CloseReason(close::RESTARTING, "Darkroom is restarting")),
    }
}

async fn close_socket(socket: &mut WebSocket, CloseReason(code, reason): CloseReason) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let leave = async {
        socket.send(Message::Close(Some(frame))).await?;
        // Drains the socket: closing it with unread data resets the TCP connection, and the close frame may be lost.
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<_, axum::Error>(())
    };
    let _ = timeout(CLOSE_TIMEOUT, leave).await;
}

async fn serve(socket: &mut WebSocket, RouterState { state, version, hello_within, .. }: &RouterState) -> Disconnect {
    let Hello { resume, topics, prefer } = match timeout(*hello_within, hello(socket)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(end)) => return end,
        Err(_) => return Disconnect::Close(CloseReason(close::BAD_MESSAGE, "No hello came.")),
    };
    if let Some(known) = resume {
        // It was at another Darkroom before, which was quicker.
        if !state.tracker().reach(known).await && state.tracker().will_catch_up() {
            return Disconnect::Close(CloseReason(close::RESTARTING, "This Darkroom does not know yet what this page knows."));
        }
    }
    let (mut reader, start, newest) = state.tracker().subscribe(resume, &topics, prefer);
    match welcome(socket, start, newest, version).await {
        Ok(()) => {}
        Err(end) => return end,
    }
    let mut messages = TokenBucket::new(RATE, Instant::now());
    // Most pages show no project.
    let mut projects: Option<Box<FollowedProjects>> = None;
    loop {
        let step = tokio::select! {
            batch = reader.next() => send_batch(socket, state, &mut reader, batch).await,
            Some(event) = OptionFuture::from(projects.as_mut().map(|projects| projects.next())) => {
                socket.send(Message::Binary(event.frame)).await.map_err(Disconnect::from)
            }
            message = socket.recv() => match message {
                Some(Ok(_)) if !messages.acquire(RATE, Instant::now()) => Err(Disconnect::Close(CloseReason(close::TOO_MANY, "This page sent too many messages."))),
                // Boxed, because this future is large and rarely runs.
                Some(Ok(message)) => Box::pin(handle_message(socket, state, &mut reader, &mut projects, message)).await,
                Some(Err(error)) => Err(refuse(error)),
                None => Err(Disconnect::PeerGone),
            },
        };
        if let Err(end) = step {
            return end;
        }
    }
}

struct Hello {
    resume: Option<Resume>,
    topics: Vec<Topic>,
    prefer: Prefer,
}

async fn hello(socket: &mut WebSocket) -> Result<Hello, Disconnect> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                return match serde_json::from_str(&text) {
                    Ok(ClientMessage::Hello { protocol: PROTOCOL, resume, topics, prefer, .. }) => Ok(Hello { resume, topics, prefer }),
                    Ok(ClientMessage::Hello { .. }) => Err(Disconnect::Close(CloseReason(
                        close::PROTOCOL_VERSION,
                        "This page and Darkroom are of different versions. Reload it.",
                    ))),
                    _ => Err(Disconnect::Close(CloseReason(close::BAD_MESSAGE, "The first message must be a hello."))),
                };
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => {
                return Err(Disconnect::Close(CloseReason(close::BAD_MESSAGE, "The first message must be a hello.")));
            }
            Some(Err(error)) => return Err(refuse(error)),
            Some(Ok(Message::Close(_))) | None => return Err(Disconnect::PeerGone),
        }
    }
}

async fn welcome(socket: &mut WebSocket, start: StreamStart, newest: Resume, version: &str) -> Result<(), Disconnect> {
    let version = version.to_owned();
    send(socket, &ServerMessage::Welcome { epoch: newest.epoch, seq: newest.seq, version, now: now() }).await?;
    match start {
        StreamStart::Changes(None) => Ok(()),
        StreamStart::Changes(Some(frame)) | StreamStart::Snapshot(frame) => Ok(socket.send(Message::Binary(frame)).await?),
    }
}

async fn send_batch(socket: &mut WebSocket, state: &AppState, reader: &mut Reader, batch: ReadBatch) -> Result<(), Disconnect> {
    if batch.resync {
        state.tracker().meters().page_resynced();
        let (snapshot, place) = state.tracker().snapshot_frame(reader.interest());
        reader.continue_at(place.seq);
        socket.feed(Message::Binary(snapshot)).await?;
    } else if let Some(changes) = batch.changes {
        socket.feed(Message::Binary(changes)).await?;
    }
    for preview in batch.previews {
        socket.feed(Message::Binary(preview)).await?;
    }
    Ok(socket.flush().await?)
}

async fn send(socket: &mut WebSocket, message: &ServerMessage) -> Result<(), Disconnect> {
    let frame = message.encode().map_err(|_| Disconnect::PeerGone)?;
    Ok(socket.send(Message::Binary(frame.into())).await?)
}

async fn handle_message(
    socket: &mut WebSocket,
    state: &AppState,
    reader: &mut Reader,
    projects: &mut Option<Box<FollowedProjects>>,
    message: Message,
) -> Result<(), Disconnect> {
    let text = match message {
        Message::Text(text) => text,
        Message::Ping(_) | Message::Pong(_) => return Ok(()),
        Message::Binary(_) => return Err(Disconnect::Close(CloseReason(close::BAD_MESSAGE, "Binary messages are not understood."))),
        Message::Close(_) => return Err(Disconnect::PeerGone),
    };
    match serde_json::from_str(&text) {
        // Without an answer the page shows how old its data is.
        Ok(ClientMessage::Ping { .. }) if state.tracker().is_behind() => Ok(()),
        Ok(ClientMessage::Ping { t }) => send(socket, &ServerMessage::Pong { t, now: now() }).await,
        Ok(ClientMessage::Prefer(prefer)) => {
            reader.prefer(prefer);
            Ok(())
        }
        Ok(ClientMessage::Projects(places)) => {
            let follow = || Box::new(FollowedProjects::new(state.productions().clone()));
            let many = Disconnect::Close(CloseReason(close::BAD_MESSAGE, "A page follows too many projects."));
            projects.get_or_insert_with(follow).replace(&places).map_err(|_| many)
        }
        Ok(ClientMessage::Hello { .. }) | Err(_) => {
            Err(Disconnect::Close(CloseReason(close::BAD_MESSAGE, "A message was not understood.")))
        }
    }
}

/// Only a message over the size limit gets a close code; after any other error the peer is gone.
fn refuse(error: axum::Error) -> Disconnect {
    match error.into_inner().downcast_ref() {
        Some(tungstenite::Error::Capacity(_)) => Disconnect::Close(CloseReason(close::TOO_BIG, "A message was over 64 KiB.")),
        _ => Disconnect::PeerGone,
    }
}
