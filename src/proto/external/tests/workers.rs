//! Workers come, are silent, stop, and come again.

use serde_json::json;

use super::{Heard, envelope};
use crate::{external::WorkerPresence, time::Timestamp};

fn hear(heard: &mut Heard, kind: &str, clock: u64, pid: u64, now: u64) {
    let event =
        json!({"hostname": "gpu@vm", "pid": pid, "clock": clock, "type": kind, "active": 1, "processed": 9, "loadavg": [4.17, 0.5, 0.01]});
    heard.message("/0.celeryev/worker.heartbeat", &envelope(&event), now);
}

#[test]
fn silence_is_judged_only_by_who_listened() {
    let mut heard = Heard::default();
    hear(&mut heard, "worker-online", 1, 7, 1_000);
    let worker = &heard.workers["gpu@vm"];
    assert_eq!((worker.load, worker.processed), (Some([417, 50, 1]), Some(9)));
    let at = |now: u64, since: Option<u64>| worker.presence(Timestamp(now), since.map(Timestamp));
    assert_eq!(at(31_000, Some(0)), WorkerPresence::Seen);
    assert_eq!(at(31_001, Some(0)), WorkerPresence::NotSeen);
    // Redis was away meanwhile, or is.
    assert_eq!(at(60_000, Some(40_000)), WorkerPresence::Unknown);
    assert_eq!(at(60_000, None), WorkerPresence::Unknown);
    assert_eq!(at(70_001, Some(40_000)), WorkerPresence::NotSeen);
}

#[test]
fn a_late_heartbeat_does_not_start_a_stopped_worker() {
    let mut heard = Heard::default();
    hear(&mut heard, "worker-heartbeat", 10, 7, 1_000);
    hear(&mut heard, "worker-offline", 12, 7, 2_000);
    hear(&mut heard, "worker-heartbeat", 11, 7, 3_000);
    assert_eq!(heard.workers["gpu@vm"].stopped_at, Some(Timestamp(2_000)));
    // Another process under this name.
    hear(&mut heard, "worker-online", 1, 8, 4_000);
    assert_eq!((heard.workers["gpu@vm"].stopped_at, heard.workers["gpu@vm"].pid), (None, Some(8)));
}
