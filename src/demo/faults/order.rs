//! What the demo engine can be told to do wrong: the JSON of `POST /_demo/faults`, and what tests in Rust write.

use serde::{Deserialize, Serialize};

/// One order. In JSON only `fault` is needed: `{"fault": {"kind": "drop"}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub fault: Fault,
    /// How often it happens before it is used up; 0 = until cleared. Missing: as [`Fault::usual_times`] says.
    #[serde(default)]
    pub times: Option<u32>,
    /// Only what concerns this prompt.
    #[serde(default)]
    pub prompt: Option<String>,
    /// That many occasions are let pass first: frames for a fault of sockets or frames, requests for one of HTTP.
    #[serde(default)]
    pub after: u32,
    /// Faults of sockets and frames only: frames of this type only; a preview's is `preview`.
    #[serde(default)]
    pub event: Option<String>,
    /// Faults of sockets only: strikes a socket that opens, after its first `status`.
    #[serde(default)]
    pub on_connect: bool,
}

/// What goes wrong.
///
/// *Faults of sockets* strike every open WebSocket at once, or if there is none the next to open. With `on_connect` they
/// strike the next to open; with `prompt`, `event` or `after` the sockets that a frame is for, in place of that frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Of sockets: the connection ends without a close frame.
    Drop,
    /// Of sockets: a clean close with this code.
    Close { code: u16 },
    /// Of sockets: a TCP reset.
    Reset,
    /// Of sockets: the connection stays open, but nothing is read or sent any more, answers to pings included.
    Blackhole,
    /// Of sockets: it leaves the table as if an older one of its client id had closed (fact 1). It answers pings.
    Zombie,
    /// Handshakes are answered with this status, or never.
    RefuseSockets { status: Option<u16> },

    /// Of frames: they are lost.
    Mute,
    /// Of frames: those of these types are lost.
    DropEvents { kinds: Vec<String> },
    /// Of frames: they come twice.
    DuplicateEvents,
    /// At once, to every socket: a preview, or a text frame of an unknown type, of this size.
    BigFrame { bytes: usize, text: bool },
    /// At once, to every socket.
    Garbage { what: Garbage },
    /// At once, to every socket: what it hears of somebody's run without a client id (fact 35). No such prompt exists.
    Foreign,
    /// At once, to every socket: what a reconnect is told (fact 2).
    ExecutingWithoutPromptId { node: Option<String> },

    /// Every connection ends and the port refuses new ones for `down_ms`. With `memory_lost` the queue, the history, the
    /// cache and what runs are gone without a word and numbers begin at 0 (fact 5), else the engine goes on meanwhile.
    Restart { memory_lost: bool, down_ms: u64 },
    /// The history follows `execution_success` (or whatever ends a run) by this long, and all that comes after it (fact 10).
    HistoryLag { ms: u64 },
    /// At once: the history is empty.
    ClearHistory,
    /// A run leaves no history when it ends.
    ForgetHistory,

    /// A `RuntimeError` at the node of this id or class.
    FailNode { node: String, message: String },
    /// The GPU is out of memory at the node of this id or class, or at any.
    Oom { node: Option<String> },
    /// The process ends at the node of this id or class. Refused when the engine is a guest in its process.
    DieAtNode { node: String },

    /// All waits are this many times longer. Infinitely fast engines have none.
    Slow { factor: f64 },
    /// At once: the worker stops at its next wait. An interrupt still ends the prompt.
    Pause,
    /// At once: ends [`Fault::Pause`].
    Resume,
    /// The worker stops at an exact place, until [`Fault::Release`]. An interrupt still ends the prompt.
    Hold {
        at: At,
        /// Only at the node of this id or class.
        #[serde(default)]
        node: Option<String>,
        /// For [`At::Step`]: only after this step, from 1.
        #[serde(default)]
        step: Option<u64>,
    },
    /// At once: what is held goes on. Holds that still wait for their place stay.
    Release,
    /// The first node that works sends this many `progress` events a second, before it does anything else.
    Flood { events_per_second: u32, seconds: f64 },

    /// A request is answered wrongly. `route` is a method and the beginning of a path without `/api`, such as
    /// `POST /prompt` or `GET /history`; `*` is all but `/ws` and `/_demo`.
    Http { route: String, answer: Answer },
}

/// Frames that mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// Text that is not JSON.
    Text,
    /// Valid JSON of a type that does not exist.
    UnknownType,
    /// JSON that is cut off in the middle.
    CutJson,
    /// A binary frame of a type that does not exist.
    Binary,
    /// A preview that ends within its header.
    CutBinary,
}

/// Where [`Fault::Hold`] stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// No prompt leaves the queue. Needs no prompt to take effect.
    Queued,
    /// The prompt is running, and `execution_start` has not been sent.
    Start,
    /// `executing` names the node, and it has not begun.
    Node,
    /// All frames of the step have been sent.
    Step,
    /// Every node is done, and `execution_success` has not been sent.
    End,
}

/// How [`Fault::Http`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Not handled; this status, with aiohttp's text.
    Status(u16),
    /// Handled, this many milliseconds late.
    Delay(u64),
    /// Not handled and not answered; the connection stays.
    Hang,
    /// Handled, and not answered; the connection stays.
    HangAfter,
    /// The connection ends before it is handled.
    DropBefore,
    /// Handled; then the connection ends without an answer.
    DropAfter,
}

impl Fault {
    /// Conditions last until cleared, everything else happens once.
    #[must_use]
    pub fn usual_times(&self) -> u32 {
        match self {
            Self::Mute | Self::DropEvents { .. } | Self::DuplicateEvents | Self::Slow { .. } | Self::HistoryLag { .. } => 0,
            _ => 1,
        }
    }
}

impl From<Fault> for Order {
    fn from(fault: Fault) -> Self {
        Self { fault, times: None, prompt: None, after: 0, event: None, on_connect: false }
    }
}

/// Orders read like sentences: `Fault::Drop.after(3)`, `Fault::Reset.on_connect().always()`.
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
    /// Until cleared.
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

    /// It waits for a certain frame.
    pub(super) fn names_a_frame(&self) -> bool {
        self.prompt.is_some() || self.event.is_some() || self.after > 0
    }
}
