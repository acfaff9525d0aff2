//! Why a waiting task is not sent, as far as single ComfyUIs are the reason.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::{
    clock::now,
    config::Retention,
    store::{Kept, Store},
    tracker::{PoolSeat, TaskJob, Tracker},
};
use proto::{
    comfy::{Catalog, Workflow},
    ids::TaskId,
    task::{Change, Durations, Task},
};

fn tracker() -> (tempfile::TempDir, Tracker) {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let tracker = Tracker::new(store, Kept::default());
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
    let catalog = Catalog::from_object_info(json!({"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [files]}}}}));
    PoolSeat {
        id: id.into(),
        open: true,
        takes_tasks: true,
        stuck: false,
        trouble: None,
        has_socket: true,
        foreign: 0,
        catalog: Arc::new(catalog),
    }
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

    let unknown = Arc::new(Catalog::from_object_info(json!({"Other": {}})));
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

#[tokio::test]
async fn a_task_whose_results_come_over_the_socket_waits_for_it_and_others_do_not() {
    let (_folder, tracker) = tracker();
    let send = |class: &str| {
        let nodes = json!({"1": {"class_type": "EmptyImage", "inputs": {}}, "2": {"class_type": class, "inputs": {"images": ["1", 0]}}});
        let workflow = Arc::new(Workflow::from_value(nodes).unwrap());
        let id = TaskId(Uuid::now_v7());
        let task = Task::new(id, "x", &workflow, &Catalog::default(), &Durations::default(), now());
        tracker.register_pending(task, TaskJob::new(workflow), &[], 2);
        tracker.accept(id);
        id
    };
    let catalog = Arc::new(Catalog::from_object_info(json!({"EmptyImage": {}, "SaveImageWebsocket": {}, "SaveImage": {}})));
    let polled = [PoolSeat { has_socket: false, catalog, ..seat("b", &[]) }];
    let (sent, saved) = (send("SaveImageWebsocket"), send("SaveImage"));
    assert_eq!(tracker.assign_next(&polled, 2).map(|(task, _)| task), Some(saved));
    assert_eq!(tracker.assign_next(&polled, 2), None);
    tracker.explain_waiting(&polled);
    let expected = "No ComfyUI takes this now. b: its WebSocket is not open yet, over which this workflow sends its results";
    assert_eq!(note(&tracker, sent).as_deref(), Some(expected));
    let open = [PoolSeat { has_socket: true, ..polled[0].clone() }];
    tracker.explain_waiting(&open);
    assert_eq!(note(&tracker, sent), None);
    assert_eq!(tracker.assign_next(&open, 2).map(|(task, _)| task), Some(sent));
}
