//! The recording of a real Celery, from its beginning to its end.

use crate::external::{ExternalState, JoinedBy, ResultFormat, WorkerPresence};
use crate::time::Timestamp;

use super::{Heard, recording};

fn replayed() -> Heard {
    let mut heard = Heard::default();
    for record in recording() {
        if record.cmd == "PUBLISH" && !record.key.contains("pidbox") {
            heard.message(&record.key, record.value.as_bytes(), record.ms);
        }
    }
    heard
}

/// Of each task of the recording how it ended, as the commands around it tell.
#[test]
fn every_task_ends_as_recorded() {
    let heard = replayed();
    let success = |text: &str| (ExternalState::Success, format!("Json {text}"));
    let failure = |text: &str| (ExternalState::Failure, text.to_owned());
    let revoked = |text: &str| (ExternalState::Revoked, format!("TaskRevokedError: {text}"));
    let expected = [
        ("a2341f69-0b5b-4579-9a8b-4e78009a62ea", success(r#"{"path":"/renders/S001_P001.mp4","frames":3}"#)),
        ("6ba1b769-d7cd-41f4-bd40-6a7a7dbe9854", failure("ValueError: no frames, 7")),
        ("092bffe7-25d2-4415-b0f6-3efb867f4797", success(r#""ok""#)),
        ("5bed39ae-54ac-4292-9bb0-48e333bc371c", failure("TimeLimitExceeded: 1")),
        ("3cd405e7-652f-4390-a5ff-589ba67007c0", (ExternalState::Success, "Python 1".to_owned())),
        ("44fdd00a-3817-4305-bb46-51250c5a2e92", (ExternalState::Success, "Python 2".to_owned())),
        ("43e87032-897b-4040-8691-8aa35567ceef", revoked("terminated")),
        ("7abf5f90-ee97-4773-8a3e-05c79a6383e6", revoked("revoked")),
        ("d7c188e6-8f09-495f-bb74-6ba2e2860ff5", failure("WorkerLostError: Worker exited prematurely: exitcode 3 Job: 8.")),
        ("7d743bb2-0f71-4b85-86cc-06d5d6f6ef88", success("0")),
        ("3fe4a3dc-9137-4263-8015-f569a4cfe06e", success("2")),
        ("ff58dde4-82b2-4128-9a1d-e6b1aff5de43", success("3")),
        ("a1e62fcd-809e-4870-99e3-fb0a98ccbb66", success("6")),
        ("shot-S001-P002-take-4", success(r#"{"path":"/renders/S001_P002.mp4","frames":1}"#)),
        ("raw-0001", success(r#"{"path":"/renders/S009_P001.mp4","frames":2}"#)),
        ("raw-0002", success(r#"{"path":"/renders/S009_P001.mp4","frames":2}"#)),
        ("raw-0003", success(r#"{"path":"/renders/S009_P001.mp4","frames":2}"#)),
        ("raw-0004", revoked("revoked")),
        ("4321f3e0-7611-4f08-9d9c-f63ac29752ff", success("3")),
        ("176beab5-7650-454c-9021-cce884cd57a6", success("3")),
    ];
    for (id, (state, told)) in &expected {
        let task = &heard.tasks[*id];
        let result = task.result.as_ref().map(|result| format!("{:?} {}", result.format, result.text));
        let error = task.error.as_ref().map(|error| format!("{}: {}", error.kind, error.message));
        assert_eq!((task.state, result.or(error).as_ref()), (*state, Some(told)), "{id}: {task:#?}");
        assert!(task.ended_at.is_some() && !task.stale, "{id}");
    }
    assert_eq!(heard.tasks.len(), expected.len(), "{:?}", heard.tasks.keys());
}

#[test]
fn what_is_told_besides_is_known_too() {
    let heard = replayed();
    let render = &heard.tasks["a2341f69-0b5b-4579-9a8b-4e78009a62ea"];
    assert_eq!((render.progress, render.current, render.total, render.message.as_deref()), (Some(1000), Some(3), Some(3), Some("frame 3")));
    assert_eq!((render.name.as_deref(), render.worker.as_deref(), render.retries), (Some("tasks.render"), Some("gpu@vm"), 0));
    assert_eq!(heard.tasks["092bffe7-25d2-4415-b0f6-3efb867f4797"].retries, 1);
    // Its result has no traceback, its event has one.
    let limit = heard.tasks["5bed39ae-54ac-4292-9bb0-48e333bc371c"].error.as_ref().unwrap();
    assert!(limit.traceback.as_ref().unwrap().contains("TimeLimitExceeded"), "{limit:?}");
    let boom = heard.tasks["6ba1b769-d7cd-41f4-bd40-6a7a7dbe9854"].error.as_ref().unwrap();
    assert!(boom.traceback.as_ref().unwrap().contains("ValueError"), "{boom:?}");
    let child = &heard.tasks["a1e62fcd-809e-4870-99e3-fb0a98ccbb66"];
    assert_eq!(child.parent_id.as_deref(), Some("ff58dde4-82b2-4128-9a1d-e6b1aff5de43"));
    let stamped = heard.tasks["raw-0002"].join.shot.as_ref().unwrap();
    assert_eq!((stamped.id.as_str(), stamped.by), ("S009/P001", JoinedBy::Stamp));
    assert_eq!(heard.tasks["44fdd00a-3817-4305-bb46-51250c5a2e92"].result.as_ref().unwrap().format, ResultFormat::Python);
}

#[test]
fn every_worker_said_that_it_stops() {
    let heard = replayed();
    let names: Vec<&str> = heard.workers.keys().map(String::as_str).collect();
    assert_eq!(names, ["gpu@vm", "plain@vm", "solo@vm", "threads@vm"]);
    for worker in heard.workers.values() {
        assert_eq!(worker.presence(Timestamp(200_000), Some(Timestamp(0))), WorkerPresence::Stopped, "{worker:?}");
        assert_eq!(worker.software.as_deref(), Some("py-celery 5.7.0"));
    }
    assert_eq!(heard.workers["gpu@vm"].processed, Some(14));
}

/// Without `-E`, and without the result backend: each alone tells the ends that it has.
#[test]
fn each_source_alone_tells_what_it_can() {
    for channel in ["celery-task-meta-", ".celeryev"] {
        let mut heard = Heard::default();
        for record in recording().into_iter().filter(|record| record.cmd == "PUBLISH" && record.key.contains(channel)) {
            heard.message(&record.key, record.value.as_bytes(), record.ms);
        }
        let both = replayed();
        for (id, task) in &heard.tasks {
            let whole = &both.tasks[id];
            // Progress that is left in the result backend is no end, and a revocation that is only recorded has no event.
            let is_exception = match channel {
                ".celeryev" => id == "raw-0001" || id == "raw-0004",
                _ => id.starts_with("44fdd00a") || id.starts_with("3cd405e7"),
            };
            assert!(is_exception || task.state == whole.state, "{channel} {id}: {task:?}");
        }
    }
}

/// After a lost connection values are read again: of any time.
#[test]
fn values_that_are_read_again_change_nothing_backwards() {
    let mut heard = Heard::default();
    let mut kept = std::collections::BTreeMap::new();
    for record in recording() {
        if record.cmd == "SETEX" {
            kept.insert(record.key.trim_start_matches("celery-task-meta-").to_owned(), record.value);
        } else if record.cmd == "PUBLISH" && !record.key.contains("pidbox") {
            heard.message(&record.key, record.value.as_bytes(), record.ms);
            for (id, value) in &kept {
                let before = heard.tasks.get(id).cloned();
                let fact = crate::external::message::read_stored(id, value.as_bytes(), Default::default()).unwrap();
                heard.fact(&fact, record.ms);
                if let Some(before) = before {
                    assert!(heard.tasks[id].state >= before.state || heard.tasks[id].retries > before.retries, "{before:?}");
                }
            }
        }
    }
    let whole = replayed();
    for (id, task) in &heard.tasks {
        assert_eq!((task.state, &task.result, &task.error, task.retries), {
            let whole = &whole.tasks[id];
            (whole.state, &whole.result, &whole.error, whole.retries)
        });
    }
}
