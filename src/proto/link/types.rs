//! The inputs, outputs and states of the machine.

use std::time::Duration;

use super::Timer;
use crate::wire::close;

/// The state that people see.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkState {
    Connecting,
    Connected,
    /// The next try, after failure number `attempt`, is due at `at` (the driver's clock).
    Reconnecting {
        attempt: u32,
        at: Duration,
    },
    /// Live updates are off; the peer is asked regularly, and the socket is tried again at `probe_at` (while one is tried: in the past).
    Polling {
        probe_at: Duration,
    },
    /// The peer said that it restarts and will be back; the next try is due at `at`.
    Suspended {
        at: Duration,
    },
    /// A person or program disconnected it.
    Disconnected,
    /// Trying again would not help.
    Failed {
        why: String,
    },
}

impl LinkState {
    /// Whether news comes in: what is known is of now.
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
    /// The time of the last [`Output::Wake`] has come.
    Wake,
    Opened(Generation),
    /// Any message of the peer, but no pong: a sign of life.
    Received(Generation),
    /// The answer to [`Output::Ping`].
    Pong(Generation),
    /// The socket could not be opened, or ended.
    Lost(Generation, Loss),
    /// A person asks for a try now, or the machine came back online.
    RetryNow,
    /// The machine is offline: there is no point in trying until [`Input::RetryNow`].
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
    /// The peer refused an HTTP request for good, as with [`Loss::Fatal`]; the reason.
    Refused(String),
}

/// How a socket ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Not reached, reset, or ended without a close frame. A failure.
    Dropped,
    /// The peer closed it, with this code of RFC 6455 (or we had to: 1009, a message over the limit). A failure too, counted apart.
    Closed { code: u16 },
    /// The peer said that it restarts.
    Restarting,
    /// Refused for good: not signed in, wrong protocol version. Only a person can retry.
    Fatal(String),
}

/// RFC 6455, 7.4.1: a rule was broken; trying again would break it again.
const POLICY: u16 = 1008;
/// No close frame came, or none with a code: never sent, but reported by libraries.
const NO_CODE: std::ops::RangeInclusive<u16> = 1005..=1006;

impl Loss {
    /// What a close frame with this code and reason means.
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
    /// Poll the peer's state over HTTP: no socket is open.
    Poll,
    /// Check over HTTP whether the silent socket missed an event; report [`Input::Checked`].
    Check,
    State(LinkState),
    /// Come back with [`Input::Wake`] at this time, because of this timer. Replaces the wake before.
    Wake(Duration, Timer),
}

/// The time since an origin of the driver's choice (monotonic), and a random number from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub at: Duration,
    pub jitter: f64,
}

/// What happened to the link since it was made, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sockets that opened after the first.
    pub reconnects: u32,
    /// Sockets not opened, reset or unanswered.
    pub dropped: u32,
    /// Sockets the peer closed, also to restart or for good.
    pub closed: u32,
    /// Sockets that we gave up because they were silent.
    pub stalled: u32,
    /// Times the peer was asked because there was no socket.
    pub polls: u32,
}
