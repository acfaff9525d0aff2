//! CloudEvents: what is wrong is named, and what is sent can be read.

use serde_json::{Value, json};

use crate::{
    external::{
        ExternalState, ProgressScale,
        cloud_events::{CloudEvent, KnownEvent, darkroom_type, known_event, parse_batch, parse_structured, short_type},
    },
    limits,
};

fn event() -> Value {
    json!({"specversion": "1.0", "id": "1", "source": "/git/film", "type": "git.commit", "time": "2026-01-31T12:00:00.5Z", "correlationid": "c1",
        "data": {"ref": "main"}})
}

#[test]
fn an_event_survives_being_read_and_written() {
    let parsed = parse_structured(event()).unwrap();
    assert_eq!((parsed.kind.as_str(), parsed.extensions["correlationid"].as_str()), ("git.commit", Some("c1")));
    assert_eq!(parsed.to_json(), event());
    let whole = json!({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "x", "time": "2026-01-31T12:00:00+02:00",
        "datacontenttype": "text/plain", "dataschema": "http://a", "n": 3, "data_base64": "aGk="});
    assert_eq!(parse_structured(whole.clone()).unwrap().to_json(), whole);
}

#[test]
fn every_mistake_names_its_attribute() {
    let wrong = |attribute: &str, value: Value, says: &str| {
        let mut event = event();
        event[attribute] = value;
        let error = parse_structured(event).unwrap_err();
        assert_eq!(error.attribute, attribute, "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
    };
    wrong("specversion", json!("0.3"), "\"1.0\", not \"0.3\"");
    wrong("id", json!(7), "a text, not 7");
    wrong("id", json!(""), "not be empty");
    wrong("id", json!("x".repeat(limits::CLOUD_EVENT_ATTRIBUTE + 1)), "2048 bytes");
    wrong("source", json!("a b"), "URI reference");
    wrong("type", json!(null), "missing");
    wrong("time", json!("2026-01-31 noon"), "RFC 3339");
    wrong("time", json!("2026-01-31T12:00:00"), "zone");
    wrong("correlationId", json!("x"), "small letters");
    wrong("far", json!({"a": 1}), "go into data");
    wrong("far", json!(1.5), "whole number");
    wrong("data_base64", json!("aGk="), "either data or data_base64");
    for attribute in ["id", "source", "specversion", "type"] {
        let mut event = event();
        event.as_object_mut().unwrap().remove(attribute);
        assert_eq!(parse_structured(event).unwrap_err().attribute, attribute);
    }
    assert!(parse_structured(json!([event()])).unwrap_err().to_string().contains("batch"));
}

#[test]
fn a_batch_names_the_place_of_the_mistake() {
    let mut second = event();
    second["id"] = json!(null);
    let error = parse_batch(json!([event(), second])).unwrap_err();
    assert_eq!((error.index, error.pointer().as_str()), (Some(1), "/1/id"));
    assert_eq!(parse_batch(json!([event(), event()])).unwrap().len(), 2);
    assert!(parse_batch(event()).unwrap_err().to_string().contains("array"));
    let many = Value::Array(vec![event(); limits::CLOUD_EVENTS + 1]);
    assert!(parse_batch(many).unwrap_err().to_string().contains("at most 1000"));
}

#[test]
fn darkrooms_own_types_have_a_version() {
    assert_eq!(darkroom_type("take.created"), "studio.darkroom.take.created.v1");
    for kind in ["take.created", "studio.darkroom.take.created.v1"] {
        assert_eq!(short_type(kind), "take.created");
    }
    assert_eq!(short_type("studio.darkroom.take.created.v2"), "studio.darkroom.take.created.v2");
}

#[test]
fn tasks_and_processes_are_understood_and_the_rest_is_kept() {
    let known = |kind: &str, data: Value| {
        known_event(
            &CloudEvent { id: "1".into(), source: "/a".into(), kind: kind.into(), data: Some(data), ..CloudEvent::default() },
            ProgressScale::Auto,
        )
    };
    let KnownEvent::Task(fact) = known("task.progress", json!({"task_id": "t", "state": "SUCCESS", "result": [1]})).unwrap() else {
        panic!()
    };
    assert_eq!((fact.state, fact.result.unwrap().text.as_str()), (Some(ExternalState::Success), "[1]"));
    let KnownEvent::Task(fact) = known("process.started", json!({"process_id": "p", "project_id": "film"})).unwrap() else { panic!() };
    assert_eq!((fact.id.as_str(), fact.state), ("p", Some(ExternalState::Started)));
    assert_eq!(known("task.progress", json!({"progress": 1})), Err("task_id"));
    for kind in ["git.commit", "file.uploaded", "task.applauded", "weather"] {
        assert_eq!(known(kind, json!({})), Ok(KnownEvent::Plain), "{kind}");
    }
}
