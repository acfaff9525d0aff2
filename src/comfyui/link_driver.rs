//! Keeps one WebSocket connected: drives the state machine of `proto::link` with a socket and the clock, and returns one event at a time.

use std::{collections::VecDeque, time::Duration};

use tokio::{task::JoinHandle, time::Instant};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use super::{
    Handshake, TimedLink,
    socket::{Socket, SocketEvent, SocketEvents, SocketSender, channel},
};
use proto::link::{Generation, HttpAnswer, Input, Link, LinkConfig, LinkState, Loss, Output};

/// An event for the owner of the link.
pub enum LinkEvent {
    Opened,
    Text(Utf8Bytes),
    Binary(Bytes),
    /// A pong came: the round-trip time may have changed.
    Pong,
    /// The socket ended. Events of ComfyUI are missed until the next one opens.
    Lost,
    /// The port was closed: the process ended, and its successor has an empty queue and history.
    Gone,
    /// Poll the state of the tasks over HTTP, because no socket is open, and report how that went with [`LinkDriver::http`].
    Poll,
    /// Check over HTTP whether the silent socket missed an event, and report it with [`LinkDriver::poll_ended`].
    Check,
    /// The state of the link changed. Not sent for each retry while the peer stays unreachable.
    State(LinkState),
}

/// A link and its socket. It makes progress only while [`LinkDriver::next`] is awaited.
pub struct LinkDriver {
    link: TimedLink,
    handshake: Handshake,
    /// The first message on the next socket.
    pub greeting: Utf8Bytes,
    events: SocketSender,
    inbox: SocketEvents,
    socket: Option<Socket>,
    /// The socket before, which must have ended before the next is opened.
    ending: Option<JoinHandle<()>>,
    signals: VecDeque<LinkEvent>,
    /// When the last frame came, and how long a silence is suspicious.
    received_at: Instant,
    silence: Duration,
    /// The generation whose silence the next poll is to check, and the one that the poll under way checks.
    check_next: Option<Generation>,
    checking: Option<Generation>,
}

impl LinkDriver {
    pub fn open(config: LinkConfig, handshake: Handshake, greeting: Utf8Bytes) -> Self {
        let (events, inbox) = channel();
        let mut driver = Self {
            silence: config.stall_after.unwrap_or(Duration::MAX),
            link: TimedLink::new(config),
            handshake,
            greeting,
            events,
            inbox,
            socket: None,
            ending: None,
            signals: VecDeque::new(),
            received_at: Instant::now(),
            check_next: None,
            checking: None,
        };
        driver.input(Input::Start);
        driver
    }

    /// The round-trip time of the link.
    pub fn link(&self) -> &Link {
        self.link.link()
    }

    /// How long it is until `at`, a time of the link.
    pub fn until(&self, at: Duration) -> Duration {
        self.link.until(at)
    }

    /// Waits for the next event. Cancel safe: no event is lost when the future is dropped.
    pub async fn next(&mut self) -> LinkEvent {
        loop {
            if let Some(signal) = self.signals.pop_front() {
                return signal;
            }
            tokio::select! {
                () = self.link.due() => self.input(Input::Wake),
                Some((generation, event)) = self.inbox.recv() => self.event(generation, event),
            }
        }
    }

    /// Whether tasks run there. While they do, silence of the socket is suspicious.
    pub fn expect(&mut self, expecting: bool) {
        self.input(Input::Expecting(expecting));
    }

    /// Retries at once, on a person's request.
    pub fn retry(&mut self) {
        self.input(Input::RetryNow);
    }

    /// A poll over HTTP has started. It answers every [`LinkEvent::Check`] from before.
    pub fn poll_started(&mut self) {
        self.checking = self.check_next.take();
    }

    /// The result of that poll. `missed`: it found an event that the socket should have delivered.
    pub fn poll_ended(&mut self, missed: bool) {
        if let Some(generation) = self.checking.take() {
            // Queued behind the frames that came meanwhile: those prove that the socket works.
            let _ = self.events.try_send((generation, SocketEvent::Checked { missed }));
        } else if missed && self.received_at.elapsed() >= self.silence {
            // Any poll may find what a check would.
            self.input(Input::Missed);
        }
    }

    /// How a request over HTTP went. Decides what a refused socket means.
    pub fn http(&mut self, answer: HttpAnswer) {
        self.input(Input::Http(answer));
    }

    /// The peer refuses essential requests, such as prompts, although it answers others. `why`: the reason.
    pub fn refused(&mut self, why: String) {
        self.input(Input::Refused(why));
    }

    /// Sends a close frame, and waits for the peer's.
    pub async fn close(mut self) {
        self.input(Input::Stop);
        if let Some(ending) = self.ending.take() {
            let _ = ending.await;
        }
    }

    fn event(&mut self, generation: Generation, event: SocketEvent) {
        if self.socket.as_ref().is_none_or(|socket| socket.generation != generation) {
            return;
        }
        match event {
            SocketEvent::Opened => {
                self.signals.push_back(LinkEvent::Opened);
                self.input(Input::Opened(generation));
            }
            // The frame's part of the backlog is free again: it is handled before the next is received.
            SocketEvent::Text(text, _held) => {
                self.signals.push_back(LinkEvent::Text(text));
                self.received(generation);
            }
            SocketEvent::Binary(bytes, _held) => {
                self.signals.push_back(LinkEvent::Binary(bytes));
                self.received(generation);
            }
            SocketEvent::Pong => {
                self.input(Input::Pong(generation));
                self.signals.push_back(LinkEvent::Pong);
            }
            SocketEvent::Gone => self.signals.push_back(LinkEvent::Gone),
            SocketEvent::Checked { missed } => self.input(Input::Checked { missed }),
            SocketEvent::Lost(loss) => {
                self.signals.push_back(LinkEvent::Lost);
                // A close frame that forbids a reconnect may be a proxy's: a check over HTTP decides.
                let loss = if let Loss::Fatal(why) = loss { Loss::Refused(why) } else { loss };
                self.input(Input::Lost(generation, loss));
            }
        }
    }

    fn received(&mut self, generation: Generation) {
        self.received_at = Instant::now();
        self.input(Input::Received(generation));
    }

    fn input(&mut self, input: Input) {
        for output in self.link.handle(input) {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Connect(generation) => {
                let (handshake, greeting) = (self.handshake.clone(), self.greeting.clone());
                let (socket, task) = Socket::open(generation, handshake, greeting, self.events.clone(), self.ending.take());
                self.socket = Some(socket);
                self.ending = Some(task);
            }
            Output::Close(_) => {
                if self.socket.take().is_some() {
                    self.signals.push_back(LinkEvent::Lost);
                }
            }
            Output::Ping(_) => {
                if let Some(socket) = &self.socket {
                    socket.ping();
                }
            }
            Output::Poll => self.signals.push_back(LinkEvent::Poll),
            Output::Check => {
                self.check_next = self.socket.as_ref().map(|socket| socket.generation);
                self.signals.push_back(LinkEvent::Check);
            }
            Output::State(state) => self.signals.push_back(LinkEvent::State(state)),
            // `TimedLink` keeps it.
            Output::Wake(..) => {}
        }
    }
}
