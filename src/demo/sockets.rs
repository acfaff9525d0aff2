//! The table of WebSockets by client id, and who hears what.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::Bytes,
    extract::ws::{Message, Utf8Bytes},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::python;

/// Frames that may wait for one socket, in bytes. Who reads more slowly than that is cut off, so that nobody
/// can fill the memory. (The real server queues without a bound.)
const BACKLOG: usize = 64 << 20;

/// Who an event is for: the prompt's client, or everyone when it has none (facts 35, 36).
pub(super) type Audience<'a> = Option<&'a str>;

#[derive(Default)]
pub(super) struct Sockets {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    by_sid: HashMap<String, Socket>,
    /// The client whose prompt runs and the node it is at: what a reconnect is told (fact 2).
    running: Option<(String, String)>,
}

#[derive(Clone)]
struct Socket {
    outbox: mpsc::UnboundedSender<Message>,
    backlog: Arc<AtomicUsize>,
    preview_metadata: bool,
}

/// The receiving end of one socket's frames.
pub(super) struct Inbox {
    frames: mpsc::UnboundedReceiver<Message>,
    backlog: Arc<AtomicUsize>,
}

impl Inbox {
    /// The next frame, or `None` when the socket has been taken out of the table for good.
    pub(super) async fn next(&mut self) -> Option<Message> {
        let frame = self.frames.recv().await?;
        self.backlog.fetch_sub(weight(&frame), Ordering::Relaxed);
        Some(frame)
    }
}

/// The newer socket of one id has replaced this one, but it stays open and silent (fact 1): something must keep
/// its channel alive, else the route would take it for cut off.
pub(super) struct Registration {
    pub(super) inbox: Inbox,
    _alive: mpsc::UnboundedSender<Message>,
}

impl Sockets {
    /// Enters a socket under its id, in place of an older one, and greets it (facts 1, 2).
    pub(super) fn register(&self, sid: &str, queue_info: &Value) -> Registration {
        let (outbox, frames) = mpsc::unbounded_channel();
        let backlog = Arc::new(AtomicUsize::new(0));
        let socket = Socket { outbox: outbox.clone(), backlog: Arc::clone(&backlog), preview_metadata: false };
        let mut table = self.lock();
        socket.push(text("status", &json!({"status": queue_info, "sid": sid})));
        if let Some((client, node)) = &table.running
            && client == sid
        {
            socket.push(text("executing", &json!({"node": node})));
        }
        table.by_sid.insert(sid.to_owned(), socket);
        Registration { inbox: Inbox { frames, backlog }, _alive: outbox }
    }

    /// A socket's handler ended. The entry goes by id, even if it is a newer socket's by now (fact 1).
    pub(super) fn unregister(&self, sid: &str) {
        self.lock().by_sid.remove(sid);
    }

    /// Keeps a client's feature flags with its connection and answers with the server's (facts 4, 49).
    pub(super) fn set_features(&self, sid: &str, flags: &Value, features: &Value) {
        let mut table = self.lock();
        if let Some(socket) = table.by_sid.get_mut(sid) {
            socket.preview_metadata = flags.get("supports_preview_metadata") == Some(&Value::Bool(true));
            socket.push(text("feature_flags", features));
        }
    }

    /// Whether previews for this audience go out as type 4.
    pub(super) fn wants_preview_metadata(&self, audience: Audience<'_>) -> bool {
        audience.is_some_and(|sid| self.lock().by_sid.get(sid).is_some_and(|socket| socket.preview_metadata))
    }

    pub(super) fn event(&self, kind: &str, data: &Value, audience: Audience<'_>) {
        self.send(text(kind, data), audience);
    }

    pub(super) fn binary(&self, frame: Bytes, audience: Audience<'_>) {
        self.send(Message::Binary(frame), audience);
    }

    /// Every frame after the greeting passes here.
    fn send(&self, frame: Message, audience: Audience<'_>) {
        let mut table = self.lock();
        match audience {
            None => table.by_sid.retain(|_, socket| socket.push(frame.clone())),
            Some(sid) => {
                if table.by_sid.get(sid).is_some_and(|socket| !socket.push(frame)) {
                    table.by_sid.remove(sid);
                }
            }
        }
    }

    pub(super) fn set_running(&self, running: Option<(String, String)>) {
        self.lock().running = running;
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Socket {
    /// False when the socket is gone or too slow.
    fn push(&self, frame: Message) -> bool {
        let weight = weight(&frame);
        if self.backlog.fetch_add(weight, Ordering::Relaxed) > BACKLOG {
            // The route reads this as the order to hang up.
            let _ = self.outbox.send(Message::Close(None));
            return false;
        }
        self.outbox.send(frame).is_ok()
    }
}

fn text(kind: &str, data: &Value) -> Message {
    let frame = json!({"type": kind, "data": data});
    Message::Text(Utf8Bytes::from(python::dumps(&frame)))
}

fn weight(frame: &Message) -> usize {
    const OVERHEAD: usize = 64;
    OVERHEAD
        + match frame {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
            Message::Close(_) => 0,
        }
}
