//! Reports doubled, late and in any order.

use proptest::{prelude::*, sample::subsequence};
use serde_json::{Value, json};

use super::{Heard, envelope, progress, task_event};
use crate::external::ExternalState;

/// What both sources say about a task that runs in some attempts and ends, each in its order.
#[derive(Clone, Debug)]
struct Story {
    results: Vec<Value>,
    events: Vec<Value>,
    retries: u32,
    end: ExternalState,
}

fn story() -> impl Strategy<Value = Story> {
    let ends = prop_oneof![Just(ExternalState::Success), Just(ExternalState::Failure), Just(ExternalState::Revoked)];
    (0..3_u32, 1..4_u64, ends).prop_map(|(retries, steps, end)| {
        let (mut results, mut events, mut clock) = (Vec::new(), Vec::new(), 0);
        let mut event = |kind: &str, fields: Value| {
            clock += 1;
            events.push(task_event("a", kind, clock, fields));
        };
        for attempt in 0..=retries {
            event("task-received", json!({"retries": attempt, "name": "tasks.render"}));
            event("task-started", json!({}));
            results.push(json!({"status": "STARTED", "result": {"pid": attempt, "hostname": "gpu@vm"}}));
            for step in 1..=steps {
                event("task-progress", json!({"current": step, "total": 10}));
                results.push(progress(step, 10));
            }
            if attempt < retries {
                event("task-retried", json!({"exception": "E('busy')", "traceback": "t"}));
                results.push(json!({"status": "RETRY", "result": {"exc_type": "E", "exc_message": ["busy", attempt]}, "traceback": "t"}));
            }
        }
        let (kind, fields, result) = match end {
            ExternalState::Success => ("task-succeeded", json!({"result": "{'n': 1}"}), json!({"status": "SUCCESS", "result": {"n": 1}})),
            ExternalState::Failure => (
                "task-failed",
                json!({"exception": "ValueError('no')", "traceback": "of the event"}),
                json!({"status": "FAILURE", "result": {"exc_type": "ValueError", "exc_message": ["no"]}, "traceback": "of the result"}),
            ),
            _ => (
                "task-revoked",
                json!({"terminated": true}),
                json!({"status": "REVOKED", "result": {"exc_type": "TaskRevokedError", "exc_message": ["terminated"]}}),
            ),
        };
        event(kind, fields);
        results.push(result);
        Story { results, events, retries, end }
    })
}

/// A message: of the result backend, or an event.
#[derive(Clone, Debug)]
enum HeardMessage {
    Result(Value),
    Event(Value),
}

fn hear(heard: &mut Heard, message: &HeardMessage, at: u64) {
    match message {
        HeardMessage::Result(meta) => heard.message("celery-task-meta-a", meta.to_string().as_bytes(), at),
        HeardMessage::Event(event) => heard.message("/0.celeryev/task.multi", &envelope(event), at),
    }
}

/// Both sources, mixed in any way, but each in its order. `doubled`: some events come twice, results at once.
fn mixed() -> impl Strategy<Value = (Story, Vec<HeardMessage>)> {
    story().prop_flat_map(|story| {
        let (results, events) = (story.results.len(), story.events.len());
        let places = subsequence((0..results + events).collect::<Vec<_>>(), results);
        (Just(story), places, proptest::collection::vec(any::<bool>(), results + events)).prop_map(|(story, places, doubled)| {
            let (mut results, mut events) = (story.results.iter(), story.events.iter());
            let mut messages = Vec::new();
            let mut late = Vec::new();
            for (place, twice) in doubled.iter().enumerate() {
                if places.contains(&place) {
                    let message = HeardMessage::Result(results.next().unwrap().clone());
                    messages.extend(std::iter::repeat_n(message, 1 + usize::from(*twice)));
                } else {
                    let message = HeardMessage::Event(events.next().unwrap().clone());
                    messages.push(message.clone());
                    late.extend(twice.then_some(message));
                }
            }
            messages.extend(late);
            (story, messages)
        })
    })
}

/// In any order at all, as after lost connections.
fn shuffled() -> impl Strategy<Value = (Story, Vec<HeardMessage>)> {
    story().prop_flat_map(|story| {
        let all: Vec<HeardMessage> =
            story.results.iter().cloned().map(HeardMessage::Result).chain(story.events.iter().cloned().map(HeardMessage::Event)).collect();
        (Just(story), Just(all).prop_shuffle())
    })
}

/// State, result, and error with its traceback.
type TaskEnd = (ExternalState, Option<String>, Option<(String, String, Option<String>)>);

fn told(heard: &Heard) -> TaskEnd {
    let task = &heard.tasks["a"];
    let error = task.error.clone().map(|error| (error.kind, error.message, error.traceback));
    (task.state, task.result.as_ref().map(|result| result.text.clone()), error)
}

fn expected(end: ExternalState) -> TaskEnd {
    let error =
        |kind: &str, message: &str, traceback: Option<&str>| Some((kind.to_owned(), message.to_owned(), traceback.map(str::to_owned)));
    match end {
        ExternalState::Success => (end, Some(r#"{"n":1}"#.to_owned()), None),
        ExternalState::Failure => (end, None, error("ValueError", "no", Some("of the result"))),
        _ => (end, None, error("TaskRevokedError", "terminated", None)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn however_the_sources_mix_the_end_is_the_same((story, messages) in mixed()) {
        let mut heard = Heard::default();
        for (at, message) in (1..).zip(&messages) {
            hear(&mut heard, message, at);
        }
        prop_assert_eq!(told(&heard), expected(story.end));
        let task = &heard.tasks["a"];
        prop_assert_eq!(task.retries, story.retries);
        prop_assert_eq!((task.name.as_deref(), task.worker.as_deref()), (Some("tasks.render"), Some("gpu@vm")));
    }

    #[test]
    fn in_any_order_at_all_the_end_is_the_same((story, messages) in shuffled()) {
        let mut heard = Heard::default();
        for (at, message) in (1..).zip(&messages) {
            hear(&mut heard, message, at);
        }
        prop_assert_eq!(told(&heard), expected(story.end));
        prop_assert_eq!(heard.tasks["a"].retries >= story.retries, true);
    }

    #[test]
    fn nothing_goes_back_within_an_attempt((_, messages) in shuffled()) {
        let mut heard = Heard::default();
        for (at, message) in (1..).zip(&messages) {
            let before = heard.tasks.get("a").cloned();
            hear(&mut heard, message, at);
            let now = &heard.tasks["a"];
            if let Some(before) = before {
                prop_assert!(now.retries >= before.retries, "{:?} {:?}", before, now);
                if now.retries == before.retries {
                    prop_assert!(now.state >= before.state, "{:?} {:?}", before, now);
                    prop_assert!(now.progress >= before.progress, "{:?} {:?}", before, now);
                }
                prop_assert!(!before.state.is_final() || now.state.is_final());
                prop_assert!(before.ended_at.is_none() || now.state > before.state || now.ended_at == before.ended_at);
            }
        }
    }

    /// What was heard twice, from the beginning, changes nothing once a task is over.
    #[test]
    fn a_replay_changes_nothing((_, messages) in mixed()) {
        let mut heard = Heard::default();
        for (at, message) in (1..).zip(&messages) {
            hear(&mut heard, message, at);
        }
        let before = told(&heard);
        heard.seen.clear();
        for message in &messages {
            hear(&mut heard, message, 1_000_000);
        }
        prop_assert_eq!(told(&heard), before);
    }
}
