use super::*;
use crate::{
    comfy::{Catalog, HistoryEntry, Workflow, decode_text},
    ids::TaskId,
    task::{Durations, TaskError},
};

const NOW: Timestamp = Timestamp(99);

fn task(state: TaskState) -> Task {
    let workflow = Workflow::from_value(json!({"9": {"class_type": "SaveImage", "inputs": {}}})).unwrap();
    let id = TaskId(uuid::Uuid::from_u128(1));
    Task { state, ..Task::new(id, "x", &workflow, &Catalog::default(), &Durations::default(), NOW) }
}

fn event(kind: &str, rest: &Value) -> String {
    let mut data = json!({"prompt_id": "p"});
    data.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    json!({"type": kind, "data": data}).to_string()
}

struct ToldMessages {
    run: ClientRun,
    sent: Vec<RunMessage>,
}

impl ToldMessages {
    fn new() -> Self {
        Self { run: ClientRun::new("p"), sent: Vec::new() }
    }

    fn hear(&mut self, kind: &str, rest: &Value) {
        let text = event(kind, rest);
        self.sent.extend(self.run.hear(&decode_text(&text).unwrap(), &text, NOW));
    }

    fn end(&mut self, task: &Task, record: &RunRecord) {
        self.sent.extend(self.run.ended(task, record, NOW));
    }

    /// The types of the messages, `-` for `executing` without a node.
    fn kinds(&self) -> Vec<String> {
        let kind = |message: &RunMessage| match message {
            RunMessage::Status => "status".to_owned(),
            RunMessage::Text(text) => {
                let message: Value = serde_json::from_str(text).unwrap();
                let kind = message["type"].as_str().unwrap();
                if kind == "executing" && message["data"]["node"].is_null() { "-".to_owned() } else { kind.to_owned() }
            }
        };
        self.sent.iter().map(kind).collect()
    }
}

fn history(outputs: &Value, last: &str) -> RunRecord {
    let done = last == "execution_success";
    let entry: HistoryEntry = serde_json::from_value(json!({
        "outputs": outputs,
        "status": {"status_str": if done { "success" } else { "error" }, "completed": done,
            "messages": [["execution_start", {"prompt_id": "p", "timestamp": 1}], [last, {"prompt_id": "p", "timestamp": 2}]]},
        "meta": {"9": {"node_id": "9", "display_node": "7", "parent_node": null, "real_node_id": "9"}},
    }))
    .unwrap();
    RunRecord::of_comfyui(&entry)
}

#[test]
fn the_end_waits_for_the_history() {
    let mut story = ToldMessages::new();
    story.hear("execution_start", &json!({"timestamp": 1}));
    story.hear("execution_cached", &json!({"nodes": [], "timestamp": 1}));
    story.hear("executing", &json!({"node": "9", "display_node": "9"}));
    story.hear("executed", &json!({"node": "9", "display_node": "9", "output": {"images": []}}));
    story.hear("execution_success", &json!({"timestamp": 2}));
    story.hear("executing", &json!({"node": null}));
    let before = ["status", "execution_start", "execution_cached", "executing", "executed"];
    assert_eq!(story.kinds(), before);
    story.end(&task(TaskState::Completed), &history(&json!({"9": {"images": []}}), "execution_success"));
    assert_eq!(story.kinds()[before.len()..], ["execution_success", "status", "-"]);
}

#[test]
fn what_was_missed_is_made_up_for() {
    let mut story = ToldMessages::new();
    story.end(&task(TaskState::Completed), &history(&json!({"9": {"images": [{"filename": "a.png"}]}}), "execution_success"));
    assert_eq!(story.kinds(), ["status", "execution_start", "execution_cached", "executed", "execution_success", "status", "-"]);
    let RunMessage::Text(executed) = &story.sent[3] else { panic!("a text") };
    let executed: Value = serde_json::from_str(executed).unwrap();
    assert_eq!(
        executed["data"],
        json!({"node": "9", "display_node": "7", "output": {"images": [{"filename": "a.png"}]}, "prompt_id": "p"})
    );
    let RunMessage::Text(end) = &story.sent[4] else { panic!("a text") };
    assert!(end.contains("\"timestamp\": 2"), "as ComfyUI said it: {end}");
}

#[test]
fn an_error_after_which_the_run_goes_on_is_not_its_end() {
    let mut story = ToldMessages::new();
    story.hear("execution_start", &json!({}));
    story.hear("execution_error", &json!({"node_id": "3"}));
    assert_eq!(story.kinds(), ["status", "execution_start"]);
    story.hear("executing", &json!({"node": "9"}));
    assert_eq!(story.kinds()[2..], ["execution_error", "executing"]);
}

#[test]
fn a_run_that_is_lost_begins_again_and_its_failed_end_is_not_told() {
    let mut story = ToldMessages::new();
    story.hear("execution_start", &json!({}));
    story.hear("executing", &json!({"node": "9"}));
    story.hear("execution_error", &json!({"node_id": "9"}));
    story.run.lost();
    assert!(story.run.present().is_empty());
    story.hear("execution_start", &json!({}));
    story.end(&task(TaskState::Completed), &history(&json!({}), "execution_success"));
    let kinds = ["status", "execution_start", "executing", "status", "execution_start", "execution_success", "status", "-"];
    assert_eq!(story.kinds(), kinds);
}

#[test]
fn a_client_that_comes_back_hears_where_the_run_is() {
    let mut story = ToldMessages::new();
    story.hear("execution_start", &json!({"timestamp": 1}));
    story.hear("execution_cached", &json!({"nodes": ["1", "2"]}));
    story.hear("progress_state", &json!({"nodes": {}}));
    story.hear("executing", &json!({"node": "3"}));
    story.hear("executed", &json!({"node": "3", "output": {}}));
    let kinds: Vec<String> =
        ToldMessages { run: ClientRun::new("p"), sent: story.run.present().into_iter().map(RunMessage::Text).collect() }.kinds();
    assert_eq!(kinds, ["execution_start", "progress_state", "executing"]);
    let end = story.run.ended(&task(TaskState::Completed), &history(&json!({"9": {}}), "execution_success"), NOW);
    let whole = ToldMessages { run: ClientRun::new("p"), sent: story.run.whole(end) };
    assert_eq!(whole.kinds(), ["execution_start", "execution_cached", "executed", "executed", "execution_success", "status", "-"]);
}

#[test]
fn a_task_that_no_comfyui_ran_ends_in_an_error_that_says_why() {
    let mut failed = task(TaskState::Failed);
    failed.error = Some(TaskError::plain("ComfyUI restarted while this ran, for the 3rd time."));
    let mut run = ClientRun::new("p");
    let record = RunRecord::of_task(&failed, run.history_messages(&failed, NOW));
    let messages = run.ended(&failed, &record, NOW);
    let RunMessage::Text(error) = &messages[messages.len() - 3] else { panic!("a text") };
    let error: Value = serde_json::from_str(error).unwrap();
    assert_eq!(error["type"], "execution_error");
    assert_eq!(error["data"]["exception_message"], "ComfyUI restarted while this ran, for the 3rd time.");
    assert_eq!((&error["data"]["node_id"], &error["data"]["traceback"]), (&json!(""), &json!([])));
}
