//! Commands are what Celery's own programs send.

use serde_json::{Value, json};

use super::recording;
use crate::external::celery::{KombuEnvelope, control};

/// The commands of a kind in the recording, but for their tickets.
fn recorded(method: &str) -> Vec<(Value, Value)> {
    let commands = recording().into_iter().filter(|record| record.key == control::channel(0)).map(|record| {
        let raw: Value = serde_json::from_str(&record.value).unwrap();
        (KombuEnvelope::read(record.value.as_bytes()).unwrap().body, raw)
    });
    commands.filter(|(body, _)| body["method"] == method).collect()
}

#[test]
fn a_revocation_is_what_celery_sends() {
    let recorded = recorded("revoke");
    let ids: Vec<&str> = recorded.iter().map(|(body, _)| body["arguments"]["task_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["43e87032-897b-4040-8691-8aa35567ceef", "7abf5f90-ee97-4773-8a3e-05c79a6383e6", "raw-0004"]);
    for (body, raw) in &recorded {
        let arguments = &body["arguments"];
        let ours = control::revoke(arguments["task_id"].as_str().unwrap(), arguments["terminate"].as_bool().unwrap(), "tag");
        let ours_raw: Value = serde_json::from_str(&ours).unwrap();
        assert_eq!(&KombuEnvelope::read(ours.as_bytes()).unwrap().body, body);
        for part in ["content-type", "content-encoding"] {
            assert_eq!(ours_raw[part], raw[part]);
        }
        for part in ["exchange", "routing_key"] {
            assert_eq!(ours_raw["properties"]["delivery_info"][part], raw["properties"]["delivery_info"][part]);
        }
        assert_eq!(ours_raw["properties"]["body_encoding"], raw["properties"]["body_encoding"]);
    }
}

#[test]
fn events_are_enabled_as_was_seen_to_work() {
    let [(body, raw)] = &recorded("enable_events")[..] else { panic!("one") };
    let ours = control::enable_events("tag");
    assert_eq!(&KombuEnvelope::read(ours.as_bytes()).unwrap().body, body);
    let ours: Value = serde_json::from_str(&ours).unwrap();
    assert_eq!(ours["headers"], raw["headers"]);
    assert_eq!(ours["properties"]["delivery_tag"], json!("tag"));
}
