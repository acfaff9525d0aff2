//! Drives the connection machine for one ComfyUI: carries out its outputs and feeds it what happens.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Backend,
    frames::Frames,
    socket::{self, Socket, SocketEvent, SocketSender},
};
use crate::{
    proto::{
        link::{Generation, Input, Link, LinkConfig, LinkState, Now, Output},
        task::BackendState,
    },
    server::clock::now,
};

/// How often the link is told whether anything is to be expected of this ComfyUI.
const EXPECT_EVERY: Duration = Duration::from_secs(1);

struct Driver {
    backend: Arc<Backend>,
    link: Link,
    origin: Instant,
    wake: Option<Instant>,
    events: SocketSender,
    socket: Option<Socket>,
    /// The socket before, which must have ended before the next is opened.
    ending: Option<JoinHandle<()>>,
    looking: Option<JoinHandle<()>>,
}

pub(super) async fn run(backend: Arc<Backend>, link: LinkConfig, stop: CancellationToken) {
    let (events, mut inbox) = socket::channel();
    let mut driver = Driver {
        link: Link::new(link),
        origin: Instant::now(),
        wake: None,
        events,
        socket: None,
        ending: None,
        looking: None,
        backend: backend.clone(),
    };
    let mut frames = Frames::default();
    let mut expect = interval(EXPECT_EVERY);
    expect.set_missed_tick_behavior(MissedTickBehavior::Delay);
    driver.input(Input::Start);
    loop {
        let wake = driver.wake.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep_until(wake) => driver.input(Input::Wake),
            _ = expect.tick() => driver.input(Input::Expecting(!backend.in_flight().is_empty())),
            () = backend.look.notified() => {
                if matches!(driver.link.state(), LinkState::Connected | LinkState::Polling { .. }) {
                    driver.look();
                }
            }
            Some((generation, event)) = inbox.recv() => {
                driver.socket_event(generation, event, &mut frames);
            }
        }
    }
    driver.input(Input::Stop);
    if let Some(ending) = driver.ending {
        let _ = ending.await;
    }
}

impl Driver {
    fn socket_event(&mut self, generation: Generation, event: SocketEvent, frames: &mut Frames) {
        if self.socket.as_ref().is_none_or(|socket| socket.generation != generation) {
            return;
        }
        match event {
            SocketEvent::Opened => {
                *frames = Frames::default();
                self.input(Input::Opened(generation));
                // It may be another version with other nodes since it was last here.
                self.backend.forget_catalog_age();
                self.look();
            }
            SocketEvent::Text(text) => {
                frames.text(&self.backend, &text);
                self.input(Input::Received(generation));
            }
            SocketEvent::Binary(bytes) => {
                frames.binary(&self.backend, &bytes);
                self.input(Input::Received(generation));
            }
            SocketEvent::Pong => self.input(Input::Pong(generation)),
            SocketEvent::Checked { missed } => self.input(Input::Checked { missed }),
            SocketEvent::Lost(loss) => self.input(Input::Lost(generation, loss)),
        }
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
            Output::Connect(generation) => match self.backend.client.socket_request() {
                Ok(request) => {
                    let (socket, task) = Socket::open(generation, request, self.events.clone(), self.ending.take());
                    self.socket = Some(socket);
                    self.ending = Some(task);
                }
                Err(error) => tracing::error!(backend = %self.backend.id, %error, "no request for the socket"),
            },
            Output::Close(_) => self.socket = None,
            Output::Ping(_) => {
                if let Some(socket) = &self.socket {
                    socket.ping();
                }
            }
            Output::Poll => self.look(),
            Output::Check => self.check(),
            Output::State(state) => self.show(&state),
            Output::Wake(at, _) => self.wake = Some(self.origin + at),
        }
    }

    fn show(&self, state: &LinkState) {
        let state = match state {
            LinkState::Connecting => BackendState::Connecting,
            LinkState::Connected => BackendState::Connected,
            LinkState::Reconnecting { attempt, .. } => BackendState::Reconnecting { attempt: *attempt },
            LinkState::Polling { .. } => BackendState::Polling,
            LinkState::Suspended { .. } => BackendState::Suspended,
            LinkState::Disconnected => BackendState::Disconnected,
            LinkState::Failed { why } => BackendState::Failed { why: why.clone() },
        };
        tracing::info!(backend = %self.backend.id, state = state.word(), "link");
        // Trying again is no news while it is already known to be away.
        let trying_again = state == BackendState::Connecting && self.link.failures() > 0;
        if !trying_again {
            self.backend.update(|shown| {
                if std::mem::discriminant(&shown.state) != std::mem::discriminant(&state) {
                    shown.since = now();
                }
                shown.state = state;
            });
        }
    }

    /// Learns what this ComfyUI is and how our tasks there are doing. One look at a time: a slow ComfyUI is not asked twice.
    fn look(&mut self) {
        if self.looking.as_ref().is_some_and(|looking| !looking.is_finished()) {
            return;
        }
        let backend = self.backend.clone();
        self.looking = Some(tokio::spawn(async move {
            backend.learn().await;
            if let Err(error) = backend.reconcile().await {
                tracing::warn!(backend = %backend.id, %error, "tasks could not be compared");
            }
        }));
    }

    /// A look that tells the link whether it found what the socket should have told.
    fn check(&mut self) {
        let Some(generation) = self.socket.as_ref().map(|socket| socket.generation) else { return };
        if self.looking.as_ref().is_some_and(|looking| !looking.is_finished()) {
            return;
        }
        let (backend, events) = (self.backend.clone(), self.events.clone());
        self.looking = Some(tokio::spawn(async move {
            let before = backend.told();
            match backend.reconcile().await {
                // In order behind the frames that came meanwhile: they acquit the socket.
                Ok(()) => {
                    let missed = before.into_iter().any(|(task, state)| backend.tracker.task(task).is_none_or(|task| task.state != state));
                    let _ = events.send((generation, SocketEvent::Checked { missed })).await;
                }
                Err(error) => tracing::warn!(backend = %backend.id, %error, "the silence cannot be looked into"),
            }
        }));
    }
}
