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

use super::{
    faults::{Fate, Orders, Strike, Wire},
    python,
};

/// Frames that may wait for one socket, in bytes. Who reads more slowly than that is cut off, so that nobody
/// can fill the memory. (The real server queues without a bound.)
const BACKLOG: usize = 64 << 20;

/// Who an event is for: the prompt's client, or everyone when it has none (facts 35, 36).
pub(super) type Audience<'a> = Option<&'a str>;

pub(super) struct Sockets {
    table: Mutex<Table>,
    orders: Arc<Orders>,
}

#[derive(Default)]
struct Table {
    by_sid: HashMap<String, Socket>,
    /// The client whose prompt runs and the node it is at: what a reconnect is told (fact 2).
    running: Option<(String, String)>,
    /// Goes up when the engine forgets everything: sockets of before have no say any more.
    life: u64,
}

#[derive(Clone)]
struct Socket {
    outbox: mpsc::UnboundedSender<Outgoing>,
    wire: Wire,
    backlog: Arc<AtomicUsize>,
    preview_metadata: bool,
}

/// What a socket is to do next.
pub(super) enum Outgoing {
    Frame(Message),
    /// Ordered to go wrong at exactly this point.
    Strike(Strike),
}

/// The receiving end of one socket's frames.
pub(super) struct Inbox {
    frames: mpsc::UnboundedReceiver<Outgoing>,
    backlog: Arc<AtomicUsize>,
}

impl Inbox {
    /// The next frame, or `None` when the socket has been taken out of the table for good.
    pub(super) async fn next(&mut self) -> Option<Outgoing> {
        let next = self.frames.recv().await?;
        if let Outgoing::Frame(frame) = &next {
            self.backlog.fetch_sub(weight(frame), Ordering::Relaxed);
        }
        Some(next)
    }
}

/// The newer socket of one id has replaced this one, but it stays open and silent (fact 1): something must keep
/// its channel alive, else the route would take it for cut off.
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

    /// Enters a socket under its id, in place of an older one, and greets it (facts 1, 2).
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

    /// A socket's handler ended. The entry goes by id, even if it is a newer socket's by now (fact 1).
    pub(super) fn unregister(&self, ended: &Registration) {
        let mut table = self.lock();
        if table.life == ended.life {
            table.by_sid.remove(&ended.sid);
        }
    }

    /// Nobody is known any more, as when the process is another.
    pub(super) fn forget(&self) {
        let mut table = self.lock();
        *table = Table { life: table.life + 1, ..Table::default() };
    }

    /// How many are in the table.
    pub(super) fn count(&self) -> usize {
        self.lock().by_sid.len()
    }

    /// Strikes every socket in the table without waiting for the frames before it; returns how many there were.
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
        let prompt = data.get("prompt_id").and_then(Value::as_str);
        self.send(text(kind, data), (kind, prompt), audience);
    }

    /// A binary frame; of itself it may not say whose it is.
    pub(super) fn preview(&self, frame: Bytes, prompt: &str, audience: Audience<'_>) {
        self.send(Message::Binary(frame), ("preview", Some(prompt)), audience);
    }

    /// Every frame after the greeting passes here, but for [`Self::everyone`]. `about`: its type and prompt.
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

    /// A frame that no order changes.
    pub(super) fn everyone(&self, frame: &Message) {
        self.lock().reach(None, |socket| socket.push(frame.clone()));
    }

    pub(super) fn set_running(&self, running: Option<(String, String)>) {
        self.lock().running = running;
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Calls for every socket meant; those for which it is false leave the table.
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
    /// False when the socket is gone or too slow.
    fn push(&self, frame: Message) -> bool {
        let weight = weight(&frame);
        if self.backlog.fetch_add(weight, Ordering::Relaxed) > BACKLOG {
            // The route reads this as the order to hang up.
            let _ = self.outbox.send(Outgoing::Frame(Message::Close(None)));
            return false;
        }
        self.outbox.send(Outgoing::Frame(frame)).is_ok()
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
