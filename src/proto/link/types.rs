//! The inputs, outputs and states of the machine.

use std::time::Duration;

use super::Timer;
use crate::wire::close;

/// The state as it is displayed.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkState {
    Connecting,
    Connected,
    /// After failure number `attempt`, reconnects at `at` (the driver's clock).
    Reconnecting {
        attempt: u32,
        at: Duration,
    },
    /// No socket: the peer is polled regularly, and a socket is probed at `probe_at` (in the past while a probe is in progress).
    Polling {
        probe_at: Duration,
    },
    /// The peer announced a restart, and the link reconnects at `at`; or it was restarted without a word, and `at` is when that was found.
    Suspended {
        at: Duration,
    },
    /// A person or program disconnected it.
    Disconnected,
    /// The peer refuses. With `LinkConfig::refused_retry` the link retries after that time, else only on request of a person.
    Failed {
        why: String,
    },
}

impl LinkState {
    /// Whether changes are received, so that the known state is current.
    #[must_use]
    pub fn is_current(&self) -> bool {
        matches!(self, Self::Connected | Self::Polling { .. })
    }
}

/// A number for each connect attempt: callbacks of an older socket carry an older one and are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// What the driver reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Start,
    Stop,
    /// The latest [`Output::Wake`] is due.
    Wake,
    Opened(Generation),
    /// A message of the peer other than a pong.
    Received(Generation),
    /// The answer to [`Output::Ping`].
    Pong(Generation),
    /// The first message of a socket shows that the peer is another process than before. Reported before [`Input::Opened`].
    Restarted(Generation),
    /// The socket could not be opened, or ended.
    Lost(Generation, Loss),
    /// Reconnect now: requested by a person, or the machine came back online.
    RetryNow,
    /// The machine is offline: no attempts until [`Input::RetryNow`].
    Offline,
    /// Whether something runs at the peer: while it does, silence is suspicious. May be repeated.
    Expecting(bool),
    /// The answer to [`Output::Check`]. `missed`: the socket did not deliver an event. Optional (the peer may not
    /// answer): the next check is made anyway.
    Checked {
        missed: bool,
    },
    /// A poll that the machine did not request found an event that the socket has not delivered for
    /// `LinkConfig::stall_after`.
    Missed,
    /// The peer refused an HTTP request, as with [`Loss::Fatal`]; with the reason. Retried after `LinkConfig::refused_retry`, if there is one.
    Refused(String),
    /// How an HTTP request to the peer went: decides what a refused socket means. May be reported at any time.
    Http(HttpAnswer),
}

/// How an HTTP request to the peer went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HttpAnswer {
    Fine,
    /// It answered, but refused or with something else: not allowed, not found, a redirect, a page for people. The reason.
    Refused(String),
    /// No answer, or the peer is out of order (5xx).
    #[default]
    Unreachable,
}

/// How a socket ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Unreachable, reset, or ended without a close frame. A failure.
    Dropped,
    /// Closed by the peer with this code of RFC 6455, or by us with 1009 (a message over the limit). A failure, counted separately.
    Closed { code: u16 },
    /// The peer announced a restart.
    Restarting,
    /// The peer answered the handshake but opened no socket; with the reason. HTTP shows whether it refuses everything.
    Refused(String),
    /// Permanently refused: not signed in, wrong protocol version. Only a person can retry.
    Fatal(String),
}

/// RFC 6455, 7.4.1: policy violation. A retry would violate it again.
const POLICY: u16 = 1008;
/// No close frame was received, or one without a code: never sent, but reported by libraries.
const NO_CODE: std::ops::RangeInclusive<u16> = 1005..=1006;

impl Loss {
    /// The loss that a close frame with this code and reason means.
    #[must_use]
    pub fn closed(code: u16, reason: &str) -> Self {
        match code {
            close::RESTARTING => Self::Restarting,
            code if NO_CODE.contains(&code) => Self::Dropped,
            code if code == POLICY || close::is_fatal(code) => {
                Self::Fatal(if reason.is_empty() { "The connection was refused." } else { reason }.to_owned())
            }
            code => Self::Closed { code },
        }
    }
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a socket; report with this generation.
    Connect(Generation),
    /// Close the socket of this generation, completely, before the next `Connect` (fact 1: ComfyUI mutes the newer of two sockets).
    Close(Generation),
    /// Send a ping; report the pong.
    Ping(Generation),
    /// Poll the peer's state over HTTP, because no socket is open or the peer refused one; report [`Input::Http`].
    Poll,
    /// Check over HTTP whether the silent socket missed an event; report [`Input::Checked`].
    Check,
    State(LinkState),
    /// Send [`Input::Wake`] at this time, because of this timer. Replaces the previous wake.
    Wake(Duration, Timer),
}

/// The time since an origin of the driver's choice (monotonic), and a random number from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub at: Duration,
    pub jitter: f64,
}

/// Totals since the link was created, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sockets that opened after the first.
    pub reconnects: u32,
    /// Sockets not opened, reset or unanswered.
    pub dropped: u32,
    /// Sockets the peer closed, including restarts and permanent refusals.
    pub closed: u32,
    /// Sockets that were closed because they were silent.
    pub stalled: u32,
    /// Polls made because there was no socket.
    pub polls: u32,
}
