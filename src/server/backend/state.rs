//! What is known of one ComfyUI, and what is changed of that.

use super::{
    recalls::Recalls,
    send_permit::{SendPermit, Sending},
};
use crate::{
    clock::{Stopwatch, now},
    config::{BackendConfig, Config},
    event_log::EventLog,
    store::Store,
    tracker::{PoolSeat, Tracker},
};
use comfyui::{ComfyClient, Presence, bearer};
use parking_lot::{Mutex, RwLock};
use proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    link::{Counters, Quality},
    task::{Backend as Shown, BackendState, HttpState, RetryPolicy},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

/// Why a ComfyUI of the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("a ComfyUI cannot be used: {0}")]
pub struct BackendError(String);

/// Shared between the link's driver and those who submit or cancel.
pub(crate) struct Backend {
    pub(crate) id: BackendId,
    pub(crate) client: ComfyClient,
    pub(crate) tracker: Arc<Tracker>,
    pub(crate) log: EventLog,
    pub(super) store: Store,
    pub(super) retry_policy: RetryPolicy,
    /// See [`Config::history_lag`] and [`Config::request_lag`].
    pub(super) history_lag: Duration,
    pub(super) request_lag: Duration,
    pub(super) known: RwLock<Known>,
    pub(super) presence: Mutex<Presence>,
    pub(super) sending: Sending,
    pub(super) recalls: Recalls,
    /// How often in a row ComfyUI fell over a prompt.
    pub(super) broken: Mutex<HashMap<TaskId, u32>>,
    pub(super) counters: Mutex<Counters>,
    /// Tasks to send, in order: two requests at once could arrive in the other.
    pub(super) outbox: mpsc::UnboundedSender<SendPermit>,
    pub(super) outbox_end: Mutex<Option<mpsc::UnboundedReceiver<SendPermit>>>,
    /// Wakes the driver: there is something to look after.
    pub(super) look: Notify,
    /// Wakes the driver: a person wants a try now.
    pub(super) retry: Notify,
}

pub(super) struct Known {
    pub(super) shown: Shown,
    pub(super) catalog: Arc<Catalog>,
    pub(super) catalog_read: Option<Instant>,
    /// Since its socket opened, it was asked what it has, and how our tasks are.
    pub(super) learned: bool,
    /// It takes no tasks since.
    pub(super) away_since: Option<Instant>,
    /// It gets no task before.
    pub(super) rests_until: Option<Instant>,
    pub(super) polling: Stopwatch,
}

/// Choices such as checkpoints may change while ComfyUI runs; older than this, they are read again.
pub(super) const CATALOG_AGE: Duration = Duration::from_secs(20);
/// After a prompt that did not arrive, the next goes there this much later; and when it does not let us in, that much.
pub(super) const REST: Duration = Duration::from_secs(1);
pub(super) const LONG_REST: Duration = Duration::from_secs(30);

impl Backend {
    pub(crate) fn new(
        backend: &BackendConfig,
        config: &Config,
        client_id: String,
        tracker: Arc<Tracker>,
        store: Store,
    ) -> Result<Self, BackendError> {
        let cannot = |error: &dyn std::error::Error| BackendError(error.to_string());
        let token = backend.token.as_ref().map(|token| bearer(token.reveal())).transpose().map_err(|error| cannot(&error))?;
        let shown = Shown::new(backend.id.clone(), backend.demo, now());
        tracker.backend(shown.clone());
        let known = Known {
            shown,
            catalog: Arc::default(),
            catalog_read: None,
            learned: false,
            away_since: Some(Instant::now()),
            rests_until: None,
            polling: Stopwatch::default(),
        };
        let calls = tracker.meters().calls(&backend.id);
        // Never more than the seats of this ComfyUI.
        let (outbox, outbox_end) = mpsc::unbounded_channel();
        Ok(Self {
            id: backend.id.clone(),
            client: ComfyClient::new(backend.url.clone(), token, config.breaker.clone(), client_id, Arc::new(calls))
                .map_err(|error| cannot(&error))?,
            tracker,
            store,
            log: EventLog::default(),
            retry_policy: config.retry_policy(),
            history_lag: config.history_lag,
            request_lag: config.request_lag,
            known: RwLock::new(known),
            presence: Mutex::default(),
            sending: Sending::default(),
            recalls: Recalls::default(),
            broken: Mutex::default(),
            counters: Mutex::default(),
            outbox,
            outbox_end: Mutex::new(Some(outbox_end)),
            look: Notify::new(),
            retry: Notify::new(),
        })
    }

    pub(crate) fn takes_tasks(&self) -> bool {
        self.known.read().shown.takes_tasks()
    }

    /// As the queue sees it.
    pub(crate) fn seat(&self) -> PoolSeat {
        let known = self.known.read();
        let rests = known.rests_until.is_some_and(|until| Instant::now() < until);
        PoolSeat {
            id: self.id.clone(),
            open: known.shown.takes_tasks() && known.learned && !rests,
            foreign: known.shown.foreign.len(),
            catalog: known.catalog.clone(),
        }
    }

    /// How long it has taken no tasks. `None`: it does.
    pub(crate) fn away_for(&self) -> Option<Duration> {
        self.known.read().away_since.map(|since| since.elapsed())
    }

    /// The node classes it has; empty before it was first reached.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.known.read().catalog.clone()
    }

    /// What happened to its link since the start.
    pub(crate) fn counters(&self) -> Counters {
        *self.counters.lock()
    }

    /// How long it was polled since the start, because there was no socket.
    pub(crate) fn polled_for(&self) -> Duration {
        self.known.read().polling.total()
    }

    /// Asks the driver to look after its tasks now.
    pub(crate) fn look(&self) {
        self.look.notify_one();
    }

    /// Asks for a try to connect now.
    pub(crate) fn retry_now(&self) {
        self.retry.notify_one();
    }

    /// Changes what is shown of it.
    pub(super) fn update(&self, change: impl FnOnce(&mut Shown)) {
        let shown = {
            let mut known = self.known.write();
            change(&mut known.shown);
            known.away_since = if known.shown.takes_tasks() { None } else { known.away_since.or_else(|| Some(Instant::now())) };
            let polls = known.shown.state == BackendState::Polling;
            known.polling.set(polls);
            known.shown.clone()
        };
        self.tracker.backend(shown);
    }

    pub(super) fn show_http(&self) {
        let http = self.client.asked_again_in().map_or(HttpState::Up, |wait| HttpState::Down { next_try: now().plus(wait) });
        if self.known.read().shown.http != http {
            self.update(|shown| shown.http = http);
        }
    }

    pub(super) fn show_quality(&self, quality: Option<Quality>) {
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        self.update(|shown| shown.round_trip = quality.map(|quality| (micros(quality.round_trip), micros(quality.jitter))));
    }

    pub(super) fn count_link(&self, counters: Counters) {
        *self.counters.lock() = counters;
    }

    /// Tasks of ours that are there, or should be.
    pub(crate) fn in_flight(&self) -> Vec<TaskId> {
        self.tracker.unfinished(|task| task.is_at(&self.id))
    }

    /// This task is ours to hear about.
    pub(super) fn has(&self, task: TaskId) -> bool {
        self.tracker.task(task).is_some_and(|task| task.is_at(&self.id))
    }

    /// How many tasks of ours are in its queue, or run there. While there is one, silence is suspicious.
    pub(super) fn handed_over(&self) -> usize {
        self.tracker.unfinished(|task| task.is_at(&self.id) && task.state.is_handed_over()).len()
    }

    /// Takes in how many prompts there are. Says whether that is other than was known.
    pub(super) fn queue_counted(&self, count: u64) -> bool {
        let expected = self.handed_over() + self.known.read().shown.foreign.len();
        if self.known.read().shown.queue != count {
            self.update(|shown| shown.queue = count);
        }
        usize::try_from(count).is_ok_and(|count| count != expected)
    }

    /// It gets no task for a moment.
    pub(super) fn rest(&self, time: Duration) {
        self.known.write().rests_until = Some(Instant::now() + time);
    }

    /// Reads choices again if they are old.
    pub(crate) async fn refresh_catalog(&self) {
        let old = self.known.read().catalog_read.is_none_or(|read| read.elapsed() > CATALOG_AGE);
        if old && self.takes_tasks() {
            self.read_catalog().await;
        }
    }

    /// It may be another since it was last here.
    pub(super) fn learn_again(&self) {
        let mut known = self.known.write();
        known.learned = false;
        known.rests_until = None;
    }

    pub(super) async fn read_catalog(&self) {
        match self.client.catalog().await {
            Ok(catalog) => {
                let mut known = self.known.write();
                known.catalog = Arc::new(catalog);
                known.catalog_read = Some(Instant::now());
            }
            Err(error) => tracing::warn!(backend = %self.id, %error, "the node classes cannot be read"),
        }
    }

    pub(super) async fn read_stats(&self) {
        match self.client.system_stats().await {
            Ok(stats) => self.update(|shown| {
                shown.version = stats.version;
                shown.device = stats.device;
                shown.vram = stats.vram;
            }),
            Err(error) => tracing::warn!(backend = %self.id, %error, "the version cannot be read"),
        }
    }
}
