//! `/ws`: the live connection of a page. Hello, welcome, what was missed, then every change.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures::SinkExt;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite;

use super::{AppState, Shared};
use crate::{
    proto::{
        limits,
        wire::{ClientMessage, PROTOCOL, Prefer, Resume, ServerMessage, Topic, changes_frame, close},
    },
    server::{
        clock::now,
        hub::Entry,
        mailbox::{Batch, Mailbox},
        tracker::Start,
    },
};

const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// axum's default of 128 KiB would be paid by every connection.
const READ_BUFFER: usize = 4 * 1024;
const WRITE_BUFFER: usize = 16 * 1024 * 1024;

pub(super) async fn upgrade(upgrade: WebSocketUpgrade, State(shared): State<Shared>) -> Response {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(limits::CLIENT_MESSAGE)
        .on_upgrade(move |socket| connection(socket, shared))
}

/// Why a connection ends, as its close code and reason.
struct Leave(u16, &'static str);

/// The peer is gone: there is nobody to say goodbye to.
enum End {
    Gone,
    Say(Leave),
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

async fn connection(mut socket: WebSocket, shared: Shared) {
    let end = tokio::select! {
        end = talk(&mut socket, &shared) => end,
        () = shared.stop.cancelled() => End::Say(Leave(close::RESTARTING, "Darkroom is restarting")),
    };
    if let End::Say(Leave(code, reason)) = end {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await;
    }
}

async fn talk(socket: &mut WebSocket, Shared { state, version, .. }: &Shared) -> End {
    let Hello { resume, topics, prefer } = match timeout(HELLO_WITHIN, hello(socket)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(end)) => return end,
        Err(_) => return End::Say(Leave(close::BAD_MESSAGE, "no hello")),
    };
    let (mailbox, start, newest) = state.tracker().subscribe(resume, topics, prefer);
    match welcome(socket, start, newest, version).await {
        Ok(()) => {}
        Err(end) => return end,
    }
    let mut last = Instant::now();
    loop {
        let step = tokio::select! {
            batch = mailbox.next(last) => {
                last = Instant::now();
                send_batch(socket, state, batch).await
            }
            message = socket.recv() => match message {
                Some(Ok(message)) => answer(socket, state, &mailbox, message).await,
                Some(Err(error)) => Err(refuse(error)),
                None => Err(End::Gone),
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

async fn hello(socket: &mut WebSocket) -> Result<Hello, End> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                return match serde_json::from_str(&text) {
                    Ok(ClientMessage::Hello { protocol: PROTOCOL, resume, topics, prefer, .. }) => Ok(Hello { resume, topics, prefer }),
                    Ok(ClientMessage::Hello { .. }) => {
                        Err(End::Say(Leave(close::PROTOCOL_VERSION, "another protocol version: reload the page")))
                    }
                    _ => Err(End::Say(Leave(close::BAD_MESSAGE, "the first message must be a hello"))),
                };
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(End::Say(Leave(close::BAD_MESSAGE, "the first message must be a hello"))),
            Some(Err(error)) => return Err(refuse(error)),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
        }
    }
}

async fn welcome(socket: &mut WebSocket, start: Start, newest: Resume, version: &str) -> Result<(), End> {
    let version = version.to_owned();
    send(socket, &ServerMessage::Welcome { epoch: newest.epoch, seq: newest.seq, version, now: now() }).await?;
    match start {
        Start::Gap(changes) if changes.is_empty() => Ok(()),
        Start::Gap(changes) => {
            send_changes(socket, &changes).await?;
            Ok(socket.flush().await?)
        }
        Start::Snapshot(snapshot) => send(socket, &ServerMessage::Snapshot { snapshot }).await,
    }
}

async fn send_batch(socket: &mut WebSocket, state: &AppState, batch: Batch) -> Result<(), End> {
    if batch.resync {
        state.tracker().meters().resynced();
        send(socket, &ServerMessage::Snapshot { snapshot: Box::new(state.snapshot()) }).await?;
    } else if !batch.changes.is_empty() {
        send_changes(socket, &batch.changes).await?;
    }
    for preview in batch.previews {
        socket.feed(Message::Binary(preview)).await?;
    }
    Ok(socket.flush().await?)
}

async fn send_changes(socket: &mut WebSocket, changes: &[Arc<Entry>]) -> Result<(), End> {
    let frame = changes_frame(changes.iter().map(|entry| entry.bytes()));
    Ok(socket.feed(Message::Binary(frame.into())).await?)
}

async fn send(socket: &mut WebSocket, message: &ServerMessage) -> Result<(), End> {
    let frame = message.encode().map_err(|_| End::Gone)?;
    Ok(socket.send(Message::Binary(frame.into())).await?)
}

async fn answer(socket: &mut WebSocket, state: &AppState, mailbox: &Mailbox, message: Message) -> Result<(), End> {
    let text = match message {
        Message::Text(text) => text,
        Message::Ping(_) | Message::Pong(_) => return Ok(()),
        Message::Binary(_) => return Err(End::Say(Leave(close::BAD_MESSAGE, "binary messages are not understood"))),
        Message::Close(_) => return Err(End::Gone),
    };
    match serde_json::from_str(&text) {
        Ok(ClientMessage::Ping { t }) => send(socket, &ServerMessage::Pong { t, now: now() }).await,
        Ok(ClientMessage::Subscribe { topic }) => {
            mailbox.subscribe(topic);
            Ok(())
        }
        Ok(ClientMessage::Unsubscribe { topic }) => {
            mailbox.unsubscribe(topic);
            Ok(())
        }
        Ok(ClientMessage::Prefer(prefer)) => {
            state.tracker().prefer(mailbox, prefer);
            Ok(())
        }
        Ok(ClientMessage::Command { id, command }) => {
            let error = state.command_once(id, command).await.err();
            send(socket, &ServerMessage::Done { id, error }).await
        }
        Ok(ClientMessage::Hello { .. }) | Err(_) => Err(End::Say(Leave(close::BAD_MESSAGE, "a message that is not understood"))),
    }
}

/// A message over the limit is answered with its code; after any other error there is nobody to answer.
fn refuse(error: axum::Error) -> End {
    match error.into_inner().downcast_ref() {
        Some(tungstenite::Error::Capacity(_)) => End::Say(Leave(close::TOO_BIG, "a message over 64 KiB")),
        _ => End::Gone,
    }
}
