//! Messages of a real ComfyUI about single prompts, from the recordings.

use std::{collections::HashSet, io::Read, path::Path, sync::Arc};

use serde_json::{Value, json};

use proto::{
    comfy::{Catalog, ComfyEvent, Ending, HistoryEntry, Workflow, decode_text, parse_lenient},
    task::TaskState,
};

pub(super) struct Run {
    pub(super) workflow: Arc<Workflow>,
    /// From the first frame about the prompt to the one that reports its end.
    pub(super) events: Vec<ComfyEvent>,
    pub(super) entry: HistoryEntry,
    pub(super) end: TaskState,
}

/// Runs that complete, fail, are interrupted, and expand nodes while running.
const RECORDINGS: [&str; 4] = ["txt2img-rerun-cached", "execution-error", "interrupt-mid-run", "loops-and-subgraph-expansion"];

pub(super) fn runs() -> Vec<Run> {
    let runs: Vec<Run> = RECORDINGS.iter().flat_map(|name| read(name)).collect();
    for end in [TaskState::Completed, TaskState::Failed, TaskState::Cancelled] {
        assert!(runs.iter().any(|run| run.end == end), "none ends {end:?}");
    }
    runs
}

fn read(name: &str) -> Vec<Run> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/recordings/{name}.jsonl.gz"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let posted = lines.iter().filter_map(|line| Some((line["response_body"]["prompt_id"].as_str()?, &line["request_body"]["prompt"])));
    posted.filter_map(|(id, workflow)| run(&lines, id, workflow)).collect()
}

fn run(lines: &[Value], id: &str, workflow: &Value) -> Option<Run> {
    let frames = lines.iter().filter(|line| line["kind"] == "ws_text").filter_map(|line| decode_text(line["text"].as_str()?).ok());
    let events: Vec<ComfyEvent> = frames.filter(|event| event.prompt_id().is_some_and(|prompt| prompt.as_str() == id)).collect();
    let answer = |line: &Value| match line["response_text"].as_str() {
        Some(text) => parse_lenient(text).unwrap_or_default(),
        None => line["response_body"].clone(),
    };
    let histories = lines.iter().filter(|line| line["path"].as_str().is_some_and(|path| path.contains("/history")));
    let entry: HistoryEntry = histories.filter_map(|line| serde_json::from_value(answer(line).get(id)?.clone()).ok()).next()?;
    let end = match entry.ending() {
        Ending::Success => TaskState::Completed,
        Ending::Interrupted => TaskState::Cancelled,
        Ending::Error(_) => TaskState::Failed,
    };
    let is_whole = events.last().is_some_and(is_over) && events.iter().filter(|event| is_over(event)).count() == 1;
    is_whole.then(|| Run { workflow: Arc::new(Workflow::from_value(workflow.clone()).unwrap()), events, entry, end })
}

pub(super) fn is_over(event: &ComfyEvent) -> bool {
    matches!(event, ComfyEvent::Executing(executing) if executing.node.is_none())
}

/// Of a ComfyUI that has all node classes of these runs, except `without`.
pub(super) fn catalog(runs: &[Run], without: &[&str]) -> Catalog {
    let classes: HashSet<&str> = runs.iter().flat_map(|run| run.workflow.0.values()).map(|node| node.class_type()).collect();
    let kept = classes.into_iter().filter(|class| !without.contains(class));
    Catalog::from_object_info(&kept.map(|class| (class.to_owned(), json!({"input": {}}))).collect::<serde_json::Map<_, _>>().into())
}

/// Node classes that some runs need and the first does not.
pub(super) fn rare_classes(runs: &[Run]) -> Vec<&str> {
    let common: HashSet<&str> = runs[0].workflow.0.values().map(|node| node.class_type()).collect();
    runs.iter().flat_map(|run| run.workflow.0.values()).map(|node| node.class_type()).filter(|class| !common.contains(class)).collect()
}
