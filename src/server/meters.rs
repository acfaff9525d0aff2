//! Counters and histograms that are updated where things happen. Every label has few values, whatever people and ComfyUI send.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
use reqwest::{Method, StatusCode};

use comfyui::Meter;
use proto::{
    ids::BackendId,
    task::{Change, Task, TaskState},
    time::Timestamp,
};

type LabelSet<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Histograms<const N: usize> = Family<LabelSet<N>, Histogram, fn() -> Histogram>;

/// Of one server. Cheap to clone: clones share their values.
#[derive(Clone)]
pub struct Meters {
    pub accepted: Counter,
    pub restarted: Counter,
    pub ended: Family<LabelSet<1>, Counter>,
    pub waited: Histogram,
    pub ran: Histograms<1>,
    pub calls: Histograms<3>,
    pub frames: Histograms<1>,
    pub resyncs: Counter,
    pub snapshots: Counter,
    pub twins: Family<LabelSet<1>, Counter>,
    pub connections: Gauge,
    pub connections_refused: Family<LabelSet<1>, Counter>,
    pub webhooks: Family<LabelSet<1>, Counter>,
    pub webhooks_waiting: Gauge,
    pub media_copies: Family<LabelSet<1>, Counter>,
    pub media_copied_bytes: Counter,
    pub media_waiting: Gauge,
    pub media_files: Gauge,
    pub media_bytes: Gauge,
    pub media_writable: Gauge,
}

/// Bucket bounds in seconds. For tasks, which may wait for hours.
const TASK_BUCKETS: [f64; 12] = [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0, 14_400.0];
/// For requests, which time out after 30 s.
const REQUEST_BUCKETS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
/// For messages, each of which delays those behind it.
const FRAME_BUCKETS: [f64; 8] = [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1];

impl Default for Meters {
    fn default() -> Self {
        let ended: Family<LabelSet<1>, Counter> = Family::default();
        // All label values exist from the start, so that the first count is seen as an increase.
        for state in [TaskState::Completed, TaskState::Failed, TaskState::Cancelled].into_iter().filter_map(ended_label) {
            drop(ended.get_or_create(&[("state", Cow::Borrowed(state))]));
        }
        let webhooks: Family<LabelSet<1>, Counter> = Family::default();
        for outcome in ["delivered", "retried", "failed", "disabled"] {
            drop(webhooks.get_or_create(&[("outcome", Cow::Borrowed(outcome))]));
        }
        let connections_refused: Family<LabelSet<1>, Counter> = Family::default();
        for reason in ["total", "address"] {
            drop(connections_refused.get_or_create(&[("reason", Cow::Borrowed(reason))]));
        }
        let media_copies: Family<LabelSet<1>, Counter> = Family::default();
        for outcome in ["kept", "retried", "failed"] {
            drop(media_copies.get_or_create(&[("outcome", Cow::Borrowed(outcome))]));
        }
        let media_writable = Gauge::default();
        media_writable.set(1);
        Self {
            accepted: Counter::default(),
            restarted: Counter::default(),
            ended,
            waited: Histogram::new(TASK_BUCKETS),
            ran: Family::new_with_constructor(|| Histogram::new(TASK_BUCKETS)),
            calls: Family::new_with_constructor(|| Histogram::new(REQUEST_BUCKETS)),
            frames: Family::new_with_constructor(|| Histogram::new(FRAME_BUCKETS)),
            resyncs: Counter::default(),
            snapshots: Counter::default(),
            twins: Family::default(),
            connections: Gauge::default(),
            connections_refused,
            webhooks,
            webhooks_waiting: Gauge::default(),
            media_copies,
            media_copied_bytes: Counter::default(),
            media_waiting: Gauge::default(),
            media_files: Gauge::default(),
            media_bytes: Gauge::default(),
            media_writable,
        }
    }
}

impl Meters {
    pub fn task_accepted(&self) {
        self.accepted.inc();
    }

    /// `change` was just applied to `task`, which was unfinished before.
    pub fn task_changed(&self, change: &Change, task: &Task) {
        let seconds = |from: Timestamp, to: Timestamp| to.since(from) as f64 / 1000.0;
        // ComfyUI may start a task before it answers the submission: then the task is added when it runs already.
        let begins = matches!(change, Change::TaskStarted { .. } | Change::TaskAdded(_)) && task.attempt == 1;
        if let Some(started) = task.started_at.filter(|_| begins) {
            self.waited.observe(seconds(task.created_at, started));
        }
        if matches!(change, Change::TaskRestarted { .. }) {
            self.restarted.inc();
        }
        if let (Some(end), Some(ended)) = (ended_label(task.state), task.ended_at) {
            let labels = [("state", Cow::Borrowed(end))];
            self.ended.get_or_create(&labels).inc();
            if let Some(started) = task.started_at {
                self.ran.get_or_create(&labels).observe(seconds(started, ended));
            }
        }
    }

    /// A webhook was called, with this outcome.
    pub fn webhook_called(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&[("outcome", Cow::Borrowed(outcome))]).inc();
    }

    /// The number of messages to webhooks that wait for their first or next attempt.
    pub fn set_webhooks_waiting(&self, waiting: usize) {
        self.webhooks_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// An output was kept; `is_new`: the media store did not have these bytes before.
    pub fn media_kept(&self, bytes: u64, is_new: bool) {
        self.media_copied("kept");
        self.media_copied_bytes.inc_by(bytes);
        if is_new {
            self.media_files.inc();
            self.media_bytes.inc_by(bytes.cast_signed());
        }
    }

    /// A copy failed, and is tried again.
    pub fn media_retried(&self) {
        self.media_copied("retried");
    }

    /// An output cannot be kept.
    pub fn media_not_kept(&self) {
        self.media_copied("failed");
    }

    fn media_copied(&self, outcome: &'static str) {
        self.media_copies.get_or_create(&[("outcome", Cow::Borrowed(outcome))]).inc();
    }

    /// The number of outputs that are to be copied.
    pub fn set_media_waiting(&self, waiting: u64) {
        self.media_waiting.set(waiting.cast_signed());
    }

    /// What the media store has.
    pub fn set_media_stored(&self, files: u64, bytes: u64) {
        self.media_files.set(files.cast_signed());
        self.media_bytes.set(bytes.cast_signed());
    }

    /// Whether the media store can be written.
    pub fn set_media_writable(&self, is_writable: bool) {
        self.media_writable.set(is_writable.into());
    }

    /// A page that could not keep up got a snapshot.
    pub fn page_resynced(&self) {
        self.resyncs.inc();
    }

    /// A snapshot was encoded, for all pages that get it.
    pub fn snapshot_encoded(&self) {
        self.snapshots.inc();
    }

    /// Measures how long a message of a ComfyUI takes, until the result is dropped.
    pub fn time_frame(&self, backend: &BackendId) -> impl Drop + use<> {
        FrameTimer { began: Instant::now(), histogram: self.frames.get_or_create_owned(&[backend_label(backend)]) }
    }

    /// A connection was not admitted, for this reason.
    pub fn connection_refused(&self, reason: &'static str) {
        self.connections_refused.get_or_create(&[("reason", Cow::Borrowed(reason))]).inc();
    }

    /// So many prompts were deleted from the queue of a ComfyUI because it had them twice.
    pub fn twins_deleted(&self, backend: &BackendId, count: usize) {
        self.twins.get_or_create_owned(&[backend_label(backend)]).inc_by(count as u64);
    }

    /// For the HTTP client of one ComfyUI. Its counters exist from now on, so that the first count is seen as an increase.
    pub fn requests(&self, backend: &BackendId) -> RequestMeter {
        drop(self.twins.get_or_create_owned(&[backend_label(backend)]));
        RequestMeter { backend: backend.clone(), histograms: self.calls.clone() }
    }
}

struct FrameTimer {
    began: Instant,
    histogram: Histogram,
}

impl Drop for FrameTimer {
    fn drop(&mut self) {
        self.histogram.observe(self.began.elapsed().as_secs_f64());
    }
}

/// How long requests to one ComfyUI take until the response headers arrive.
#[derive(Clone)]
pub struct RequestMeter {
    backend: BackendId,
    histograms: Histograms<3>,
}

impl Meter for RequestMeter {
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

/// The request without its variable parts.
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

/// `None`: the task is unfinished.
fn ended_label(state: TaskState) -> Option<&'static str> {
    match state {
        TaskState::Completed => Some("completed"),
        TaskState::Failed => Some("failed"),
        TaskState::Cancelled => Some("cancelled"),
        TaskState::Accepted | TaskState::Queued | TaskState::Running => None,
    }
}
