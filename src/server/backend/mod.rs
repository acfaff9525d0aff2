//! One ComfyUI: its HTTP client, its link, and what is known of it.

mod driver;
mod foreign;
mod frames;
mod recalls;
mod reconcile;
mod send;
mod sending;

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::{Mutex, RwLock};
pub(crate) use send::Sent;
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use self::{
    recalls::Recalls,
    reconcile::Looked,
    sending::{OnItsWay, Sending},
};
use super::{
    ServeError,
    clock::{Stopwatch, now},
    config::{BackendConfig, Config},
    event_log::EventLog,
    store::Store,
    tracker::{PoolSeat, Tracker},
};
use comfyui::{ComfyClient, Presence, bearer};
pub(crate) use comfyui::{ComfyError, Upload};
use proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    link::{Counters, LinkConfig, Quality},
    task::{Backend as Shown, BackendState, HttpState, RetryPolicy},
};

/// Shared between the link's driver and those who submit or cancel.
pub(crate) struct Backend {
    pub(crate) id: BackendId,
    pub(crate) client: ComfyClient,
    pub(crate) tracker: Arc<Tracker>,
    pub(crate) log: EventLog,
    store: Store,
    retry_policy: RetryPolicy,
    /// See [`Config::history_lag`] and [`Config::request_lag`].
    history_lag: Duration,
    request_lag: Duration,
    known: RwLock<Known>,
    presence: Mutex<Presence>,
    sending: Sending,
    recalls: Recalls,
    /// How often in a row ComfyUI fell over a prompt.
    broken: Mutex<HashMap<TaskId, u32>>,
    counters: Mutex<Counters>,
    /// Tasks to send, in order: two requests at once could arrive in the other.
    outbox: mpsc::UnboundedSender<OnItsWay>,
    outbox_end: Mutex<Option<mpsc::UnboundedReceiver<OnItsWay>>>,
    /// Wakes the driver: there is something to look after.
    look: Notify,
    /// Wakes the driver: a person wants a try now.
    retry: Notify,
}

struct Known {
    shown: Shown,
    catalog: Arc<Catalog>,
    catalog_read: Option<Instant>,
    /// Since its socket opened, it was asked what it has, and how our tasks are.
    learned: bool,
    /// It takes no tasks since.
    away_since: Option<Instant>,
    /// It gets no task before.
    rests_until: Option<Instant>,
    polling: Stopwatch,
}

/// Choices such as checkpoints may change while ComfyUI runs; older than this, they are read again.
const CATALOG_AGE: Duration = Duration::from_secs(20);
/// After a prompt that did not arrive, the next goes there this much later; and when it does not let us in, that much.
const REST: Duration = Duration::from_secs(1);
const LONG_REST: Duration = Duration::from_secs(30);

impl Backend {
    pub(crate) fn new(
        backend: &BackendConfig,
        config: &Config,
        client_id: String,
        tracker: Arc<Tracker>,
        store: Store,
    ) -> Result<Self, ServeError> {
        let cannot = |error: &dyn std::error::Error| ServeError::Backend(error.to_string());
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
        driver::run(self, link, stop).await;
        // A prompt that is torn off on its way is asked for by the next life.
        sending.abort();
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
    fn update(&self, change: impl FnOnce(&mut Shown)) {
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

    fn show_http(&self) {
        let http = self.client.asked_again_in().map_or(HttpState::Up, |wait| HttpState::Down { next_try: now().plus(wait) });
        if self.known.read().shown.http != http {
            self.update(|shown| shown.http = http);
        }
    }

    fn show_quality(&self, quality: Option<Quality>) {
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        self.update(|shown| shown.round_trip = quality.map(|quality| (micros(quality.round_trip), micros(quality.jitter))));
    }

    fn count_link(&self, counters: Counters) {
        *self.counters.lock() = counters;
    }

    /// Tasks of ours that are there, or should be.
    pub(crate) fn in_flight(&self) -> Vec<TaskId> {
        self.tracker.unfinished(|task| task.is_at(&self.id))
    }

    /// This task is ours to hear about.
    fn has(&self, task: TaskId) -> bool {
        self.tracker.task(task).is_some_and(|task| task.is_at(&self.id))
    }

    /// How many tasks of ours are in its queue, or run there. While there is one, silence is suspicious.
    fn handed_over(&self) -> usize {
        self.tracker.unfinished(|task| task.is_at(&self.id) && task.state.is_handed_over()).len()
    }

    /// Takes in how many prompts there are. Says whether that is other than was known.
    fn queue_counted(&self, count: u64) -> bool {
        let expected = self.handed_over() + self.known.read().shown.foreign.len();
        if self.known.read().shown.queue != count {
            self.update(|shown| shown.queue = count);
        }
        usize::try_from(count).is_ok_and(|count| count != expected)
    }

    /// It gets no task for a moment.
    fn rest(&self, time: Duration) {
        self.known.write().rests_until = Some(Instant::now() + time);
    }

    /// Reads choices again if they are old.
    pub(crate) async fn refresh_catalog(&self) {
        let old = self.known.read().catalog_read.is_none_or(|read| read.elapsed() > CATALOG_AGE);
        if old && self.takes_tasks() {
            self.read_catalog().await;
        }
    }

    /// Learns what this ComfyUI is, unless that was done since the link is up, and compares our tasks with what it knows. Only then it
    /// gets tasks: before, nobody could say what became of those it had.
    async fn compare(&self) -> Result<Looked, ComfyError> {
        let is_new = !self.known.read().learned;
        if is_new {
            self.read_catalog().await;
        }
        let looked = self.reconcile().await?;
        if is_new {
            self.known.write().learned = true;
            // It may be what waiting tasks need.
            self.tracker.wake_queue();
            self.read_stats().await;
        }
        Ok(looked)
    }

    /// It may be another since it was last here.
    fn learn_again(&self) {
        let mut known = self.known.write();
        known.learned = false;
        known.rests_until = None;
    }

    async fn read_catalog(&self) {
        match self.client.catalog().await {
            Ok(catalog) => {
                let mut known = self.known.write();
                known.catalog = Arc::new(catalog);
                known.catalog_read = Some(Instant::now());
            }
            Err(error) => tracing::warn!(backend = %self.id, %error, "the node classes cannot be read"),
        }
    }

    async fn read_stats(&self) {
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
