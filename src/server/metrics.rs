//! The metrics of `/metrics`, in the names and units of Prometheus: [`Meters`](super::meters::Meters) count events when they happen; gauges are
//! read from their owners at each scrape ([`collect`]).

mod collect;

use std::sync::Arc;

use prometheus_client::{
    encoding::text::encode,
    registry::{Registry, Unit},
};

use self::collect::StateCollector;
use super::{external::ExternalPrograms, pool::Pool, store::Store, tracker::Tracker};

/// All metrics of one server.
pub struct Metrics(Registry);

impl Metrics {
    pub fn new(tracker: Arc<Tracker>, store: Store, pool: Arc<Pool>, external: Arc<ExternalPrograms>) -> Self {
        let mut registry = Registry::with_prefix("darkroom");
        let meters = tracker.meters().clone();
        registry.register("tasks_accepted", "Tasks taken in", meters.accepted);
        registry.register("task_restarts", "Attempts after the first, because a ComfyUI forgot a task or was lost", meters.restarted);
        registry.register("tasks_ended", "Tasks that are over, by how they ended", meters.ended);
        registry.register_with_unit("task_wait", "From accepted to started, of first attempts", Unit::Seconds, meters.waited);
        registry.register_with_unit("task_run", "From started to the end, of last attempts, by how they ended", Unit::Seconds, meters.ran);
        registry.register_with_unit("comfyui_frame", "Handling a message of a ComfyUI", Unit::Seconds, meters.frames);
        let help = "Requests to a ComfyUI, until the head of the answer is there";
        registry.register_with_unit("comfyui_request", help, Unit::Seconds, meters.calls);
        registry.register("page_resyncs", "Snapshots sent to pages that were too slow for all changes", meters.resyncs);
        registry.register("snapshots_encoded", "Snapshots that were made, each for all pages that got it", meters.snapshots);
        registry.register("backend_twins", "Prompts that were deleted there because it had them twice", meters.twins);
        registry.register("tcp_connections", "Open connections of clients", meters.connections);
        let help = "Connections that were closed at once: there were as many as there may be, in total or of one address";
        registry.register("tcp_connections_refused", help, meters.connections_refused);
        let help = "Calls of webhooks: delivered; failed and to be tried again (retried); failed for good; or disabled by a 410";
        registry.register("webhook_deliveries", help, meters.webhooks);
        registry.register("webhook_waiting", "Messages to webhooks that are to be sent, or to be sent again", meters.webhooks_waiting);
        let help = "Copies of outputs: kept; failed and to be tried again (retried); or impossible (failed)";
        registry.register("media_copies", help, meters.media_copies);
        registry.register("media_copied_bytes", "Bytes of kept outputs, also of those that were there already", meters.media_copied_bytes);
        registry.register("media_waiting", "Outputs that are to be copied", meters.media_waiting);
        registry.register("media_files", "Files in the media store", meters.media_files);
        registry.register("media_bytes", "Bytes in the media store, with thumbnails", meters.media_bytes);
        registry.register("media_writable", "1 while the media store can be written", meters.media_writable);
        registry.register_collector(Box::new(StateCollector { tracker, store, pool, external }));
        Self(registry)
    }

    /// In OpenMetrics' text format, which Prometheus' own parsers also read.
    ///
    /// # Errors
    /// None in practice: it is written to a `String`.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0)?;
        Ok(text)
    }
}
