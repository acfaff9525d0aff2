//! What a real Celery does that a simple reader gets wrong. Each was seen on the wire.

use serde_json::json;

use super::{Heard, progress, status};
use crate::external::{ExternalState, ExternalTask, JoinedBy, ResultFormat, joining_id};

fn failure(kind: &str) -> serde_json::Value {
    json!({"status": "FAILURE", "result": {"exc_type": kind, "exc_message": ["no"], "exc_module": "builtins"}, "traceback": null})
}

fn retry() -> serde_json::Value {
    json!({"status": "RETRY", "result": {"exc_type": "RuntimeError", "exc_message": ["busy"], "exc_module": "builtins"}, "traceback": "line 1"})
}

#[test]
fn the_result_comes_before_the_event_of_success_and_is_worth_more() {
    let mut heard = Heard::default();
    heard.meta("a", &json!({"status": "SUCCESS", "result": {"frames": 3}}));
    let task = heard.event("a", "task-succeeded", 9, json!({"result": "{'frames': 3}", "runtime": 0.5}));
    let result = task.result.as_ref().unwrap();
    assert_eq!((result.format, result.text.as_str()), (ResultFormat::Json, r#"{"frames":3}"#));
    let mut other = Heard::default();
    other.event("a", "task-succeeded", 9, json!({"result": "{'frames': 3}"}));
    let task = other.meta("a", &json!({"status": "SUCCESS", "result": {"frames": 3}}));
    assert_eq!(task.result.as_ref().unwrap().format, ResultFormat::Json);
}

#[test]
fn started_may_be_told_by_the_result_backend_first() {
    let mut heard = Heard::default();
    heard.meta("a", &json!({"status": "STARTED", "result": {"pid": 1, "hostname": "gpu@vm"}}));
    heard.meta("a", &progress(1, 2));
    heard.event("a", "task-received", 3, json!({"name": "tasks.render", "retries": 0}));
    let task = heard.event("a", "task-started", 4, json!({}));
    assert_eq!((task.state, task.progress, task.worker.as_deref()), (ExternalState::Progress, Some(500), Some("gpu@vm")));
    assert_eq!(task.name.as_deref(), Some("tasks.render"));
}

#[test]
fn a_hard_time_limit_is_told_twice_by_each() {
    let mut heard = Heard::default();
    let event = json!({"exception": "ExceptionWithTraceback()", "traceback": "Traceback of the pool"});
    heard.meta("a", &failure("TimeLimitExceeded"));
    let ended_at = heard.meta("a", &failure("TimeLimitExceeded")).ended_at;
    heard.event("a", "task-failed", 38, event.clone());
    let task = heard.event("a", "task-failed", 39, event);
    let error = task.error.as_ref().unwrap();
    assert_eq!((task.state, error.kind.as_str(), error.message.as_str()), (ExternalState::Failure, "TimeLimitExceeded", "no"));
    assert_eq!((error.traceback.as_deref(), task.ended_at), (Some("Traceback of the pool"), ended_at));
}

#[test]
fn progress_that_stays_in_the_backend_for_ever_does_not_reopen_a_task() {
    let mut heard = Heard::default();
    heard.meta("a", &progress(1, 2));
    heard.event("a", "task-succeeded", 35, json!({"result": "2"}));
    let task = heard.meta("a", &progress(1, 2));
    assert_eq!((task.state, task.progress), (ExternalState::Success, Some(1000)));
}

#[test]
fn a_revocation_is_told_at_once_and_again_when_the_time_of_the_task_comes() {
    let mut heard = Heard::default();
    let revoked = |children| json!({"status": "REVOKED", "result": {"exc_type": "TaskRevokedError", "exc_message": ["revoked"]}, "children": children});
    heard.event("a", "task-received", 58, json!({"retries": 0, "eta": "2026-11-28T01:14:17+00:00"}));
    let ended_at = heard.meta("a", &revoked(json!(null))).ended_at;
    heard.meta("a", &revoked(json!([])));
    let task = heard.event("a", "task-revoked", 98, json!({"terminated": false, "signum": null, "expired": false}));
    assert_eq!((task.state, task.confirmed, task.ended_at), (ExternalState::Revoked, true, ended_at));
}

#[test]
fn a_revocation_proves_no_task() {
    let mut heard = Heard::default();
    let task = heard.meta("a", &json!({"status": "REVOKED", "result": {"exc_type": "TaskRevokedError", "exc_message": ["revoked"]}}));
    assert!(!task.confirmed);
    assert!(heard.event("a", "task-received", 1, json!({"retries": 0})).confirmed);
}

/// A worker records the revocation of a task that another one is about to start, or has started without telling (`revoke` in `celery/worker/control.py`).
#[test]
fn a_revoked_task_that_ran_all_the_same_ends_as_it_ran() {
    let mut heard = Heard::default();
    heard.meta("a", &json!({"status": "REVOKED", "result": {"exc_type": "TaskRevokedError", "exc_message": ["revoked"]}}));
    heard.meta("a", &status("STARTED"));
    assert_eq!(heard.tasks["a"].state, ExternalState::Revoked);
    let task = heard.meta("a", &json!({"status": "SUCCESS", "result": 1}));
    assert_eq!((task.state, &task.error), (ExternalState::Success, &None));
    // And not the other way round: Celery does not overwrite a success, but old values may come late.
    let task = heard.meta("a", &json!({"status": "REVOKED", "result": {"exc_type": "TaskRevokedError", "exc_message": ["late"]}}));
    assert_eq!((task.state, &task.error), (ExternalState::Success, &None));
}

#[test]
fn the_next_attempt_may_be_received_before_the_retry_is_told() {
    let mut heard = Heard::default();
    heard.event("a", "task-received", 22, json!({"retries": 0}));
    heard.event("a", "task-started", 27, json!({}));
    heard.meta("a", &progress(9, 10));
    heard.event("a", "task-received", 28, json!({"retries": 1}));
    let task = heard.meta("a", &retry());
    assert_eq!((task.state, task.retries, task.progress), (ExternalState::Received, 1, None));
    let task = heard.event("a", "task-retried", 29, json!({"exception": "RuntimeError('busy')", "traceback": "line 1"}));
    assert_eq!((task.state, task.retries), (ExternalState::Received, 1));
    heard.event("a", "task-started", 36, json!({}));
    // Late, from the first attempt.
    let task = heard.event("a", "task-progress", 26, json!({"current": 10, "total": 10}));
    assert_eq!((task.state, task.progress), (ExternalState::Started, None));
    let task = heard.meta("a", &progress(1, 10));
    assert_eq!((task.state, task.retries, task.progress), (ExternalState::Progress, 1, Some(100)));
    let task = heard.meta("a", &json!({"status": "SUCCESS", "result": "ok"}));
    assert_eq!((task.state, task.retries, &task.error), (ExternalState::Success, 1, &None));
}

#[test]
fn retries_are_counted_without_events() {
    let mut heard = Heard::default();
    for attempt in 0..3 {
        heard.meta("a", &json!({"status": "STARTED", "result": {"pid": attempt, "hostname": "gpu@vm"}}));
        let task = heard.meta("a", &progress(attempt, 10));
        assert_eq!((task.state, task.retries), (ExternalState::Progress, u32::try_from(attempt).unwrap()));
        let task = heard.meta("a", &retry());
        assert_eq!((task.state, task.error.as_ref().unwrap().message.as_str()), (ExternalState::Retry, "busy"));
        // Read again, or published twice.
        assert_eq!(heard.meta("a", &retry()).state, ExternalState::Retry);
    }
    assert_eq!(heard.meta("a", &failure("ValueError")).retries, 2);
}

#[test]
fn the_second_retry_is_not_taken_for_the_first_one_told_late() {
    let mut heard = Heard::default();
    let retried = |heard: &mut Heard, clock| heard.event("a", "task-retried", clock, json!({"exception": "E('busy')"})).clone();
    heard.meta("a", &status("STARTED"));
    heard.meta("a", &retry());
    heard.meta("a", &progress(1, 10));
    assert_eq!(retried(&mut heard, 20).state, ExternalState::Progress, "the event of the first");
    assert_eq!(retried(&mut heard, 40).state, ExternalState::Retry, "the event of the second, before its result");
    assert_eq!(
        heard.meta("a", &json!({"status": "RETRY", "result": {"exc_type": "E", "exc_message": ["busy"]}})).state,
        ExternalState::Retry
    );
    let task = heard.meta("a", &status("STARTED"));
    assert_eq!((task.state, task.retries), (ExternalState::Started, 2));
}

#[test]
fn a_task_that_failed_with_its_worker_may_succeed_at_another() {
    let mut heard = Heard::default();
    heard.meta("a", &progress(3, 4));
    heard.meta("a", &failure("WorkerLostError"));
    heard.meta("a", &status("STARTED"));
    assert_eq!(heard.tasks["a"].state, ExternalState::Failure);
    let task = heard.meta("a", &json!({"status": "SUCCESS", "result": 1}));
    assert_eq!((task.state, task.progress, &task.error), (ExternalState::Success, Some(1000), &None));
    assert_eq!(heard.meta("a", &failure("WorkerLostError")).state, ExternalState::Success);
}

#[test]
fn a_worker_that_gives_a_task_back_does_not_end_it() {
    let mut heard = Heard::default();
    heard.event("a", "task-received", 1, json!({"retries": 0}));
    assert_eq!(heard.event("a", "task-rejected", 2, json!({"requeue": true})).state, ExternalState::Received);
    assert_eq!(heard.event("a", "task-rejected", 3, json!({"requeue": false})).state, ExternalState::Rejected);
}

#[test]
fn progress_never_goes_back_within_an_attempt() {
    let mut heard = Heard::default();
    for (current, permille, message) in [(4, 400, "frame 4"), (2, 400, "frame 4"), (12, 1000, "frame 12")] {
        let task = heard.meta("a", &progress(current, 10));
        assert_eq!((task.progress, task.message.as_deref()), (Some(permille), Some(message)));
    }
}

#[test]
fn percent_is_recognized_at_the_first_number_above_one_and_for_good() {
    let told = |numbers: &[f64]| -> Vec<Option<u16>> {
        let mut heard = Heard::default();
        numbers.iter().map(|number| heard.meta("a", &json!({"status": "PROGRESS", "result": {"progress": number}})).progress).collect()
    };
    assert_eq!(told(&[0.0, 0.25, 1.0]), [Some(0), Some(250), Some(1000)]);
    assert_eq!(told(&[0.5, 2.0, 50.0, 1.0, 100.0]), [Some(500), Some(20), Some(500), Some(500), Some(1000)]);
}

#[test]
fn a_state_of_its_own_is_progress_with_a_word() {
    let mut heard = Heard::default();
    let task = heard.meta("a", &json!({"status": "DENOISING", "result": {"percent": "40 %", "message": "pass 2"}}));
    assert_eq!((task.state, task.stage.as_deref(), task.progress), (ExternalState::Progress, Some("DENOISING"), Some(400)));
    let task = heard.meta("a", &json!({"status": "SUCCESS", "result": null}));
    assert_eq!((task.stage.as_deref(), &task.result), (None, &None));
}

#[test]
fn a_task_is_joined_by_its_id_its_stamps_its_meta_and_last_its_arguments() {
    let joined = |task: &ExternalTask| {
        let id = |id: &Option<super::super::JoinedId>| id.as_ref().map(|id| (id.id.clone(), id.by));
        (id(&task.join.shot), id(&task.join.node))
    };
    let mut heard = Heard::default();
    let task = heard.event(
        "a",
        "task-received",
        1,
        json!({"kwargs": "{'n': 2, 'shot_id': 'S001_P001', 'node_id': 7, 'prompt': 'it\\'s {fine", "retries": 0}),
    );
    assert_eq!(joined(task), (Some(("S001_P001".into(), JoinedBy::Arguments)), Some(("7".into(), JoinedBy::Arguments))));
    let task = heard.meta("a", &json!({"status": "PROGRESS", "result": {"shot_id": "S002_P002", "current": 1, "total": 2}}));
    assert_eq!(joined(task).0, Some(("S002_P002".into(), JoinedBy::Meta)));
    let task = heard.meta("a", &json!({"status": "STARTED", "result": {}, "stamped_headers": ["shot"], "shot": "S003_P003"}));
    assert_eq!(joined(task).0, Some(("S003_P003".into(), JoinedBy::Stamp)));
    let task = heard.meta("a", &json!({"status": "PROGRESS", "result": {"shot_id": "S004_P004"}}));
    assert_eq!(joined(task).0, Some(("S003_P003".into(), JoinedBy::Stamp)));
    let id = joining_id(Some("p1"), Some("S009/P001"), None, "take-4");
    assert_eq!(id, "darkroom/project=p1/shot=S009_P001/take-4");
    let task = heard.meta(&id, &json!({"status": "STARTED", "result": {}, "stamped_headers": ["shot"], "shot": "other"}));
    assert_eq!(joined(task).0, Some(("S009_P001".into(), JoinedBy::TaskId)));
    assert_eq!(task.join.project.as_ref().unwrap().id, "p1");
}
