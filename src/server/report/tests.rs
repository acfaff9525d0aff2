//! The messages, word for word.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::store::Origin;
use proto::{
    comfy::{Catalog, Workflow},
    ids::{BackendId, NodeId, TaskId},
    recipe::TextToImage,
    task::{Change, Durations, Output, OutputContent, OutputKind, OutputStorage, QueueHold, Snapshot, Task, TaskError, TaskState, Verdict},
    time::Timestamp,
};

const ID: &str = "00000000-0000-0000-0000-000000000007";
const NOW: Timestamp = Timestamp(1_795_194_714_015);

fn lighthouse() -> TextToImage {
    TextToImage { prompt: "a lighthouse".into(), checkpoint: "x.safetensors".into(), seed: 42, ..TextToImage::default() }
}

/// A task of the built-in form, after these changes.
fn after(changes: impl IntoIterator<Item = Change>) -> Task {
    let recipe = lighthouse();
    let id = TaskId(Uuid::from_u128(7));
    let mut task = Task::new(id, "A lighthouse", &recipe.workflow(), &Catalog::default(), &Durations::default(), Timestamp(0));
    task.recipe = Some(recipe);
    let mut state = Snapshot::default();
    state.push(Change::TaskAdded(Box::new(task)));
    for change in changes {
        state.push(change);
    }
    state.tasks.remove(0)
}

fn id() -> TaskId {
    TaskId(Uuid::from_u128(7))
}

fn running() -> Vec<Change> {
    vec![
        Change::TaskQueued { task: id(), backend: BackendId::from("pod") },
        Change::TaskStarted { task: id(), at: Timestamp(5) },
        Change::NodeStarted { task: id(), node: NodeId::from("3"), at: Timestamp(6) },
        Change::NodeProgress { task: id(), node: NodeId::from("3"), value: 7, max: 20, counted: true },
        Change::TaskProgress { task: id(), permille: 429, ends_at: Some(NOW.plus_ms(12_000)), within_ms: None },
    ]
}

fn message(task: &Task, origin: &Origin) -> Value {
    let facts = Facts::of(task, Some(&lighthouse().workflow()), origin);
    serde_json::to_value(Message::of(task, Some(3), QueueHold::default(), &facts, &Urls::default(), NOW)).unwrap()
}

fn ended(state: TaskState, error: Option<TaskError>) -> Vec<Change> {
    let end = Change::TaskEnded { task: id(), state, at: NOW, error: error.map(Box::new) };
    running().into_iter().chain([end]).collect()
}

#[test]
fn the_report_of_a_waiting_task() {
    let said = message(&after([]), &Origin::default());
    let progress = json!({"percentage": 0, "currentStep": "Waiting to be sent", "currentValue": 0, "maxValue": 1});
    let expected =
        json!({"taskId": ID, "status": "in-progress", "progress": progress, "timestamp": "2026-11-20T17:11:54.015Z", "queuePosition": 3});
    assert_eq!(said, expected);
}

#[test]
fn the_reason_for_waiting_is_the_step_and_the_note() {
    let hold = QueueHold { queue_paused: true, unreachable: true };
    let task = after([]);
    let step = |task: &Task| Progress::of(task, hold).current_step;
    let note = |task: &Task| TaskReport::of(task, Some(1), hold, &Origin::default(), &Urls::default(), NOW).note;
    assert_eq!((step(&task), note(&task)), ("Waiting: the queue is paused".into(), Some("Waiting: the queue is paused".into())));
    let runs = after(running());
    assert_eq!((step(&runs), note(&runs)), ("Sampling image...".into(), None), "what runs goes on");
}

#[test]
fn the_report_of_a_running_task() {
    let said = message(&after(running()), &Origin::default());
    let node = json!({"id": "3", "title": "Sample", "class": "KSampler", "countsSteps": true});
    let progress = json!({"percentage": 42, "currentStep": "Sampling image...", "currentValue": 7, "maxValue": 20, "node": node});
    let expected =
        json!({"taskId": ID, "status": "in-progress", "progress": progress, "timestamp": "2026-11-20T17:11:54.015Z", "timeLeftMs": 12_000});
    assert_eq!(said, expected);
}

#[test]
fn progress_is_below_100_until_the_task_is_completed() {
    let nearly = Change::TaskProgress { task: id(), permille: 1000, ends_at: None, within_ms: None };
    let said = message(&after(running().into_iter().chain([nearly])), &Origin::default());
    assert_eq!(said["progress"]["percentage"], 99);
    assert_eq!(said["status"], "in-progress");
}

#[test]
fn the_report_of_a_completed_task() {
    let picture = |number: u32, temporary| Output {
        id: number,
        node: NodeId::from("9"),
        kind: OutputKind::Image,
        temporary,
        content: OutputContent::File { filename: format!("a_{number}.png"), subfolder: String::new(), folder: "output".into() },
        storage: OutputStorage::Kept,
        outside: None,
    };
    let text = Output { kind: OutputKind::Text, content: OutputContent::Text { text: "a word".into() }, ..picture(3, false) };
    let outputs = vec![picture(0, true), picture(1, false), picture(2, false), text];
    let changes: Vec<Change> = running()
        .into_iter()
        .chain([
            Change::OutputsAdded { task: id(), outputs },
            Change::VerdictSeen { task: id(), verdict: Verdict::Success },
            Change::TaskEnded { task: id(), state: TaskState::Completed, at: NOW, error: None },
        ])
        .collect();
    let said = json!({"description": "for the shop", "uid": 17, "inpaint": true, "inpaintArea": {"x": 1}, "order": "7"});
    let Value::Object(metadata) = said else { panic!() };
    let task = after(changes);
    let url = |number: u32| format!("/api/tasks/{ID}/outputs/{number}");
    let image = |number: u32| {
        json!({"url": url(number), "filename": format!("a_{number}.png"), "type": "image", "node": "9", "temporary": number == 0,
        "storage": {"state": "kept"}})
    };
    let mut expected = json!({
        "taskId": ID,
        "status": "completed",
        "progress": {"percentage": 100, "currentStep": "Complete", "currentValue": 20, "maxValue": 20},
        "timestamp": "2026-11-20T17:11:54.015Z",
        "result": {
            "imageUrl": url(1),
            "images": [image(1), image(2)],
            "outputs": [
                image(0), image(1), image(2),
                {"url": url(3), "filename": null, "type": "text", "node": "9", "temporary": false, "storage": {"state": "kept"}, "text": "a word"},
            ],
            "description": "for the shop",
            "prompt": "a lighthouse",
            "seed": 42,
            "name": "A lighthouse",
            "workflow": "text-to-image",
            "inpaint": true,
            "inpaintArea": {"x": 1},
            "uid": 17,
        },
    });
    assert_eq!(message(&task, &Origin { metadata, ..Origin::default() }), expected);

    // What is unknown.
    for (key, value) in [("description", Value::Null), ("inpaint", json!(false)), ("inpaintArea", Value::Null), ("uid", json!(0))] {
        expected["result"][key] = value;
    }
    assert_eq!(message(&task, &Origin::default()), expected);

    let urls = Urls::new("https://pictures.example/");
    let whole = Message::of(&task, None, QueueHold::default(), &Facts::default(), &urls, NOW);
    assert_eq!(whole.result.unwrap().image_url, Some(format!("https://pictures.example{}", url(1))));
}

#[test]
fn the_report_of_a_failed_task() {
    let error = TaskError {
        node: Some(NodeId::from("3")),
        class: Some("KSampler".into()),
        exception: Some("torch.OutOfMemoryError".into()),
        traceback: vec!["line 1".into()],
        ..TaskError::plain("Allocation on device")
    };
    let said = message(&after(ended(TaskState::Failed, Some(error))), &Origin::default());
    let expected = json!({
        "taskId": ID,
        "status": "error",
        "progress": {"percentage": 0, "currentStep": "Failed", "currentValue": 0, "maxValue": 0},
        "timestamp": "2026-11-20T17:11:54.015Z",
        "error": {
            "message": "Allocation on device",
            "details": "torch.OutOfMemoryError in KSampler (node 3)",
            "node": "3",
            "class": "KSampler",
            "exception": "torch.OutOfMemoryError",
            "traceback": ["line 1"],
        },
    });
    assert_eq!(said, expected);
}

#[test]
fn the_report_of_a_cancelled_task() {
    let said = message(&after(ended(TaskState::Cancelled, None)), &Origin::default());
    let expected = json!({
        "taskId": ID,
        "status": "cancelled",
        "progress": {"percentage": 0, "currentStep": "Cancelled", "currentValue": 0, "maxValue": 0},
        "timestamp": "2026-11-20T17:11:54.015Z",
        "error": {"message": "The task was cancelled.", "details": ""},
    });
    assert_eq!(said, expected);
}

fn facts(workflow: Value) -> Facts {
    let task = Task { recipe: None, ..after([]) };
    Facts::of(&task, Some(&Workflow::from_value(workflow).unwrap()), &Origin::default())
}

#[test]
fn the_facts_of_an_uploaded_workflow_are_reported() {
    let said = facts(json!({
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["9", 1]}},
        "2": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a cat"}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": ["2", 0], "clip": ["9", 1]}},
        "4": {"class_type": "InpaintModelConditioning", "inputs": {"positive": ["3", 0], "negative": ["1", 0]}},
        "5": {"class_type": "KSamplerAdvanced", "inputs": {"noise_seed": u64::MAX, "positive": ["4", 0], "negative": ["4", 1]}},
    }));
    assert_eq!(said.prompt.as_deref(), Some("a cat"));
    assert_eq!(said.seed, Some(Seed::Digits("18446744073709551615".into())));
    assert!(said.inpaint);
    assert_eq!(said.workflow, "custom");

    let with_a_guider = facts(json!({
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a dog"}},
        "2": {"class_type": "BasicGuider", "inputs": {"conditioning": ["1", 0]}},
        "3": {"class_type": "RandomNoise", "inputs": {"noise_seed": 9_007_199_254_740_991_u64}},
    }));
    assert_eq!(with_a_guider.prompt.as_deref(), Some("a dog"));
    assert_eq!(with_a_guider.seed, Some(Seed::Number(9_007_199_254_740_991)));

    // A circle, and nothing to find in it.
    let nothing = facts(json!({
        "1": {"class_type": "A", "inputs": {"positive": ["2", 0]}},
        "2": {"class_type": "B", "inputs": {"x": ["1", 0]}},
    }));
    assert_eq!(nothing.prompt, None);
    assert_eq!(nothing.seed, None);
    assert!(!nothing.inpaint);
}
