//! What is counted as it happens, in the tracker and its neighbours. What is so is read from its owner instead, when somebody asks
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

/// What is counted as it happens, of one server. Cheap to clone: the clones count together.
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

/// The bounds of the buckets, in seconds. Of tasks, which may wait for hours:
const TASK: [f64; 12] = [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0, 14_400.0];
/// Of requests, which are given up after 30 s:
const CALL: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
/// Of messages, which hold up those behind them:
const FRAME: [f64; 8] = [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1];

impl Default for Meters {
    fn default() -> Self {
        let ended: Family<Labels<1>, Counter> = Family::default();
        // There from the start, so that the first of a kind is seen as an increase.
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

    /// `change` was just made to `task`, which was not over before.
    pub fn changed(&self, change: &Change, task: &Task) {
        let seconds = |from: Timestamp, to: Timestamp| to.since(from) as f64 / 1000.0;
        // One that ComfyUI began before it had answered is added when it runs already.
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

    /// A webhook was called, and what came of it.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&[("outcome", Cow::Borrowed(outcome))]).inc();
    }

    /// So many messages to webhooks are to be sent, or to be sent again.
    pub fn webhooks_waiting(&self, waiting: usize) {
        self.webhooks_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// A page that was too slow got a snapshot.
    pub fn resynced(&self) {
        self.resyncs.inc();
    }

    /// Measures until it is dropped how long a ComfyUI's message takes.
    pub fn frame(&self, backend: &BackendId) -> impl Drop + use<> {
        Timed { began: Instant::now(), histogram: self.frames.get_or_create_owned(&[backend_label(backend)]) }
    }

    /// The requests to one ComfyUI.
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

/// How long requests to one ComfyUI take, until the head of the answer is there.
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

/// The request without what varies in it.
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

/// `None`: it is not over.
fn end_word(state: TaskState) -> Option<&'static str> {
    match state {
        TaskState::Completed => Some("completed"),
        TaskState::Failed => Some("failed"),
        TaskState::Cancelled => Some("cancelled"),
        TaskState::Accepted | TaskState::Queued | TaskState::Running => None,
    }
}
