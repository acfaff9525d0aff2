//! Drives the connection machine for one ComfyUI: carries out its outputs and feeds it what happens.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Backend, frames::Frames, reconcile::Looked};
use crate::{
    comfyui::{FEATURE_FLAGS, Socket, SocketEvent, SocketSender, channel},
    proto::{
        link::{Generation, Input, Link, LinkConfig, LinkState, Now, Output},
        task::BackendState,
    },
    server::clock::now,
};

/// How often the link is told whether anything is to be expected of this ComfyUI, and the state of its HTTP is shown.
const EXPECT_EVERY: Duration = Duration::from_secs(1);
/// What is not clear yet is looked at again after this long.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// A queue that changes all the time is looked at no more often than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);

struct Driver {
    backend: Arc<Backend>,
    link: Link,
    origin: Instant,
    wake: Option<Instant>,
    events: SocketSender,
    socket: Option<Socket>,
    /// The socket before, which must have ended before the next is opened.
    ending: Option<JoinHandle<()>>,
    looking: Option<JoinHandle<Looked>>,
    /// Somebody asked for a look while one was under way.
    wanted: bool,
    /// The next look is due then.
    look_at: Option<Instant>,
    looked_at: Instant,
    /// When the socket last said anything, and how much silence is suspicious.
    heard_at: Instant,
    silence: Duration,
    /// The link wants to know what the next look says about the silence of this socket; and what the one under way says about that one.
    check_next: Option<Generation>,
    checking: Option<Generation>,
}

pub(super) async fn run(backend: Arc<Backend>, link: LinkConfig, stop: CancellationToken) {
    let (events, mut inbox) = channel();
    let mut driver = Driver {
        heard_at: Instant::now(),
        silence: link.stall_after.unwrap_or(Duration::MAX),
        link: Link::new(link),
        origin: Instant::now(),
        wake: None,
        events,
        socket: None,
        ending: None,
        looking: None,
        wanted: false,
        look_at: None,
        looked_at: Instant::now(),
        check_next: None,
        checking: None,
        backend: backend.clone(),
    };
    let mut frames = Frames::default();
    let mut expect = interval(EXPECT_EVERY);
    expect.set_missed_tick_behavior(MissedTickBehavior::Delay);
    driver.input(Input::Start);
    loop {
        let far = Instant::now() + Duration::from_secs(3600);
        let (wake, look_at) = (driver.wake.unwrap_or(far), driver.look_at.unwrap_or(far));
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep_until(wake) => driver.input(Input::Wake),
            () = sleep_until(look_at) => driver.look(),
            looked = ended(&mut driver.looking) => driver.looked(looked),
            _ = expect.tick() => driver.tick(),
            () = backend.look.notified() => driver.look_if_linked(),
            () = backend.retry.notified() => driver.input(Input::RetryNow),
            Some((generation, event)) = inbox.recv() => driver.socket_event(generation, event, &mut frames),
        }
    }
    driver.input(Input::Stop);
    if let Some(ending) = driver.ending {
        let _ = ending.await;
    }
}

/// Waits for the look that is under way; for ever when none is.
async fn ended(looking: &mut Option<JoinHandle<Looked>>) -> Looked {
    match looking {
        // A look that panicked has seen nothing.
        Some(look) => look.await.unwrap_or_default(),
        None => std::future::pending().await,
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
                self.backend.learn_again();
                self.look();
            }
            SocketEvent::Text(text, _held) => {
                self.heard_at = Instant::now();
                if frames.text(&self.backend, &text) {
                    self.look_soon();
                }
                self.input(Input::Received(generation));
            }
            SocketEvent::Binary(bytes, _held) => {
                self.heard_at = Instant::now();
                frames.binary(&self.backend, &bytes);
                self.input(Input::Received(generation));
            }
            SocketEvent::Pong => {
                self.input(Input::Pong(generation));
                self.backend.show_quality(self.link.quality());
            }
            SocketEvent::Gone => self.backend.presence.lock().gone(),
            SocketEvent::Checked { missed } => self.input(Input::Checked { missed }),
            SocketEvent::Lost(loss) => {
                self.backend.presence.lock().contact_lost();
                self.input(Input::Lost(generation, loss));
            }
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
                    let (socket, task) = Socket::open(generation, request, FEATURE_FLAGS.into(), self.events.clone(), self.ending.take());
                    self.socket = Some(socket);
                    self.ending = Some(task);
                }
                Err(error) => tracing::error!(backend = %self.backend.id, %error, "no request for the socket"),
            },
            Output::Close(_) => {
                self.backend.presence.lock().contact_lost();
                self.socket = None;
            }
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
        let next_try = match state {
            LinkState::Reconnecting { at, .. } | LinkState::Suspended { at } | LinkState::Polling { probe_at: at } => {
                Some(now().plus(at.saturating_sub(self.origin.elapsed())))
            }
            _ => None,
        };
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
                shown.next_try = next_try;
            });
        }
    }

    fn tick(&mut self) {
        self.input(Input::Expecting(self.backend.handed_over() > 0));
        self.backend.show_http();
        self.backend.count_link(self.link.counters());
        // Nobody else asks an HTTP API that was given up.
        if self.backend.client.is_probe_due() {
            self.look();
        }
    }

    fn look_if_linked(&mut self) {
        if matches!(self.link.state(), LinkState::Connected | LinkState::Polling { .. }) {
            self.look();
        }
    }

    /// As soon as the last look is not too fresh.
    fn look_soon(&mut self) {
        let at = (self.looked_at + LOOK_EVERY).max(Instant::now() + LOOK_AGAIN);
        self.look_at = Some(self.look_at.map_or(at, |sooner| sooner.min(at)));
    }

    /// Learns what this ComfyUI is and how our tasks there are doing. One look at a time: a slow ComfyUI is not asked twice.
    fn look(&mut self) {
        self.look_at = None;
        if self.looking.is_some() {
            self.wanted = true;
            return;
        }
        self.wanted = false;
        self.checking = self.check_next.take();
        self.looked_at = Instant::now();
        let backend = self.backend.clone();
        self.looking = Some(tokio::spawn(async move {
            backend.compare().await.unwrap_or_else(|error| {
                tracing::debug!(backend = %backend.id, %error, "tasks could not be compared");
                if error.is_refused() {
                    backend.presence.lock().gone();
                }
                // While the socket is up, nothing else might ever ask again.
                Looked { missed: false, again: backend.takes_tasks() }
            })
        }));
    }

    fn looked(&mut self, looked: Looked) {
        self.looking = None;
        self.backend.show_http();
        if let Some(generation) = self.checking.take() {
            // In order behind the frames that came meanwhile: they acquit the socket.
            let _ = self.events.try_send((generation, SocketEvent::Checked { missed: looked.missed }));
        } else if looked.missed && self.heard_at.elapsed() >= self.silence {
            // Any look may find out what a check would.
            self.input(Input::Missed);
        }
        if self.wanted {
            self.look();
        } else if looked.again {
            self.look_at = Some(Instant::now() + LOOK_AGAIN);
        }
    }

    /// A look that tells the link whether it found what the socket should have told.
    fn check(&mut self) {
        self.check_next = self.socket.as_ref().map(|socket| socket.generation);
        self.look();
    }
}
