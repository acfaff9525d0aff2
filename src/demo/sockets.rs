//! The table of WebSockets by client id, and the delivery of events.

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

use super::faults::{Fate, Orders, Strike, Wire};

/// Bytes that may be queued for one socket. A slower reader is disconnected, which bounds the memory.
/// (ComfyUI queues without a limit.)
const BACKLOG: usize = 64 << 20;

/// Recipients of an event: the prompt's client, or all sockets when it has none (facts 35, 36).
pub(super) type Audience<'a> = Option<&'a str>;

pub(super) struct Sockets {
    table: Mutex<Table>,
    orders: Arc<Orders>,
}

#[derive(Default)]
struct Table {
    by_sid: HashMap<String, Socket>,
    /// The running prompt's client and its current node: sent to a reconnecting client (fact 2).
    running: Option<(String, String)>,
    /// Incremented when the engine loses its memory: sockets of earlier lives no longer change the table.
    life: u64,
}

#[derive(Clone)]
struct Socket {
    outbox: mpsc::UnboundedSender<Outgoing>,
    wire: Wire,
    backlog: Arc<AtomicUsize>,
    preview_metadata: bool,
}

/// The next action of a socket.
pub(super) enum Outgoing {
    Frame(Message),
    /// A fault that strikes at exactly this point of the stream.
    Strike(Strike),
}

/// The receiving end of one socket's frames.
pub(super) struct Inbox {
    frames: mpsc::UnboundedReceiver<Outgoing>,
    backlog: Arc<AtomicUsize>,
}

impl Inbox {
    /// The next frame, or `None` when the socket was removed from the table.
    pub(super) async fn next(&mut self) -> Option<Outgoing> {
        let next = self.frames.recv().await?;
        if let Outgoing::Frame(frame) = &next {
            self.backlog.fetch_sub(weight(frame), Ordering::Relaxed);
        }
        Some(next)
    }
}

/// Keeps the channel of a socket alive. A newer socket of the same id replaces it in the table, but it stays open and silent
/// (fact 1); with a closed channel the route would disconnect it.
pub(super) struct Registration {
    pub(super) inbox: Inbox,
    sid: String,
    life: u64,
    _alive: mpsc::UnboundedSender<Outgoing>,
}

impl Sockets {
    pub(super) fn new(orders: Arc<Orders>) -> Self {
        Self { table: Mutex::default(), orders }
    }

    /// Adds a socket under its id, replacing an older one, and sends the greeting (facts 1, 2).
    pub(super) fn register(&self, sid: &str, wire: Wire, queue_info: &Value) -> Registration {
        let (outbox, frames) = mpsc::unbounded_channel();
        let backlog = Arc::new(AtomicUsize::new(0));
        let socket = Socket { outbox: outbox.clone(), wire, backlog: Arc::clone(&backlog), preview_metadata: false };
        let mut table = self.lock();
        socket.push(text("status", &json!({"status": queue_info, "sid": sid})));
        if let Some((client, node)) = &table.running
            && client == sid
        {
            socket.push(text("executing", &json!({"node": node})));
        }
        let strike = self.orders.strike_on_connect();
        if let Some(strike) = strike {
            let _ = socket.outbox.send(Outgoing::Strike(strike));
        }
        if strike == Some(Strike::Zombie) {
            table.by_sid.remove(sid);
        } else {
            table.by_sid.insert(sid.to_owned(), socket);
        }
        Registration { inbox: Inbox { frames, backlog }, sid: sid.to_owned(), life: table.life, _alive: outbox }
    }

    /// Called when a socket's handler ends. Removes the entry of its id, even if it is a newer socket's (fact 1).
    pub(super) fn unregister(&self, ended: &Registration) {
        let mut table = self.lock();
        if table.life == ended.life {
            table.by_sid.remove(&ended.sid);
        }
    }

    /// Empties the table, as a process restart does.
    pub(super) fn forget(&self) {
        let mut table = self.lock();
        *table = Table { life: table.life + 1, ..Table::default() };
    }

    /// How many are in the table.
    pub(super) fn count(&self) -> usize {
        self.lock().by_sid.len()
    }

    /// Strikes every socket in the table ahead of its queued frames; returns how many there were.
    pub(super) fn strike_all(&self, strike: Strike) -> usize {
        let mut table = self.lock();
        for socket in table.by_sid.values() {
            strike.hit(&socket.wire);
            let _ = socket.outbox.send(Outgoing::Strike(strike));
        }
        let count = table.by_sid.len();
        if strike == Strike::Zombie {
            table.by_sid.clear();
        }
        count
    }

    /// Stores a client's feature flags for its socket and answers with the server's (facts 4, 49).
    pub(super) fn set_features(&self, sid: &str, flags: &Value, features: &Value) {
        let mut table = self.lock();
        if let Some(socket) = table.by_sid.get_mut(sid) {
            socket.preview_metadata = flags.get("supports_preview_metadata") == Some(&Value::Bool(true));
            socket.push(text("feature_flags", features));
        }
    }

    /// Whether previews for this audience are sent as type 4.
    pub(super) fn wants_preview_metadata(&self, audience: Audience<'_>) -> bool {
        audience.is_some_and(|sid| self.lock().by_sid.get(sid).is_some_and(|socket| socket.preview_metadata))
    }

    pub(super) fn event(&self, kind: &str, data: &Value, audience: Audience<'_>) {
        let prompt = data.get("prompt_id").and_then(Value::as_str);
        self.send(text(kind, data), (kind, prompt), audience);
    }

    /// Sends a binary frame; the frame itself may not name its prompt.
    pub(super) fn preview(&self, frame: Bytes, prompt: &str, audience: Audience<'_>) {
        self.send(Message::Binary(frame), ("preview", Some(prompt)), audience);
    }

    /// Sends every frame after the greeting, except for [`Self::everyone`]. `about`: its type and prompt.
    fn send(&self, frame: Message, about: (&str, Option<&str>), audience: Audience<'_>) {
        let mut table = self.lock();
        match self.orders.fate(about.0, about.1) {
            Fate::Sent => table.reach(audience, |socket| socket.push(frame.clone())),
            Fate::Doubled => table.reach(audience, |socket| socket.push(frame.clone()) && socket.push(frame.clone())),
            Fate::Lost => {}
            Fate::Strikes(strike) => table.reach(audience, |socket| {
                let _ = socket.outbox.send(Outgoing::Strike(strike));
                strike != Strike::Zombie
            }),
        }
    }

    /// Broadcasts a frame that no fault applies to.
    pub(super) fn everyone(&self, frame: &Message) {
        self.lock().reach(None, |socket| socket.push(frame.clone()));
    }

    pub(super) fn set_running(&self, running: Option<(String, String)>) {
        self.lock().running = running;
    }

    /// The client of the prompt that runs.
    pub(super) fn running_client(&self) -> Option<String> {
        self.lock().running.as_ref().map(|(client, _)| client.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Calls `keep` for every socket of the audience; removes those for which it returns false.
    fn reach(&mut self, audience: Audience<'_>, keep: impl Fn(&Socket) -> bool) {
        match audience {
            None => self.by_sid.retain(|_, socket| keep(socket)),
            Some(sid) => {
                if self.by_sid.get(sid).is_some_and(|socket| !keep(socket)) {
                    self.by_sid.remove(sid);
                }
            }
        }
    }
}

impl Socket {
    /// Returns false when the socket is closed or too slow.
    fn push(&self, frame: Message) -> bool {
        let weight = weight(&frame);
        if self.backlog.fetch_add(weight, Ordering::Relaxed) > BACKLOG {
            // Tells the route to disconnect.
            let _ = self.outbox.send(Outgoing::Frame(Message::Close(None)));
            return false;
        }
        self.outbox.send(Outgoing::Frame(frame)).is_ok()
    }
}

fn text(kind: &str, data: &Value) -> Message {
    let frame = json!({"type": kind, "data": data});
    Message::Text(Utf8Bytes::from(proto::comfy::python_json(&frame)))
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
