//! A ComfyUI as the rest of the server sees it: its HTTP client and its status.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::{Mutex, RwLock};
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

use super::{
    catalogs::Catalogs,
    recalls::Recalls,
    send_permit::{SendPermit, SendPermits},
    sent_pictures::SentPictures,
    stuck::StuckDetector,
};
use crate::{
    client_files::ClientFiles,
    clock::{Stopwatch, now},
    config::{BackendConfig, Config},
    media::{FrameSpool, MediaFiles},
    message_log::MessageLog,
    named_files::NamedFiles,
    run_listener::RunListeners,
    store::{OwnerTerm, Store},
    tracker::{PoolSeat, SeatSocket, Tracker},
};
use comfyui::{ComfyClient, ComfyError, Presence};
use proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    link::{Counters, Quality},
    task::{Backend as PublishedBackend, BackendState, HttpState, LateResults, RetryPolicy},
    time::Timestamp,
};

/// Shared between its driver and those who submit or cancel tasks.
pub struct Backend {
    pub id: BackendId,
    pub client: ComfyClient,
    pub tracker: Arc<Tracker>,
    /// The newest messages of its socket.
    pub log: MessageLog,
    pub(super) store: Store,
    /// Those of all ComfyUIs.
    pub catalogs: Arc<Catalogs>,
    /// Hear what it says.
    pub(super) listeners: Arc<RunListeners>,
    /// Takes in results that come over the socket.
    pub(super) spool: Arc<FrameSpool>,
    /// The stored pictures that it has.
    pub(super) pictures: SentPictures,
    pub(super) retry_policy: RetryPolicy,
    /// See [`Config::history_lag`] and [`Config::request_lag`].
    pub(super) history_lag: Duration,
    pub(super) request_lag: Duration,
    /// Before this, requests of an earlier owner of the tasks may arrive. `None`: none can.
    pub(super) older_requests_until: Option<Instant>,
    /// See [`Config::stuck_after`].
    pub(super) stuck_after: Option<Duration>,
    pub(super) stuck: Mutex<StuckDetector>,
    pub(super) status: RwLock<BackendStatus>,
    pub(super) presence: Mutex<Presence>,
    pub(super) permits: SendPermits,
    pub(super) recalls: Recalls,
    /// How many requests for a prompt ended with an internal error (status 500) in a row.
    pub(super) internal_errors: Mutex<HashMap<TaskId, u32>>,
    /// Runs that are over, since when that is known, and which of their results have not come over the socket.
    pub(super) late_results: Mutex<HashMap<TaskId, (std::time::Instant, LateResults)>>,
    counters: Mutex<Counters>,
    /// Tasks to send, one after the other: concurrent requests could arrive in another order.
    pub(super) outbox: mpsc::UnboundedSender<SendPermit>,
    /// Taken by [`Backend::run`].
    pub(super) outbox_receiver: Mutex<Option<mpsc::UnboundedReceiver<SendPermit>>>,
    /// Wakes the driver.
    pub(super) reconcile_requested: Notify,
    /// Wakes the driver: a person wants a connection attempt now.
    pub(super) retry_requested: Notify,
    /// Why it refuses prompts, until the driver has read it.
    pub(super) refusal: Mutex<Option<String>>,
    /// Wakes the driver: there is a refusal.
    pub(super) refused: Notify,
}

pub(super) struct BackendStatus {
    published: PublishedBackend,
    catalog: Arc<Catalog>,
    /// What it had before the start of this process; only until its catalog is read.
    kept_catalog: Option<Arc<Catalog>>,
    catalog_read: Option<Instant>,
    /// When single classes were read last.
    classes_read: Option<Instant>,
    /// Catalog and tasks were read since the socket opened; until then the ComfyUI gets no tasks.
    pub(super) is_probed: bool,
    /// Since when it cannot be reached. `None`: it can.
    unavailable_since: Option<Instant>,
    /// It gets no tasks before this time.
    backoff_until: Option<Instant>,
    polling: Stopwatch,
}

/// What all ComfyUIs of a server share.
pub struct BackendServices {
    pub tracker: Arc<Tracker>,
    pub store: Store,
    pub catalogs: Arc<Catalogs>,
    pub spool: Arc<FrameSpool>,
    /// Of the media store: pictures that tasks load.
    pub files: Arc<MediaFiles>,
    pub listeners: Arc<RunListeners>,
    /// Files of other ComfyUIs.
    pub named_files: Arc<NamedFiles>,
    /// `None`: there are no other Darkrooms.
    pub term: Option<OwnerTerm>,
}

/// Why a configured ComfyUI cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error(transparent)]
    Client(#[from] ComfyError),
}

/// Choices such as checkpoints may change while ComfyUI runs: older ones are read again.
const CATALOG_AGE: Duration = Duration::from_secs(20);
/// How long a ComfyUI gets no tasks after a prompt did not arrive.
pub(super) const BACKOFF: Duration = Duration::from_secs(1);

impl Backend {
    /// # Errors
    /// See [`BackendError`].
    pub fn new(backend: &BackendConfig, config: &Config, client_id: String, services: BackendServices) -> Result<Self, BackendError> {
        let BackendServices { tracker, store, catalogs, spool, files, listeners, named_files, term } = services;
        let published = PublishedBackend::new(backend.id.clone(), backend.demo, now());
        tracker.update_backend(published.clone());
        let status = BackendStatus {
            published,
            catalog: Arc::default(),
            kept_catalog: None,
            catalog_read: None,
            classes_read: None,
            is_probed: false,
            unavailable_since: Some(Instant::now()),
            backoff_until: None,
            polling: Stopwatch::default(),
        };
        let requests = tracker.meters().requests(&backend.id);
        // Bounded by the number of prompts that a ComfyUI gets at once.
        let (outbox, outbox_receiver) = mpsc::unbounded_channel();
        let client = ComfyClient::new(backend.endpoint.clone(), config.breaker.clone(), client_id, Arc::new(requests), config.request_lag)?;
        let (client, older_requests_until) = match term {
            Some(term) => (client.guarded(term.right)?, term.older_requests_until),
            None => (client, None),
        };
        Ok(Self {
            id: backend.id.clone(),
            client,
            tracker,
            store,
            catalogs,
            listeners,
            spool,
            pictures: SentPictures::new(files, ClientFiles::new(&config.data), named_files),
            log: MessageLog::default(),
            retry_policy: config.retry_policy(),
            history_lag: config.history_lag,
            request_lag: config.request_lag,
            older_requests_until,
            stuck_after: config.stuck_after,
            stuck: Mutex::default(),
            status: RwLock::new(status),
            presence: Mutex::default(),
            permits: SendPermits::default(),
            recalls: Recalls::default(),
            internal_errors: Mutex::default(),
            late_results: Mutex::default(),
            counters: Mutex::default(),
            outbox,
            outbox_receiver: Mutex::new(Some(outbox_receiver)),
            reconcile_requested: Notify::new(),
            retry_requested: Notify::new(),
            refusal: Mutex::default(),
            refused: Notify::new(),
        })
    }

    pub fn takes_tasks(&self) -> bool {
        self.status.read().published.takes_tasks()
    }

    /// It answers, also if it starts no prompts.
    pub fn is_reachable(&self) -> bool {
        self.status.read().published.is_reachable()
    }

    /// Its socket is open: it tells what it does.
    pub fn is_heard(&self) -> bool {
        self.status.read().published.state == BackendState::Connected
    }

    /// This ComfyUI as the queue sees it.
    pub fn seat(&self) -> PoolSeat {
        let status = self.status.read();
        let backs_off = status.backoff_until.is_some_and(|until| Instant::now() < until);
        PoolSeat {
            id: self.id.clone(),
            open: status.published.takes_tasks() && status.is_probed && !backs_off,
            takes_tasks: status.published.takes_tasks(),
            stuck: status.published.stuck_since.is_some(),
            trouble: status.published.trouble(),
            socket: match status.published.state {
                BackendState::Connected => SeatSocket::Open,
                _ if status.published.refused.is_some() => SeatSocket::Refused,
                _ => SeatSocket::Closed,
            },
            foreign: status.published.foreign.len(),
            catalog: status.catalog.clone(),
        }
    }

    /// For how long it could not be reached. `None`: it can be.
    pub fn unavailable_for(&self) -> Option<Duration> {
        self.status.read().unavailable_since.map(|since| since.elapsed())
    }

    /// The node classes it has; empty before it was reached for the first time.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.status.read().catalog.clone()
    }

    /// The same for forms: before it was reached, what it had when an earlier process read it.
    pub fn form_catalog(&self) -> Arc<Catalog> {
        let status = self.status.read();
        status.kept_catalog.as_ref().filter(|_| status.catalog.is_empty()).unwrap_or(&status.catalog).clone()
    }

    /// Of its link, since the start.
    pub fn counters(&self) -> Counters {
        *self.counters.lock()
    }

    /// For how long it was polled since the start, because there was no socket.
    pub fn polled_for(&self) -> Duration {
        self.status.read().polling.total()
    }

    pub(super) fn request_reconcile(&self) {
        self.reconcile_requested.notify_one();
    }

    /// Connects at once instead of waiting for the next scheduled attempt.
    pub fn retry_now(&self) {
        self.retry_requested.notify_one();
    }

    /// It refuses prompts for a lasting reason: it gets no more tasks until the next automatic check, or one that a person requests.
    pub(super) fn report_refusal(&self, why: String) {
        *self.refusal.lock() = Some(why);
        self.refused.notify_one();
    }

    /// Changes the published state of this ComfyUI.
    pub(super) fn publish(&self, change: impl FnOnce(&mut PublishedBackend)) {
        let published = {
            let mut status = self.status.write();
            change(&mut status.published);
            status.unavailable_since =
                if status.published.is_reachable() { None } else { status.unavailable_since.or_else(|| Some(Instant::now())) };
            let polls = status.published.state == BackendState::Polling;
            status.polling.set(polls);
            status.published.clone()
        };
        self.tracker.update_backend(published);
    }

    pub(super) fn publish_http(&self) {
        let http = self.client.retry_in().map_or(HttpState::Up, |wait| HttpState::Down { next_try: now().plus(wait) });
        if self.status.read().published.http != http {
            self.publish(|published| published.http = http);
        }
    }

    /// Publishes whether it is stuck.
    pub(super) fn publish_stuck(&self) {
        let since =
            self.stuck.lock().since().map(|since| Timestamp(now().0.saturating_sub(since.elapsed().as_millis().try_into().unwrap_or(0))));
        let known = self.status.read().published.stuck_since;
        if known.is_some() != since.is_some() {
            tracing::warn!(backend = %self.id, stuck = since.is_some(), "prompts wait there and none begins, although nothing runs: whether that is so has changed");
            self.publish(|published| published.stuck_since = since);
            self.tracker.wake_queue();
        }
    }

    pub(super) fn publish_quality(&self, quality: Option<Quality>) {
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        self.publish(|published| published.round_trip = quality.map(|quality| (micros(quality.round_trip), micros(quality.jitter))));
    }

    pub(super) fn set_counters(&self, counters: Counters) {
        *self.counters.lock() = counters;
    }

    /// The unfinished tasks that are assigned to this ComfyUI.
    pub fn assigned(&self) -> Vec<TaskId> {
        self.tracker.unfinished(|task| task.is_at(&self.id))
    }

    /// Whether this task is assigned to this ComfyUI.
    pub(super) fn is_assigned(&self, task: TaskId) -> bool {
        self.tracker.task(task).is_some_and(|task| task.is_at(&self.id))
    }

    /// How many of our tasks are queued or running there. While there is one, the socket should not be silent.
    pub(super) fn handed_over(&self) -> usize {
        self.tracker.unfinished(|task| task.is_at(&self.id) && task.state.is_handed_over()).len()
    }

    /// Publishes the number of prompts there. Returns whether it differs from what we know of: then a reconciliation is needed.
    pub(super) fn count_queue(&self, count: u64) -> bool {
        let expected = self.handed_over() + self.status.read().published.foreign.len();
        if self.status.read().published.queue != count {
            self.publish(|published| published.queue = count);
        }
        usize::try_from(count).is_ok_and(|count| count != expected)
    }

    /// Sends it no tasks for this long.
    pub(super) fn back_off(&self, time: Duration) {
        self.status.write().backoff_until = Some(Instant::now() + time);
    }

    /// Reads the catalog again if it is old.
    pub async fn refresh_catalog(&self) {
        let old = self.status.read().catalog_read.is_none_or(|read| read.elapsed() > CATALOG_AGE);
        if old && self.takes_tasks() {
            self.read_catalog().await;
        }
    }

    /// Reads these classes again, if that was not done for a while: their choices may have changed. Much less than the whole catalog, which is
    /// several megabytes and keeps a ComfyUI from its other work while it is made.
    pub async fn refresh_classes(&self, classes: &[&str]) {
        {
            let mut status = self.status.write();
            let is_new = |read: Option<Instant>| read.is_some_and(|read| read.elapsed() <= CATALOG_AGE);
            if is_new(status.classes_read) || is_new(status.catalog_read) || !status.published.takes_tasks() {
                return;
            }
            status.classes_read = Some(Instant::now());
        }
        for class in classes {
            match self.client.node_class(class).await {
                Ok(read) => Arc::make_mut(&mut self.status.write().catalog).update(read),
                Err(error) => return tracing::warn!(backend = %self.id, class, %error, "a node class cannot be read"),
            }
        }
    }

    /// Loads what an earlier process read of it.
    pub(super) async fn load_kept_catalog(&self) {
        let Some(kept) = self.catalogs.kept(&self.id).await else { return };
        self.status.write().kept_catalog = Some(kept);
        self.catalogs.set_known();
    }

    /// After a reconnect: the ComfyUI may be another one now.
    pub(super) fn require_probe(&self) {
        self.pictures.forget();
        let mut status = self.status.write();
        status.is_probed = false;
        status.backoff_until = None;
    }

    pub(super) async fn read_catalog(&self) {
        let failed = |error: &dyn std::fmt::Display| tracing::warn!(backend = %self.id, %error, "the node classes cannot be read");
        let text = match self.client.object_info().await {
            Ok(text) => text,
            Err(error) => return failed(&error),
        };
        match self.catalogs.parse(text.clone()).await {
            Ok(catalog) => {
                let mut status = self.status.write();
                status.catalog = catalog;
                status.kept_catalog = None;
                status.catalog_read = Some(Instant::now());
                self.catalogs.set_known();
            }
            Err(error) => return failed(&error),
        }
        // The disk must not hold up the tasks of this ComfyUI.
        let (catalogs, id) = (self.catalogs.clone(), self.id.clone());
        tokio::spawn(async move { catalogs.keep(&id, text).await });
    }

    pub(super) async fn read_stats(&self) {
        match self.client.system_stats().await {
            Ok(stats) => {
                self.listeners.sends_previews(&self.id, stats.has_previews);
                self.publish(|published| {
                    published.version = stats.version;
                    published.device = stats.device;
                    published.vram = stats.vram;
                });
            }
            Err(error) => tracing::warn!(backend = %self.id, %error, "the version cannot be read"),
        }
    }
}
