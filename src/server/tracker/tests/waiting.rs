//! Why a waiting task is not sent, as far as single ComfyUIs are the reason.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::advance;
use uuid::Uuid;

use super::seat::open_seat;
use crate::{
    clock::now,
    config::Retention,
    store::{Kept, Store},
    tracker::{PoolSeat, SeatSocket, TaskJob, Tracker},
};
use proto::{
    comfy::{Catalog, Workflow, decode_text},
    ids::TaskId,
    limits,
    task::{Change, Durations, RunSeen, Task},
};

fn tracker() -> (tempfile::TempDir, Tracker) {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let tracker = Tracker::new(store, Kept::default(), crate::meters::Meters::default());
    (folder, tracker)
}

/// A waiting task that needs this file.
fn submit(tracker: &Tracker, file: &str) -> TaskId {
    let nodes = json!({"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": file}}});
    let workflow = Arc::new(Workflow::from_value(nodes).unwrap());
    let id = TaskId(Uuid::now_v7());
    let task = Task::new(id, "x", &workflow, &Catalog::default(), &Durations::default(), now());
    tracker.register_pending(task, TaskJob::new(workflow), &[], 2);
    tracker.accept(id);
    id
}

/// A ComfyUI that has these files.
fn seat(id: &str, files: &[&str]) -> PoolSeat {
    let catalog = Catalog::from_object_info(&json!({"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [files]}}}}));
    open_seat(id, catalog)
}

fn away(seat: PoolSeat) -> PoolSeat {
    PoolSeat { open: false, takes_tasks: false, ..seat }
}

fn note(tracker: &Tracker, id: TaskId) -> Option<String> {
    tracker.task(id).unwrap().note
}

#[tokio::test]
async fn what_each_comfyui_lacks_is_named_until_one_takes_the_task() {
    let (_folder, tracker) = tracker();
    let id = submit(&tracker, "a.ckpt");
    let failed = PoolSeat { trouble: Some("it answers 401".into()), ..away(seat("d", &["a.ckpt"])) };
    let all = [seat("b", &["b.ckpt"]), away(seat("c", &["a.ckpt"])), failed];
    tracker.explain_waiting(&all);
    let expected = "No ComfyUI takes this now. b: it does not have the file a.ckpt; c: it cannot be reached; d: it answers 401";
    assert_eq!(note(&tracker, id).as_deref(), Some(expected));

    // A ComfyUI that gets no task for a moment is no reason.
    let short = PoolSeat { open: false, ..seat("c", &["a.ckpt"]) };
    tracker.explain_waiting(&[all[0].clone(), short, all[2].clone()]);
    assert_eq!(note(&tracker, id), None);

    let unknown = Arc::new(Catalog::from_object_info(&json!({"Other": {}})));
    tracker.explain_waiting(&[PoolSeat { catalog: unknown, ..seat("b", &[]) }]);
    assert_eq!(note(&tracker, id).as_deref(), Some("No ComfyUI takes this now. b: it does not have the node class CheckpointLoaderSimple"));

    // That all are away is the reason of all tasks, and no note of each.
    tracker.explain_waiting(&[away(all[0].clone()), all[1].clone()]);
    assert_eq!(note(&tracker, id), None);
}

#[tokio::test]
async fn a_task_is_compared_again_only_when_a_comfyui_or_its_note_changed() {
    let (_folder, tracker) = tracker();
    let ids: Vec<TaskId> = (0..500).map(|_| submit(&tracker, "a.ckpt")).collect();
    let all = [seat("b", &["b.ckpt"])];
    assert_eq!(tracker.explain_waiting(&all), 500);
    assert_eq!([tracker.explain_waiting(&all), tracker.explain_waiting(&all)], [0, 0]);
    let busy = [PoolSeat { foreign: 3, open: false, ..all[0].clone() }];
    assert_eq!(tracker.explain_waiting(&busy), 0, "its queue does not matter");

    let expected = note(&tracker, ids[7]);
    assert!(expected.is_some());
    tracker.decide(ids[7], |task| vec![Change::TaskRestarted { task: task.id, attempt: 2, note: "it restarted".into(), at: now() }]);
    assert_eq!(tracker.explain_waiting(&all), 1);
    assert_eq!(note(&tracker, ids[7]), expected);

    for id in &ids[10..] {
        tracker.cancel(*id);
    }
    assert_eq!(tracker.explain_waiting(&[seat("b", &["b.ckpt"])]), 10, "its files were read again");
    assert_eq!(tracker.explain_waiting(&[seat("b", &["a.ckpt"])]), 10);
    assert_eq!(note(&tracker, ids[7]), None);
}

/// A task that gives a picture to a node of this class.
fn send(tracker: &Tracker, class: &str) -> TaskId {
    let nodes = json!({"1": {"class_type": "EmptyImage", "inputs": {}}, "2": {"class_type": class, "inputs": {"images": ["1", 0]}}});
    let workflow = Arc::new(Workflow::from_value(nodes).unwrap());
    let id = TaskId(Uuid::now_v7());
    let task = Task::new(id, "x", &workflow, &Catalog::default(), &Durations::default(), now());
    tracker.register_pending(task, TaskJob::new(workflow), &[], 2);
    tracker.accept(id);
    id
}

/// A ComfyUI for them.
fn sender(id: &str, socket: SeatSocket) -> PoolSeat {
    let catalog = Arc::new(Catalog::from_object_info(&json!({"EmptyImage": {}, "SaveImageWebsocket": {}, "SaveImage": {}})));
    PoolSeat { socket, catalog, ..seat(id, &[]) }
}

/// The next task to send, and where.
fn next(tracker: &Tracker, seats: &[PoolSeat]) -> Option<(TaskId, String)> {
    tracker.assign(seats, 2, 1).pop().map(|(task, backend)| (task, backend.as_str().to_owned()))
}

#[tokio::test]
async fn a_task_whose_results_come_over_the_socket_waits_for_it_and_others_do_not() {
    let (_folder, tracker) = tracker();
    let tracker = tracker.keeping_outputs(true);
    let polled = [sender("b", SeatSocket::Closed)];
    let (sent, saved) = (send(&tracker, "SaveImageWebsocket"), send(&tracker, "SaveImage"));
    assert_eq!(next(&tracker, &polled), Some((saved, "b".into())));
    assert_eq!(next(&tracker, &polled), None);
    tracker.explain_waiting(&polled);
    let expected = "No ComfyUI takes this now. b: its WebSocket is not open yet, over which this workflow sends its results. \
        If none opens within 5 minutes, the task is sent without, and what it sends there is lost";
    assert_eq!(note(&tracker, sent).as_deref(), Some(expected));
    let open = [sender("b", SeatSocket::Open)];
    tracker.explain_waiting(&open);
    assert_eq!(note(&tracker, sent), None);
    assert_eq!(next(&tracker, &open), Some((sent, "b".into())));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_a_socket_is_sent_without_after_a_while() {
    let (_folder, tracker) = tracker();
    let tracker = tracker.keeping_outputs(true);
    let (away, polled) = ([away(sender("b", SeatSocket::Closed))], [sender("b", SeatSocket::Closed)]);
    let (first, paused) = (send(&tracker, "SaveImageWebsocket"), send(&tracker, "SaveImageWebsocket"));
    tracker.pause(paused, true).unwrap();
    tracker.explain_waiting(&away);
    advance(limits::SOCKET_WAIT * 2).await;
    assert_eq!(next(&tracker, &polled), None, "the time counts from when it answers");
    tracker.explain_waiting(&polled);
    advance(limits::SOCKET_WAIT / 2).await;
    tracker.explain_waiting(&[sender("b", SeatSocket::Open)]);
    tracker.explain_waiting(&polled);
    advance(limits::SOCKET_WAIT - Duration::from_secs(1)).await;
    assert_eq!(next(&tracker, &polled), None, "and anew after the socket was open");
    advance(Duration::from_secs(1)).await;
    assert_eq!(next(&tracker, &[polled[0].clone(), sender("c", SeatSocket::Open)]), Some((first, "c".into())), "rather over a socket");
    tracker.unassign(&"c".into(), first);
    tracker.explain_waiting(&polled);
    assert_eq!(note(&tracker, first), None, "nothing is in its way");
    assert_eq!(next(&tracker, &polled), Some((first, "b".into())));
    tracker.pause(paused, false).unwrap();
    tracker.explain_waiting(&polled);
    assert_eq!(next(&tracker, &polled), None, "the time of a paused task counts from when it goes on");
    advance(limits::SOCKET_WAIT).await;
    assert_eq!(next(&tracker, &polled), Some((paused, "b".into())));
}

#[tokio::test]
async fn a_refused_socket_counts_only_if_no_other_is_open() {
    let (_folder, tracker) = tracker();
    let tracker = tracker.keeping_outputs(true);
    let refused = sender("a", SeatSocket::Refused);
    let busy = PoolSeat { open: false, ..sender("b", SeatSocket::Open) };
    let id = send(&tracker, "SaveImageWebsocket");
    assert_eq!(next(&tracker, &[refused.clone(), busy]), None, "b will have room");
    let lacking = PoolSeat { catalog: Arc::new(Catalog::from_object_info(&json!({"Other": {}}))), ..sender("b", SeatSocket::Open) };
    assert_eq!(next(&tracker, &[refused, lacking, away(sender("c", SeatSocket::Open))]), Some((id, "a".into())));
}

#[tokio::test]
async fn nothing_waits_for_a_socket_whose_pictures_are_not_kept() {
    let (_folder, tracker) = tracker();
    let tracker = tracker.keeping_outputs(false);
    let id = send(&tracker, "SaveImageWebsocket");
    assert_eq!(next(&tracker, &[sender("b", SeatSocket::Closed)]), Some((id, "b".into())));
}

#[tokio::test]
async fn what_was_seen_of_one_attempt_does_not_count_for_the_next() {
    let (_folder, tracker) = tracker();
    let tracker = tracker.keeping_outputs(true);
    let seats = [sender("b", SeatSocket::Open)];
    let id = send(&tracker, "SaveImageWebsocket");
    assert_eq!(next(&tracker, &seats), Some((id, "b".into())));
    let started = json!({"type": "execution_start", "data": {"prompt_id": id, "timestamp": 1}});
    tracker.apply_event(&"b".into(), id, &decode_text(&started.to_string()).unwrap(), now());
    assert_eq!(tracker.run_seen(id), RunSeen::FromStart);
    tracker.decide(id, |task| vec![Change::TaskRestarted { task: task.id, attempt: 2, note: "it restarted".into(), at: now() }]);
    assert_eq!(tracker.run_seen(id), RunSeen::Partly);
}
