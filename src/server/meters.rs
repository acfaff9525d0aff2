//! Counters that the tracker and its neighbours update as events happen. Gauges are read from their owners on each request instead
//! (`metrics`). Every label has few values, whatever people and ComfyUI send.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use comfyui::Meter;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
use proto::{
    ids::BackendId,
    task::{Change, Task, TaskState},
    time::Timestamp,
};
use reqwest::{Method, StatusCode};

type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// The counters of one server. Cheap to clone: clones share their counts.
#[derive(Clone)]
pub struct Meters {
    pub(super) accepted: Counter,
    pub(super) restarted: Counter,
    pub(super) ended: Family<Labels<1>, Counter>,
    pub(super) waited: Histogram,
    pub(super) ran: Histograms<1>,
    pub(super) calls: Histograms<3>,
    pub(super) frames: Histograms<1>,
    pub(super) resyncs: Counter,
    pub(super) webhooks: Family<Labels<1>, Counter>,
    pub(super) webhooks_waiting: Gauge,
}

/// Histogram buckets in seconds. For tasks, which may wait for hours:
const TASK: [f64; 12] = [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0, 14_400.0];
/// For requests, which time out after 30 s:
const CALL: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
/// For messages, which block those behind them:
const FRAME: [f64; 8] = [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1];

impl Default for Meters {
    fn default() -> Self {
        let ended: Family<Labels<1>, Counter> = Family::default();
        // Created at the start with 0, so that the first count shows as an increase.
        for word in [TaskState::Completed, TaskState::Failed, TaskState::Cancelled].into_iter().filter_map(end_word) {
            drop(ended.get_or_create(&[("state", Cow::Borrowed(word))]));
        }
        let webhooks: Family<Labels<1>, Counter> = Family::default();
        for word in ["delivered", "retried", "failed", "disabled"] {
            drop(webhooks.get_or_create(&[("outcome", Cow::Borrowed(word))]));
        }
        Self {
            accepted: Counter::default(),
            restarted: Counter::default(),
            ended,
            waited: Histogram::new(TASK),
            ran: Family::new_with_constructor(|| Histogram::new(TASK)),
            calls: Family::new_with_constructor(|| Histogram::new(CALL)),
            frames: Family::new_with_constructor(|| Histogram::new(FRAME)),
            resyncs: Counter::default(),
            webhooks,
            webhooks_waiting: Gauge::default(),
        }
    }
}

impl Meters {
    pub fn accepted(&self) {
        self.accepted.inc();
    }

    /// `change` was just applied to `task`, which was not over before.
    pub fn changed(&self, change: &Change, task: &Task) {
        let seconds = |from: Timestamp, to: Timestamp| to.since(from) as f64 / 1000.0;
        // If ComfyUI starts a task before its response arrives, the task is already running when it is added.
        let begins = matches!(change, Change::TaskStarted { .. } | Change::TaskAdded(_)) && task.attempt == 1;
        if let Some(started) = task.started_at.filter(|_| begins) {
            self.waited.observe(seconds(task.created_at, started));
        }
        if matches!(change, Change::TaskRestarted { .. }) {
            self.restarted.inc();
        }
        if let (Some(end), Some(ended)) = (end_word(task.state), task.ended_at) {
            let labels = [("state", Cow::Borrowed(end))];
            self.ended.get_or_create(&labels).inc();
            if let Some(started) = task.started_at {
                self.ran.get_or_create(&labels).observe(seconds(started, ended));
            }
        }
    }

    /// Counts a webhook call by its outcome.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&[("outcome", Cow::Borrowed(outcome))]).inc();
    }

    /// Sets the number of webhook messages waiting for a call or a retry.
    pub fn webhooks_waiting(&self, waiting: usize) {
        self.webhooks_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// Counts a snapshot sent to a slow page.
    pub fn resynced(&self) {
        self.resyncs.inc();
    }

    /// Measures the handling time of a ComfyUI message until dropped.
    pub fn frame(&self, backend: &BackendId) -> impl Drop + use<> {
        Timed { began: Instant::now(), histogram: self.frames.get_or_create_owned(&[backend_label(backend)]) }
    }

    /// The request timers of one ComfyUI.
    pub fn calls(&self, backend: &BackendId) -> Calls {
        Calls { backend: backend.clone(), histograms: self.calls.clone() }
    }
}

struct Timed {
    began: Instant,
    histogram: Histogram,
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.histogram.observe(self.began.elapsed().as_secs_f64());
    }
}

/// How long requests to one ComfyUI take, until the response headers arrive.
#[derive(Clone)]
pub struct Calls {
    backend: BackendId,
    histograms: Histograms<3>,
}

impl Meter for Calls {
    fn called(&self, method: &Method, path: &str, took: Duration, status: Option<StatusCode>) {
        let outcome = match status {
            None => "unreachable",
            Some(status) if status.is_server_error() => "server_error",
            Some(status) if status.is_client_error() => "client_error",
            Some(_) => "ok",
        };
        let labels = [backend_label(&self.backend), ("route", route(method, path).into()), ("outcome", outcome.into())];
        self.histograms.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// The request's method and path, without variable parts.
fn route(method: &Method, path: &str) -> &'static str {
    match (method.as_str(), path.split('/').next().unwrap_or_default()) {
        ("POST", "prompt") => "POST /prompt",
        ("POST", "queue") => "POST /queue",
        ("POST", "interrupt") => "POST /interrupt",
        ("POST", "api") => "POST /api/jobs/cancel",
        ("POST", "upload") => "POST /upload",
        ("POST", "history") => "POST /history",
        ("GET", "queue") => "GET /queue",
        ("GET", "history") => "GET /history",
        ("GET", "object_info") => "GET /object_info",
        ("GET", "system_stats") => "GET /system_stats",
        ("GET", "view") => "GET /view",
        _ => "other",
    }
}

fn backend_label(backend: &BackendId) -> (&'static str, Cow<'static, str>) {
    ("backend", backend.as_str().to_owned().into())
}

/// `None`: the task is not over.
fn end_word(state: TaskState) -> Option<&'static str> {
    match state {
        TaskState::Completed => Some("completed"),
        TaskState::Failed => Some("failed"),
        TaskState::Cancelled => Some("cancelled"),
        TaskState::Accepted | TaskState::Queued | TaskState::Running => None,
    }
}
