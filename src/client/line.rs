//! One connection, kept up: drives the machine of `proto::link` and says what comes of it, one thing at a time.

use std::{collections::VecDeque, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes, handshake::client::Request};

use super::Connection;
use crate::{
    comfyui::{Socket, SocketEvent, SocketEvents, SocketSender, channel},
    proto::link::{Generation, Input, Link, LinkConfig, LinkState, Loss, Now, Output},
};

/// What is to be dealt with.
pub(super) enum Signal {
    Opened,
    Text(Utf8Bytes),
    Binary(Bytes),
    /// The socket is gone. What happens now is not told.
    Lost,
    /// The port was closed: what comes back there has forgotten everything.
    Gone,
    /// Ask over HTTP what is going on: there is no socket to tell it.
    Poll,
    /// Ask over HTTP whether the silent socket has left something out, and tell [`Line::looked`].
    Check,
    /// How news come has changed.
    Connection(Connection),
}

pub(super) struct Line {
    link: Link,
    origin: Instant,
    wake: Option<Instant>,
    request: Request,
    /// Said first on the next socket.
    pub(super) greeting: Utf8Bytes,
    events: SocketSender,
    inbox: SocketEvents,
    socket: Option<Socket>,
    /// The socket before, which must have ended before the next is opened.
    ending: Option<JoinHandle<()>>,
    signals: VecDeque<Signal>,
    told: Connection,
    was_live: bool,
    /// Sockets are refused for good: asked from now on, this often.
    polls: Option<(Instant, Duration)>,
    heard_at: Instant,
    silence: Duration,
    checking: Option<Generation>,
}

impl Line {
    pub(super) fn open(config: LinkConfig, request: Request, greeting: Utf8Bytes) -> Self {
        let (events, inbox) = channel();
        let mut line = Self {
            silence: config.stall_after.unwrap_or(Duration::MAX),
            polls: None,
            link: Link::new(config),
            origin: Instant::now(),
            wake: None,
            request,
            greeting,
            events,
            inbox,
            socket: None,
            ending: None,
            signals: VecDeque::new(),
            told: Connection::Connecting,
            was_live: false,
            heard_at: Instant::now(),
            checking: None,
        };
        line.input(Input::Start);
        line
    }

    /// Waits for the next thing to deal with. Nothing is lost when it is not waited for to the end.
    pub(super) async fn next(&mut self) -> Signal {
        loop {
            if let Some(signal) = self.signals.pop_front() {
                return signal;
            }
            let far = Instant::now() + Duration::from_secs(3600);
            let (wake, poll) = (self.wake.unwrap_or(far), self.polls.map_or(far, |(at, _)| at));
            tokio::select! {
                () = sleep_until(wake) => self.input(Input::Wake),
                () = sleep_until(poll) => {
                    self.polls = self.polls.map(|(_, every)| (Instant::now() + every, every));
                    self.signals.push_back(Signal::Poll);
                }
                Some((generation, event)) = self.inbox.recv() => self.event(generation, event),
            }
        }
    }

    /// Something runs there, or no longer: silence is suspicious meanwhile.
    pub(super) fn expect(&mut self, expecting: bool) {
        self.input(Input::Expecting(expecting));
    }

    /// What HTTP said. `missed`: something that the socket should have told.
    pub(super) fn looked(&mut self, missed: bool) {
        if let Some(generation) = self.checking.take() {
            // In order behind the frames that came meanwhile: they acquit the socket.
            let _ = self.events.try_send((generation, SocketEvent::Checked { missed }));
        } else if missed && self.heard_at.elapsed() >= self.silence {
            self.input(Input::Missed);
        }
    }

    /// Says goodbye, and waits until the peer has seen it.
    pub(super) async fn close(mut self) {
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
                self.signals.push_back(Signal::Opened);
                self.input(Input::Opened(generation));
            }
            SocketEvent::Text(text, _) => {
                self.signals.push_back(Signal::Text(text));
                self.heard(generation);
            }
            SocketEvent::Binary(bytes, _) => {
                self.signals.push_back(Signal::Binary(bytes));
                self.heard(generation);
            }
            SocketEvent::Pong => self.input(Input::Pong(generation)),
            SocketEvent::Gone => self.signals.push_back(Signal::Gone),
            SocketEvent::Checked { missed } => self.input(Input::Checked { missed }),
            SocketEvent::Lost(loss) => {
                self.signals.push_back(Signal::Lost);
                let refused = matches!(loss, Loss::Fatal(_));
                self.input(Input::Lost(generation, loss));
                if refused {
                    self.polls = Some((Instant::now(), LinkConfig::upstream().poll_busy));
                }
            }
        }
    }

    fn heard(&mut self, generation: Generation) {
        self.heard_at = Instant::now();
        self.input(Input::Received(generation));
    }

    fn input(&mut self, input: Input) {
        let now = Now { at: self.origin.elapsed(), jitter: rand::random() };
        self.link.handle(input, now);
        self.wake = None;
        while let Some(output) = self.link.poll_output() {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Connect(generation) => {
                let (request, greeting) = (self.request.clone(), self.greeting.clone());
                let (socket, task) = Socket::open(generation, request, greeting, self.events.clone(), self.ending.take());
                self.socket = Some(socket);
                self.ending = Some(task);
            }
            Output::Close(_) => {
                if self.socket.take().is_some() {
                    self.signals.push_back(Signal::Lost);
                }
            }
            Output::Ping(_) => {
                if let Some(socket) = &self.socket {
                    socket.ping();
                }
            }
            Output::Poll => self.signals.push_back(Signal::Poll),
            Output::Check => {
                self.checking = self.socket.as_ref().map(|socket| socket.generation);
                self.signals.push_back(Signal::Check);
            }
            Output::State(state) => self.tell(state),
            Output::Wake(at, _) => self.wake = Some(self.origin + at),
        }
    }

    fn tell(&mut self, state: LinkState) {
        let connection = match state {
            // Trying again is no news while it is known to be away.
            LinkState::Connecting if self.link.failures() > 0 => return,
            LinkState::Connecting => Connection::Connecting,
            LinkState::Connected => {
                self.was_live = true;
                Connection::Live
            }
            // Once is nothing yet: the server may not be there at all, and then that is told.
            LinkState::Reconnecting { attempt: 1, .. } if !self.was_live => return,
            LinkState::Reconnecting { .. } => Connection::Reconnecting { was_live: self.was_live },
            LinkState::Suspended { .. } => Connection::Restarting,
            LinkState::Polling { .. } => Connection::Polling { why: "the WebSocket does not hold".to_owned() },
            LinkState::Failed { why } => Connection::Polling { why: format!("no WebSocket, {}", why.trim_end_matches('.')) },
            LinkState::Disconnected => return,
        };
        if self.told != connection {
            self.told = connection.clone();
            self.signals.push_back(Signal::Connection(connection));
        }
    }
}
