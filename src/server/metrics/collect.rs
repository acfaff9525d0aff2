//! Metrics that are read from the tracker, the store and the links at the moment of the request.

use std::{
    fmt::{Error, Formatter},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, MetricEncoder, NoLabelSet},
    metrics::MetricType,
    registry::Unit,
};
use strum::VariantArray;

use crate::{
    backend::Backend,
    external::{ExternalPrograms, RedisState},
    message_log::UNREADABLE,
    pool::Pool,
    store::Store,
    tracker::{Census, Tracker},
};
use proto::task::HttpState;

pub(super) struct StateCollector {
    pub(super) tracker: Arc<Tracker>,
    pub(super) store: Store,
    pub(super) pool: Arc<Pool>,
    pub(super) external: Arc<ExternalPrograms>,
}

impl std::fmt::Debug for StateCollector {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("StateCollector")
    }
}

/// [`proto::task::BackendState`] in lower case.
const LINK_STATES: [&str; 7] = ["connecting", "connected", "reconnecting", "polling", "suspended", "disconnected", "failed"];

/// Names and values of the labels of one sample.
type Labels<'a> = Vec<(&'static str, &'a str)>;

impl Collector for StateCollector {
    fn encode(&self, encoder: DescriptorEncoder) -> Result<(), Error> {
        let mut out = Encoder(encoder);
        let census = self.tracker.census();
        queue(&mut out, &census)?;
        let health = self.store.health();
        out.gauge("store_writable", "1 while the database can be written", None, [(vec![], u32::from(health.is_writable()))])?;
        out.gauge("store_waiting_writes", "Tasks whose newest state is not on disk yet", None, [(vec![], health.waiting)])?;
        out.gauge("pages_connected", "Open live connections of pages", None, [(vec![], census.pages)])?;
        out.counter("page_reads", "How often live connections looked for changes", None, [(vec![], census.reads)])?;
        out.counter("changes_published", "Changes of state, progress too", None, [(vec![], census.changes)])?;
        backends(&mut out, &census)?;
        redis(&mut out, &self.external)?;
        links(&mut out, &self.pool.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }
}

fn queue(out: &mut Encoder<'_>, census: &Census) -> Result<(), Error> {
    let states = [("accepted", census.accepted), ("queued", census.queued), ("running", census.running)];
    out.gauge("tasks", "Tasks that are not over, by state", None, states.map(|(state, tasks)| (vec![("state", state)], tasks)))?;
    let held = [("waiting", census.waiting), ("paused", census.paused)];
    let help = "Tasks that are at no ComfyUI: waiting for one, or held back by a person";
    out.gauge("queue_tasks", help, None, held.map(|(status, tasks)| (vec![("status", status)], tasks)))?;
    out.gauge("queue_paused", "1 while the whole queue is paused", None, [(vec![], u32::from(census.queue_paused))])
}

/// The published state of each ComfyUI.
fn backends(out: &mut Encoder<'_>, census: &Census) -> Result<(), Error> {
    let each = || census.backends.iter().map(|(backend, ours)| (backend.id.as_str(), backend, *ours));
    let states = each().flat_map(|(id, backend, _)| {
        LINK_STATES.map(|word| (vec![("backend", id), ("state", word)], u32::from(backend.state.as_str().eq_ignore_ascii_case(word))))
    });
    out.gauge("backend_link_state", "1 for the state the link to a ComfyUI is in", None, states)?;
    let up = each().map(|(id, backend, _)| (vec![("backend", id)], u32::from(backend.http == HttpState::Up)));
    out.gauge("backend_http_up", "1 while its HTTP is not given up", None, up)?;
    let stuck = each().map(|(id, backend, _)| (vec![("backend", id)], u32::from(backend.stuck_since.is_some())));
    out.gauge("backend_stuck", "1 while prompts wait there and none begins, although nothing runs", None, stuck)?;
    let prompts = each().flat_map(|(id, backend, ours)| {
        [("ours", ours), ("foreign", backend.foreign.len())].map(|(owner, count)| (vec![("backend", id), ("owner", owner)], count))
    });
    out.gauge("backend_prompts", "Prompts running or waiting there; foreign ones are counted up to 50", None, prompts)?;
    let seconds = |micros: u32| f64::from(micros) / 1e6;
    let quality = || each().filter_map(|(id, backend, _)| Some((vec![("backend", id)], backend.round_trip?)));
    let trips = quality().map(|(labels, (trip, _))| (labels, seconds(trip)));
    out.gauge("backend_round_trip", "Of pings on the socket, smoothed", Some(Unit::Seconds), trips)?;
    let jitters = quality().map(|(labels, (_, jitter))| (labels, seconds(jitter)));
    out.gauge("backend_round_trip_jitter", "How much round trips vary", Some(Unit::Seconds), jitters)
}

/// The link to Redis. Nothing, if it is not used.
fn redis(out: &mut Encoder<'_>, external: &ExternalPrograms) -> Result<(), Error> {
    let status = external.redis_status();
    if status.state == RedisState::Off {
        return Ok(());
    }
    let states = RedisState::VARIANTS.iter().filter(|state| **state != RedisState::Off);
    let states = states.map(|state| (vec![("state", <&str>::from(state))], u32::from(*state == status.state)));
    out.gauge("redis_link_state", "1 for the state the link to Redis is in", None, states)?;
    let counters = external.redis_counters();
    let messages = [("read", &counters.messages, Some(&counters.unreadable)), ("unreadable", &counters.unreadable, None)];
    let messages = messages.map(|(outcome, all, but)| {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (vec![("outcome", outcome)], count(all).saturating_sub(but.map_or(0, count)))
    });
    out.counter("redis_messages", "Messages of channels of Redis", None, messages)?;
    let single = [
        ("redis_reports_dropped", "Reports over Redis that were dropped, because more came than could be stored", &counters.dropped),
        ("redis_events_published", "Events that were added to the stream of Redis, or published", &counters.published),
        ("redis_unknown_projects", "Messages of Redis about projects that there are not", &counters.unknown_projects),
        ("redis_refused", "Messages and commands of Redis about projects that changed nothing there", &counters.refused),
        ("redis_reconnects", "Connections to Redis after the first", &counters.reconnects),
    ];
    single.into_iter().try_for_each(|(name, help, counter)| out.counter(name, help, None, [(vec![], counter.load(Ordering::Relaxed))]))
}

/// Counters of the link to each ComfyUI.
fn links(out: &mut Encoder<'_>, backends: &[&Backend]) -> Result<(), Error> {
    let each = || backends.iter().map(|backend| (backend.id.as_str(), backend.counters(), backend));
    let reconnects = each().map(|(id, counters, _)| (vec![("backend", id)], counters.reconnects));
    out.counter("backend_reconnects", "Sockets that opened after the first", None, reconnects)?;
    let losses = each().flat_map(|(id, counters, _)| {
        [("dropped", counters.dropped), ("closed", counters.closed), ("stalled", counters.stalled)]
            .map(|(reason, count)| (vec![("backend", id), ("reason", reason)], count))
    });
    let help =
        "Sockets that were not opened or broke (dropped), were closed by the peer, or were given up because they were silent (stalled)";
    out.counter("backend_socket_losses", help, None, losses)?;
    let polls = each().map(|(id, counters, _)| (vec![("backend", id)], counters.polls));
    out.counter("backend_polls", "Times it was asked because there was no socket", None, polls)?;
    let polled = each().map(|(id, _, backend)| (vec![("backend", id)], backend.polled_for().as_secs_f64()));
    out.counter("backend_polling", "Time without a socket in which it was polled", Some(Unit::Seconds), polled)?;
    let counts: Vec<_> = backends.iter().map(|backend| (backend.id.as_str(), backend.log.counts())).collect();
    let messages = counts.iter().flat_map(|(id, counts)| {
        let readable = counts.iter().filter(|(kind, _)| kind != UNREADABLE);
        readable.map(|(kind, count)| (vec![("backend", *id), ("type", kind.as_str())], *count))
    });
    out.counter(
        "backend_messages",
        "Messages of its socket; of types that are not known, the first 64 are counted separately",
        None,
        messages,
    )?;
    let unreadable = each().map(|(id, _, backend)| (vec![("backend", id)], backend.log.unreadable()));
    out.counter("backend_unreadable_messages", "Messages that could not be read", None, unreadable)
}

struct Encoder<'a>(DescriptorEncoder<'a>);

impl Encoder<'_> {
    fn gauge<'l, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        samples: impl IntoIterator<Item = (Labels<'l>, V)>,
    ) -> Result<(), Error> {
        let mut metric = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
        samples.into_iter().try_for_each(|(labels, value)| labelled(&mut metric, &labels, |metric| metric.encode_gauge(&value)))
    }

    fn counter<'l, V: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        samples: impl IntoIterator<Item = (Labels<'l>, V)>,
    ) -> Result<(), Error> {
        let mut metric = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
        samples.into_iter().try_for_each(|(labels, value)| {
            labelled(&mut metric, &labels, |metric| metric.encode_counter::<NoLabelSet, V, f64>(&value, None))
        })
    }
}

/// A sample without labels has no braces.
fn labelled(
    metric: &mut MetricEncoder<'_>,
    labels: &Labels<'_>,
    encode: impl FnOnce(&mut MetricEncoder<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    if labels.is_empty() { encode(metric) } else { encode(&mut metric.encode_family(labels)?) }
}
