//! Drives the link to one ComfyUI: handles the events of its socket, and reconciles over HTTP when the link, or another part of the server, requests it.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    frames::FrameHandler,
    handle::Backend,
    reconcile::{ReconcileError, Reconciliation},
};
use crate::clock::now;
use comfyui::{FEATURE_FLAGS, LinkDriver, LinkEvent};
use proto::{
    link::{LinkConfig, LinkState},
    task::BackendState,
};

/// How often the link learns whether messages are to be expected, and the state of HTTP is published.
const TICK: Duration = Duration::from_secs(1);
/// When a reconciliation left something unsettled, or the queue changed, the next one comes after this long.
const RECONCILE_DELAY: Duration = Duration::from_millis(400);
/// Changes of the queue cause at most one reconciliation in this time.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(1);

struct BackendDriver {
    backend: Arc<Backend>,
    link: LinkDriver,
    frames: FrameHandler,
    reconciling: Option<JoinHandle<Reconciliation>>,
    /// Another reconciliation was requested while one was under way.
    rerun: bool,
    /// When the next reconciliation is due.
    due: Option<Instant>,
    last_start: Instant,
}

impl Backend {
    /// Keeps the link up and sends queued tasks, until `stop`.
    pub async fn run(self: Arc<Self>, link: LinkConfig, stop: CancellationToken) {
        let outbox = self.outbox_receiver.lock().take();
        let backend = self.clone();
        let sending = tokio::spawn(async move {
            let Some(mut outbox) = outbox else { return };
            while let Some(permit) = outbox.recv().await {
                backend.send(permit).await;
            }
        });
        if let Some(until) = self.older_requests_until {
            let backend = self.clone();
            // Then it is known of each task whether it is there.
            tokio::spawn(async move {
                sleep_until(until).await;
                backend.request_reconcile();
            });
        }
        self.load_kept_catalog().await;
        drive(self, link, stop).await;
        // If this aborts a request, the next start looks for the prompt at ComfyUI.
        sending.abort();
    }
}

async fn drive(backend: Arc<Backend>, link: LinkConfig, stop: CancellationToken) {
    let handshake = match backend.client.handshake() {
        Ok(handshake) => handshake,
        Err(error) => return tracing::error!(backend = %backend.id, %error, "no request for the socket"),
    };
    let mut driver = BackendDriver {
        link: LinkDriver::open(link, handshake, FEATURE_FLAGS.into()),
        frames: FrameHandler::default(),
        reconciling: None,
        rerun: false,
        due: None,
        last_start: Instant::now(),
        backend: backend.clone(),
    };
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let due = driver.due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        tokio::select! {
            () = stop.cancelled() => break,
            event = driver.link.next() => driver.handle(event).await,
            () = sleep_until(due) => driver.reconcile(),
            reconciliation = finished(&mut driver.reconciling) => driver.reconciled(reconciliation),
            _ = ticks.tick() => driver.tick(),
            () = backend.reconcile_requested.notified() => driver.reconcile_if_linked(),
            () = backend.retry_requested.notified() => driver.retry(),
            () = backend.refused.notified() => driver.refused(),
        }
    }
    driver.link.close().await;
}

/// Waits for the reconciliation that is under way; for ever when there is none.
async fn finished(reconciling: &mut Option<JoinHandle<Reconciliation>>) -> Reconciliation {
    match reconciling {
        // One that panicked counts as one that found nothing.
        Some(handle) => handle.await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

impl BackendDriver {
    async fn handle(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Opened => {
                self.frames = FrameHandler::default();
                self.backend.tracker.socket_broke(&self.backend.id);
                self.backend.stuck.lock().forget();
                // ComfyUI may have been restarted with another version or other nodes.
                self.backend.require_probe();
                self.reconcile();
            }
            LinkEvent::Text(text) => {
                if self.frames.text(&self.backend, &text).await {
                    self.reconcile_soon();
                }
            }
            LinkEvent::Binary(bytes) => self.frames.binary(&self.backend, &bytes).await,
            LinkEvent::Pong => self.backend.publish_quality(self.link.link().quality()),
            LinkEvent::Lost => {
                self.backend.presence.lock().contact_lost();
                self.backend.tracker.socket_broke(&self.backend.id);
            }
            LinkEvent::Gone => self.backend.presence.lock().gone(),
            // `reconciled` reports to the link how HTTP went, and after a check whether the silent socket missed an event.
            LinkEvent::Poll | LinkEvent::Check => self.reconcile(),
            LinkEvent::State(state) => self.publish_state(&state),
        }
    }

    fn publish_state(&self, state: &LinkState) {
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
        let refused = self.link.link().refusal().filter(|_| state == BackendState::Polling).map(str::to_owned);
        let why = if let BackendState::Failed { why } = &state { Some(why) } else { refused.as_ref() };
        tracing::info!(backend = %self.backend.id, state = state.as_str(), why, "link");
        self.backend.publish(|published| {
            if std::mem::discriminant(&published.state) != std::mem::discriminant(&state) {
                published.since = now();
            }
            published.state = state;
            published.refused = refused;
            published.next_try = next_try;
        });
    }

    fn tick(&mut self) {
        self.link.expect(self.backend.handed_over() > 0);
        self.backend.publish_http();
        self.backend.set_counters(self.link.link().counters());
        // While the breaker of the HTTP client is open, nothing else sends the request that can close it.
        if self.backend.client.is_probe_due() {
            self.reconcile();
        }
    }

    /// A person asks for it.
    fn retry(&mut self) {
        self.backend.stuck.lock().forget();
        self.backend.publish_stuck();
        self.link.retry();
        self.reconcile_if_linked();
    }

    /// It refused a prompt.
    fn refused(&mut self) {
        let why = self.backend.refusal.lock().take();
        if let Some(why) = why {
            self.link.refused(why);
        }
    }

    fn reconcile_if_linked(&mut self) {
        if matches!(self.link.link().state(), LinkState::Connected | LinkState::Polling { .. }) {
            self.reconcile();
        }
    }

    /// After a short delay, and not within [`RECONCILE_INTERVAL`] of the last one.
    fn reconcile_soon(&mut self) {
        let at = (self.last_start + RECONCILE_INTERVAL).max(Instant::now() + RECONCILE_DELAY);
        self.due = Some(self.due.map_or(at, |sooner| sooner.min(at)));
    }

    /// Starts a reconciliation. There is at most one at a time, so that a slow ComfyUI does not get more requests.
    fn reconcile(&mut self) {
        self.due = None;
        if self.reconciling.is_some() {
            self.rerun = true;
            return;
        }
        self.rerun = false;
        self.link.poll_started();
        self.last_start = Instant::now();
        let backend = self.backend.clone();
        self.reconciling = Some(tokio::spawn(async move {
            backend.probe_and_reconcile().await.unwrap_or_else(|ReconcileError { error, http }| {
                tracing::debug!(backend = %backend.id, %error, "tasks could not be compared");
                if error.is_refused() {
                    backend.presence.lock().gone();
                }
                // While the socket is up, nothing else might ever try again.
                Reconciliation { http, unsettled: backend.takes_tasks(), ..Reconciliation::default() }
            })
        }));
    }

    fn reconciled(&mut self, reconciliation: Reconciliation) {
        self.reconciling = None;
        self.backend.publish_http();
        self.link.http(reconciliation.http);
        self.link.poll_ended(reconciliation.missed);
        if self.rerun {
            self.reconcile();
        } else if reconciliation.unsettled {
            self.due = Some(Instant::now() + RECONCILE_DELAY);
        } else if let Some(wait) = reconciliation.look_again {
            let at = Instant::now() + wait;
            self.due = Some(self.due.map_or(at, |sooner| sooner.min(at)));
        }
    }
}
