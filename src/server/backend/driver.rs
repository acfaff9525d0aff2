//! Drives the connection machine for one ComfyUI: carries out its outputs and feeds it what happens.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Backend, frames::Frames, reconcile::Looked};
use crate::clock::now;
use comfyui::{FEATURE_FLAGS, LinkDriver, LinkEvent};
use proto::{
    link::{LinkConfig, LinkState},
    task::BackendState,
};

/// How often the link is told whether anything is to be expected of this ComfyUI, and the state of its HTTP is shown.
const EXPECT_EVERY: Duration = Duration::from_secs(1);
/// What is not clear yet is looked at again after this long.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// A queue that changes all the time is looked at no more often than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);

struct Driver {
    backend: Arc<Backend>,
    link: LinkDriver,
    frames: Frames,
    looking: Option<JoinHandle<Looked>>,
    /// Somebody asked for a look while one was under way.
    wanted: bool,
    /// The next look is due then.
    look_at: Option<Instant>,
    looked_at: Instant,
}

impl Backend {
    /// Keeps the link up, and sends what it is given, until `stop`.
    pub(crate) async fn run(self: Arc<Self>, link: LinkConfig, stop: CancellationToken) {
        let outbox = self.outbox_end.lock().take();
        let backend = self.clone();
        let sending = async move {
            let Some(mut outbox) = outbox else { return };
            while let Some(right) = outbox.recv().await {
                backend.send(right).await;
            }
        };
        let sending = tokio::spawn(sending);
        run(self, link, stop).await;
        // A prompt that is torn off on its way is asked for by the next life.
        sending.abort();
    }
}

async fn run(backend: Arc<Backend>, link: LinkConfig, stop: CancellationToken) {
    let request = match backend.client.socket_request() {
        Ok(request) => request,
        Err(error) => return tracing::error!(backend = %backend.id, %error, "no request for the socket"),
    };
    let mut driver = Driver {
        link: LinkDriver::open(link, request, FEATURE_FLAGS.into()),
        frames: Frames::default(),
        looking: None,
        wanted: false,
        look_at: None,
        looked_at: Instant::now(),
        backend: backend.clone(),
    };
    let mut expect = interval(EXPECT_EVERY);
    expect.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let look_at = driver.look_at.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        tokio::select! {
            () = stop.cancelled() => break,
            signal = driver.link.next() => driver.signal(signal),
            () = sleep_until(look_at) => driver.look(),
            looked = ended(&mut driver.looking) => driver.looked(looked),
            _ = expect.tick() => driver.tick(),
            () = backend.look.notified() => driver.look_if_linked(),
            () = backend.retry.notified() => driver.link.retry(),
        }
    }
    driver.link.close().await;
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
    fn signal(&mut self, signal: LinkEvent) {
        match signal {
            LinkEvent::Opened => {
                self.frames = Frames::default();
                // It may be another version with other nodes since it was last here.
                self.backend.learn_again();
                self.look();
            }
            LinkEvent::Text(text) => {
                if self.frames.text(&self.backend, &text) {
                    self.look_soon();
                }
            }
            LinkEvent::Binary(bytes) => self.frames.binary(&self.backend, &bytes),
            LinkEvent::Pong => self.backend.show_quality(self.link.link().quality()),
            LinkEvent::Lost | LinkEvent::Refused => self.backend.presence.lock().contact_lost(),
            LinkEvent::Gone => self.backend.presence.lock().gone(),
            // A check is a look that tells the line whether it found what the socket should have told.
            LinkEvent::Poll | LinkEvent::Check => self.look(),
            LinkEvent::State(state) => self.show(&state),
        }
    }

    fn show(&self, state: &LinkState) {
        let next_try = match state {
            LinkState::Reconnecting { at, .. } | LinkState::Suspended { at } | LinkState::Polling { probe_at: at } => {
                Some(now().plus(self.link.until(*at)))
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
        tracing::info!(backend = %self.backend.id, state = state.as_str(), "link");
        self.backend.update(|shown| {
            if std::mem::discriminant(&shown.state) != std::mem::discriminant(&state) {
                shown.since = now();
            }
            shown.state = state;
            shown.next_try = next_try;
        });
    }

    fn tick(&mut self) {
        self.link.expect(self.backend.handed_over() > 0);
        self.backend.show_http();
        self.backend.count_link(self.link.link().counters());
        // Nobody else asks an HTTP API that was given up.
        if self.backend.client.is_probe_due() {
            self.look();
        }
    }

    fn look_if_linked(&mut self) {
        if matches!(self.link.link().state(), LinkState::Connected | LinkState::Polling { .. }) {
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
        self.link.looks();
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
        self.link.looked(looked.missed);
        if self.wanted {
            self.look();
        } else if looked.again {
            self.look_at = Some(Instant::now() + LOOK_AGAIN);
        }
    }
}
