//! The faults of the demo engine: the JSON of `POST /_demo/faults`, and its builders for tests in Rust.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One ordered fault. In JSON only `fault` is required: `{"fault": {"kind": "drop"}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub fault: Fault,
    /// How often it strikes before it is used up; 0 = until cleared. Default: [`Fault::usual_times`].
    #[serde(default)]
    pub times: Option<u32>,
    /// Only for this prompt.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Skips this many triggers first: frames for a fault of sockets or frames, requests for a fault of HTTP.
    #[serde(default)]
    pub after: u32,
    /// Faults of sockets and frames only: only frames of this type; a preview's is `preview`.
    #[serde(default)]
    pub event: Option<String>,
    /// Faults of sockets only: strikes the next socket that opens, after its first `status`.
    #[serde(default)]
    pub on_connect: bool,
}

/// The kinds of faults.
///
/// *Faults of sockets* strike every open WebSocket at once, or if there is none the next to open. With `on_connect` they
/// strike the next to open; with `prompt`, `event` or `after` they strike a frame's recipients and replace the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Of sockets: the connection ends without a close frame.
    Drop,
    /// Of sockets: a clean close with this code.
    Close { code: u16 },
    /// Of sockets: a TCP reset.
    Reset,
    /// Of sockets: the connection stays open, but reads and sends nothing more, not even pongs.
    Blackhole,
    /// Of sockets: removed from the table as if an older socket of its client id had closed (fact 1). It answers pings.
    Zombie,
    /// Handshakes are answered with this status, or never when it is absent.
    RefuseSockets { status: Option<u16> },

    /// Of frames: all are lost.
    Mute,
    /// Of frames: those of these types are lost.
    DropEvents { kinds: Vec<String> },
    /// Of frames: each is sent twice.
    DuplicateEvents,
    /// Sent at once to every socket: a preview, or a text frame of an unknown type, of this size.
    BigFrame { bytes: usize, text: bool },
    /// Sent at once to every socket: a malformed frame.
    Garbage { what: Garbage },
    /// Sent at once to every socket: the broadcasts of a run without a client id (fact 35). The prompt does not exist.
    Foreign,
    /// Sent at once to every socket: the `executing` that a reconnect receives (fact 2).
    ExecutingWithoutPromptId { node: Option<String> },

    /// Sent at once: a message of a node's own kind, as custom nodes send it (`send_sync`): to the client whose prompt runs, or to every socket.
    Say {
        event: String,
        data: Value,
        #[serde(default)]
        to_all: bool,
    },

    /// Every connection ends and the port refuses new ones for `down_ms`. With `memory_lost` the queue, the history, the cache
    /// and the running prompt are lost silently and numbers restart at 0 (fact 5); otherwise the engine keeps running.
    Restart { memory_lost: bool, down_ms: u64 },
    /// The history and everything after it follow the end of a run (such as `execution_success`) this much later (fact 10).
    HistoryLag { ms: u64 },
    /// At once: empties the history.
    ClearHistory,
    /// A run leaves no history entry.
    ForgetHistory,

    /// A `RuntimeError` at the node of this id or class.
    FailNode { node: String, message: String },
    /// The GPU is out of memory at the node of this id or class, or at any.
    Oom { node: Option<String> },
    /// The node of this id or class reports this as its `output` in `executed` and in the history, whatever it made.
    NodeOutput { node: String, output: Value },
    /// The process ends at the node of this id or class. Refused when the engine shares its process.
    DieAtNode { node: String },

    /// SaveImage or PreviewImage puts out a file of this name instead of its pictures: these bytes in base64, else `bytes` of noise.
    PutOut {
        filename: String,
        #[serde(default)]
        content: Option<String>,
        #[serde(default)]
        bytes: usize,
    },

    /// SaveImageWebsocket or PreviewImage sends its pictures over the socket in this manner, as nodes of custom packs do.
    SocketResults(SocketManner),

    /// Previews carry no metadata, as for a client that did not send its feature flags (fact 4).
    PlainPreviews,

    /// Multiplies all waits by this factor. No effect at infinite speed.
    Slow { factor: f64 },
    /// At once: the worker stops at its next wait. An interrupt still ends the prompt.
    Pause,
    /// At once: ends [`Fault::Pause`].
    Resume,
    /// The worker stops at the given place, until [`Fault::Release`]. An interrupt still ends the prompt.
    Hold {
        at: At,
        /// Only at the node of this id or class.
        #[serde(default)]
        node: Option<String>,
        /// For [`At::Step`]: only after this step, from 1.
        #[serde(default)]
        step: Option<u64>,
    },
    /// At once: releases a held worker. Holds that have not been reached stay.
    Release,
    /// The first node that runs sends this many `progress` events per second before its work.
    Flood { events_per_second: u32, seconds: f64 },

    /// A wrong answer to a request. `route` is a method and the start of a path without `/api`, such as
    /// `POST /prompt` or `GET /history`; `*` matches all but `/ws` and `/_demo`.
    Http { route: String, answer: Answer },
}

/// How a node sends its pictures over the socket. By default as SaveImageWebsocket does: as PNG, as previews of its progress, and without `executed`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SocketManner {
    /// As JPEG.
    pub jpeg: bool,
    /// Without progress and metadata: frames of type 1.
    pub plain: bool,
    /// It reports each as `{"source": "websocket", …}`.
    pub executed: bool,
}

/// Malformed or unknown frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// Text that is not JSON.
    Text,
    /// Valid JSON of an unknown type.
    UnknownType,
    /// Truncated JSON.
    CutJson,
    /// A binary frame of an unknown type.
    Binary,
    /// A preview truncated within its header.
    CutBinary,
}

/// The place where [`Fault::Hold`] stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// No prompt is taken from the queue. Takes effect without a prompt.
    Queued,
    /// The prompt is running; `execution_start` has not been sent.
    Start,
    /// `executing` has been sent for the node; the node has not started.
    Node,
    /// All frames of the step have been sent.
    Step,
    /// Every node is done; `execution_success` has not been sent.
    End,
}

/// How [`Fault::Http`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Not handled; answers this status with aiohttp's body.
    Status(u16),
    /// Not handled; answers this status with a page for people, as proxies and sign-in pages do.
    Page(u16),
    /// Not handled; answers this status with a `Location`: a url, or a path on this host. In it, `{path}` is the path and query of the request.
    Redirect { status: u16, to: String },
    /// Handled; the answer is delayed by this many milliseconds.
    Delay(u64),
    /// Not handled, not answered; the connection stays open.
    Hang,
    /// Handled, not answered; the connection stays open.
    HangAfter,
    /// The connection ends before the request is handled.
    DropBefore,
    /// Handled; then the connection ends without an answer.
    DropAfter,
}

impl Fault {
    /// Conditions last until cleared, all other faults strike once.
    #[must_use]
    pub fn usual_times(&self) -> u32 {
        match self {
            Self::Mute
            | Self::DropEvents { .. }
            | Self::DuplicateEvents
            | Self::Slow { .. }
            | Self::PlainPreviews
            | Self::HistoryLag { .. } => 0,
            _ => 1,
        }
    }
}

impl From<Fault> for Order {
    fn from(fault: Fault) -> Self {
        Self { fault, times: None, prompt: None, after: 0, event: None, on_connect: false }
    }
}

/// Builders of orders: `Fault::Drop.after(3)`, `Fault::Reset.on_connect().always()`.
impl Fault {
    #[must_use]
    pub fn times(self, times: u32) -> Order {
        Order::from(self).times(times)
    }
    #[must_use]
    pub fn always(self) -> Order {
        Order::from(self).always()
    }
    #[must_use]
    pub fn of(self, prompt: impl ToString) -> Order {
        Order::from(self).of(prompt)
    }
    #[must_use]
    pub fn after(self, occasions: u32) -> Order {
        Order::from(self).after(occasions)
    }
    #[must_use]
    pub fn at_event(self, kind: &str) -> Order {
        Order::from(self).at_event(kind)
    }
    #[must_use]
    pub fn on_connect(self) -> Order {
        Order::from(self).on_connect()
    }
}

impl Order {
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
    /// Strikes until cleared.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(0)
    }
    #[must_use]
    pub fn of(self, prompt: impl ToString) -> Self {
        Self { prompt: Some(prompt.to_string()), ..self }
    }
    #[must_use]
    pub fn after(self, occasions: u32) -> Self {
        Self { after: occasions, ..self }
    }
    #[must_use]
    pub fn at_event(self, kind: &str) -> Self {
        Self { event: Some(kind.to_owned()), ..self }
    }
    #[must_use]
    pub fn on_connect(self) -> Self {
        Self { on_connect: true, ..self }
    }

    /// Whether the order waits for a certain frame.
    pub(super) fn names_a_frame(&self) -> bool {
        self.prompt.is_some() || self.event.is_some() || self.after > 0
    }
}
