//! Envelopes and values in every form, and those that are refused.

use serde_json::{Value, json};

use super::envelope;
use crate::{
    external::{
        ExternalState, FactOrigin, ProgressScale,
        celery::{CeleryError, CeleryEvent, KombuEnvelope, TaskEventKind, WorkerEventKind, read_event, read_meta},
        message::{MessageError, read_message},
    },
    limits,
};

const COMPRESSED: &[u8] = include_bytes!("../../../../tests/recordings/celery/msgpack-compressed.bin");

fn compressed(mime: &str, data: &[u8]) -> Vec<u8> {
    [b"\0celery-compressed\0", mime.as_bytes(), b"\0", data].concat()
}

#[test]
fn a_recorded_value_in_compressed_messagepack_is_read() {
    let meta = read_meta("51fe318f-abc3-44ea-baa7-0424aba84457", COMPRESSED).unwrap();
    let fact = meta.fact(ProgressScale::Auto, true);
    assert_eq!((fact.state, fact.worker.as_deref(), fact.origin), (Some(ExternalState::Started), Some("mp@vm"), FactOrigin::StoredResult));
    assert_eq!(meta.fields["task_id"], "51fe318f-abc3-44ea-baa7-0424aba84457");
    assert_eq!(meta.fields["result"], json!({"pid": 1446, "hostname": "mp@vm"}));
}

#[test]
fn messagepack_without_compression_is_read() {
    let zlib = COMPRESSED.strip_prefix(b"\0celery-compressed\0application/x-gzip\0").unwrap();
    let plain = miniz_oxide::inflate::decompress_to_vec_zlib(zlib).unwrap();
    assert_eq!(plain[0], 0x86);
    assert_eq!(read_meta("a", &plain).unwrap().fields["status"], "STARTED");
    // Keys that are numbers, bytes, an extension, and the largest numbers.
    let mut value = Vec::new();
    let map = rmpv::Value::Map(vec![
        ("status".into(), "SUCCESS".into()),
        (
            "result".into(),
            rmpv::Value::Map(vec![
                (7.into(), rmpv::Value::Binary(b"text".to_vec())),
                ("raw".into(), rmpv::Value::Binary(vec![0xff; 3])),
                ("ext".into(), rmpv::Value::Ext(-1, vec![0; 4])),
                ("large".into(), u64::MAX.into()),
                ("nan".into(), f64::NAN.into()),
            ]),
        ),
    ]);
    rmpv::encode::write_value(&mut value, &map).unwrap();
    let meta = read_meta("a", &value).unwrap();
    assert_eq!(meta.fields["result"], json!({"7": "text", "raw": "<3 bytes>", "ext": "<ext -1>", "large": u64::MAX, "nan": null}));
}

#[test]
fn pickle_is_refused_with_what_to_do() {
    for bytes in [&b"\x80\x04\x95\x1e\0\0\0}\x94"[..], b"\x80\x02}q\0.", b"(dp0\n."] {
        assert_eq!(read_meta("a", bytes).unwrap_err(), CeleryError::Pickled, "{bytes:?}");
    }
    let pickled = miniz_oxide::deflate::compress_to_vec_zlib(b"\x80\x05}\x94.", 6);
    assert_eq!(read_meta("a", &compressed("application/x-gzip", &pickled)).unwrap_err(), CeleryError::Pickled);
    let mut raw: Value = serde_json::from_slice(&envelope(&json!([]))).unwrap();
    raw["content-type"] = "application/x-python-serialize".into();
    assert_eq!(KombuEnvelope::read(raw.to_string().as_bytes()).unwrap_err(), CeleryError::Pickled);
    assert!(CeleryError::Pickled.to_string().contains("result_serializer"));
    // An empty map of MessagePack is none: it lacks the status.
    assert!(matches!(read_meta("a", b"\x80"), Err(CeleryError::Damaged(_))));
}

#[test]
fn other_compressions_are_refused_by_name() {
    let error = read_meta("a", &compressed("application/x-bzip2", b"BZh91")).unwrap_err();
    assert_eq!(error, CeleryError::Compression("application/x-bzip2".to_owned()));
    assert!(matches!(read_meta("a", b"\0celery-compressed\0gzip"), Err(CeleryError::Damaged(_))));
    assert!(matches!(read_meta("a", &compressed("application/x-gzip", b"no zlib")), Err(CeleryError::Damaged(_))));
}

#[test]
fn inflating_stops_at_the_limit() {
    let large = format!(r#"{{"status": "SUCCESS", "result": "{}"}}"#, " ".repeat(limits::EXTERNAL_VALUE));
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(large.as_bytes(), 9);
    assert!(bomb.len() < large.len() / 100);
    assert_eq!(read_meta("a", &compressed("application/x-gzip", &bomb)).unwrap_err(), CeleryError::TooLarge(limits::EXTERNAL_VALUE));
    assert_eq!(read_meta("a", large.as_bytes()).unwrap_err(), CeleryError::TooLarge(limits::EXTERNAL_VALUE));
}

#[test]
fn nesting_is_bounded() {
    let mut deep = vec![0x81, 0xa6];
    deep.extend(b"status");
    deep.extend(vec![0x91; 100_000]);
    assert!(matches!(read_meta("a", &deep), Err(CeleryError::Damaged(_))));
    let json = format!(r#"{{"status": {}"#, "[".repeat(100_000));
    assert!(matches!(read_meta("a", json.as_bytes()), Err(CeleryError::Damaged(_))));
}

#[test]
fn types_of_kombu_become_plain_values() {
    let meta = json!({"status": "SUCCESS", "result": {
        "when": {"__type__": "datetime", "__value__": "2026-11-28T01:13:43"},
        "price": {"__type__": "decimal", "__value__": "1.50"},
        "id": {"__type__": "uuid", "__value__": {"hex": "51fe318fabc344eabaa70424aba84457", "version": 4}},
        "text": {"__type__": "bytes", "__value__": "plain"},
        "raw": {"__type__": "base64", "__value__": "/////w=="},
        "own": [{"__type__": "point", "__value__": {"x": 1}}],
        "none": {"__type__": "datetime"},
    }});
    let meta = read_meta("a", meta.to_string().as_bytes()).unwrap();
    assert_eq!(
        meta.fields["result"],
        json!({"when": "2026-11-28T01:13:43", "price": "1.50", "id": "51fe318f-abc3-44ea-baa7-0424aba84457", "text": "plain",
            "raw": "<4 bytes>", "own": [{"x": 1}], "none": {"__type__": "datetime"}})
    );
}

#[test]
fn events_come_as_a_list_or_alone_and_unknown_ones_are_kept() {
    let one = json!({"type": "worker-heartbeat", "hostname": "a@b", "pid": 1, "clock": 2});
    let list = json!([{"type": "task-colored", "uuid": "x", "color": "red"}, 7, {"type": "task-started"}, {"type": "market-opened", "at": 9}, one]);
    let read = |body: &Value| read_event(&KombuEnvelope::read(&envelope(body)).unwrap()).unwrap();
    assert!(matches!(&read(&one)[..], [CeleryEvent::Worker(event)] if event.kind == WorkerEventKind::Heartbeat));
    let events = read(&list);
    let [CeleryEvent::Task(colored), CeleryEvent::Other { kind, fields }, CeleryEvent::Worker(_)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((&colored.kind, &colored.fields["color"]), (&TaskEventKind::Custom("colored".into()), &json!("red")));
    assert_eq!((kind.as_str(), &fields["at"]), ("market-opened", &json!(9)));
}

#[test]
fn every_envelope_of_the_recording_is_read() {
    let mut kinds = std::collections::BTreeSet::new();
    for record in super::recording().iter().filter(|record| record.key.contains("celeryev")) {
        let read = KombuEnvelope::read(record.value.as_bytes()).unwrap();
        assert!(read.delivery_tag.is_some());
        for event in read_event(&read).unwrap() {
            kinds.insert(match event {
                CeleryEvent::Task(event) => format!("task {:?}", event.kind),
                CeleryEvent::Worker(event) => format!("worker {:?}", event.kind),
                CeleryEvent::Other { kind, .. } => kind,
            });
        }
    }
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let expected = [
        "task Custom(\"progress\")",
        "task Failed",
        "task Received",
        "task Retried",
        "task Revoked",
        "task Sent",
        "task Started",
        "task Succeeded",
        "worker Heartbeat",
        "worker Offline",
        "worker Online",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn what_is_no_message_says_why() {
    let error = |channel: &str, payload: &str| read_message(channel, payload.as_bytes(), ProgressScale::Auto).unwrap_err();
    assert!(matches!(error("celery-task-meta-a", "{}"), MessageError::Celery(CeleryError::Damaged("it has no status"))));
    assert!(matches!(error("celery-task-meta-", "{}"), MessageError::Celery(CeleryError::Damaged(_))));
    assert!(matches!(error("/0.celeryev/task.multi", "[]"), MessageError::Celery(CeleryError::Damaged(_))));
    assert_eq!(error("project:p1:events", "hello"), MessageError::Unknown);
    assert_eq!(error("project:p1:events", r#"{"type": "task.progress"}"#), MessageError::Lacks("task_id"));
    assert!(error("events", r#"{"specversion": "1.0"}"#).to_string().contains("id: it is missing"));
}
