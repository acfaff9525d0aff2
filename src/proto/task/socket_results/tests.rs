use ImageFormat::{Jpeg, Png};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{missing::missing_results, *};
use crate::{
    comfy::{Catalog, HistoryEntry, ImageFormat, Preview, PreviewMetadata, Workflow, decode_text},
    ids::TaskId,
    limits,
    task::{Durations, Output, OutputContent, OutputKind, OutputStorage, Task},
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

const TASK: TaskId = TaskId(Uuid::from_u128(7));

/// A sampler whose picture goes to a node of this class; and one whose outputs are not used.
fn workflow(class: &str) -> Arc<Workflow> {
    let workflow = json!({
        "3": {"class_type": "KSampler", "inputs": {}},
        "9": {"class_type": class, "inputs": {"images": ["3", 0]}},
    });
    Arc::new(serde_json::from_value(workflow).unwrap())
}

/// What becomes of messages and pictures, in short: `+9:2` is a result of node 9 with the byte 2, `~3` a preview of node 3.
struct Socket {
    results: SocketResults,
    workflow: Arc<Workflow>,
    became: Vec<String>,
}

impl Socket {
    fn with(class: &str) -> Self {
        Self { results: SocketResults::default(), workflow: workflow(class), became: Vec::new() }
    }

    fn event(&mut self, kind: &str, mut data: Value, task: Option<TaskId>) {
        if let Some(task) = task {
            data["prompt_id"] = json!(task);
        }
        let event = decode_text(&json!({"type": kind, "data": data}).to_string()).unwrap();
        let workflow = self.workflow.clone();
        let results = self.results.event(task.filter(|task| *task == TASK), &event, |_| Some(workflow));
        self.note(results);
    }

    fn executing(&mut self, node: Option<&str>) {
        self.event("executing", json!({"node": node}), Some(TASK));
    }

    fn step(&mut self, node: &str) {
        self.event("progress", json!({"node": node, "value": 1, "max": 4}), Some(TASK));
    }

    fn executed(&mut self, node: &str, count: usize) {
        let images = vec![json!({"source": "websocket", "content-type": "image/png", "type": "output"}); count];
        self.event("executed", json!({"node": node, "output": {"images": images}}), Some(TASK));
    }

    /// `node`: in the metadata.
    fn picture(&mut self, node: Option<&str>, format: ImageFormat, byte: u8) {
        let metadata = node.map(|node| PreviewMetadata {
            node_id: node.into(),
            prompt_id: TASK.into(),
            display_node_id: None,
            parent_node_id: None,
            real_node_id: None,
            image_type: None,
        });
        let workflow = self.workflow.clone();
        let sorted = self.results.picture(&Preview { format, metadata, image: &[byte] }, |_| Some(workflow));
        self.note(sorted.results);
        self.became.extend(sorted.preview.map(|(_, node)| format!("~{node}")));
    }

    fn note(&mut self, results: Vec<SocketResult>) {
        self.became.extend(results.into_iter().map(|result| format!("+{}:{}", result.node, result.image[0])));
    }

    fn became(&mut self) -> Vec<String> {
        std::mem::take(&mut self.became)
    }
}

#[test]
fn previews_of_a_sampler_are_previews_with_and_without_metadata() {
    for metadata in [None, Some("3")] {
        let mut socket = Socket::with("SaveImage");
        socket.executing(Some("3"));
        for step in 0..3 {
            socket.step("3");
            socket.picture(metadata, Jpeg, step);
        }
        socket.executing(Some("9"));
        socket.executing(None);
        assert_eq!(socket.became(), ["~3", "~3", "~3"], "metadata: {metadata:?}");
    }
}

#[test]
fn what_a_node_sends_for_its_results_are_results() {
    for metadata in [None, Some("9")] {
        for (class, has_steps, reported, expected) in [
            ("SaveImageWebsocket", true, 0, ["+9:1", "+9:2", "+9:3"].as_slice()),
            ("ETN_SendImageWebSocket", false, 3, &["+9:1", "+9:2", "+9:3"]),
            // PNG at once, the others when it is certain.
            ("SaveElsewhere", false, 0, &["+9:1", "~9", "~9", "+9:2", "+9:3"]),
            ("SaveElsewhere", true, 0, &["+9:1", "~9", "~9"]),
            ("SaveElsewhere", true, 2, &["+9:1", "~9", "~9", "+9:3"]),
            ("SaveElsewhere", true, 9, &["+9:1", "~9", "~9", "+9:2", "+9:3"]),
        ] {
            let mut socket = Socket::with(class);
            socket.executing(Some("9"));
            if has_steps {
                socket.step("9");
            }
            for (format, byte) in [(Png, 1), (Jpeg, 2), (Jpeg, 3)] {
                socket.picture(metadata, format, byte);
            }
            socket.executed("9", reported);
            socket.executing(None);
            assert_eq!(socket.became(), expected, "{class}, steps: {has_steps}, reported: {reported}, metadata: {metadata:?}");
        }
    }
}

#[test]
fn a_node_in_the_middle_sends_results_only_if_it_reports_them() {
    for (reported, expected) in [(0, ["~3", "~3"].as_slice()), (1, &["~3", "~3", "+3:2"])] {
        let mut socket = Socket::with("SaveImage");
        socket.executing(Some("3"));
        socket.picture(None, Png, 1);
        socket.picture(None, Png, 2);
        socket.executed("3", reported);
        socket.executing(None);
        assert_eq!(socket.became(), expected, "{reported}");
    }
}

#[test]
fn two_nodes_at_once_keep_their_pictures_apart() {
    let mut socket = Socket::with("SaveElsewhere");
    socket.executing(Some("3"));
    socket.executing(Some("9"));
    socket.picture(Some("3"), Jpeg, 1);
    socket.picture(Some("9"), Jpeg, 2);
    socket.picture(Some("3"), Jpeg, 3);
    socket.executed("3", 1);
    assert_eq!(socket.became(), ["~3", "~9", "~3", "+3:3"]);
    socket.executing(None);
    assert_eq!(socket.became(), ["+9:2"]);
}

#[test]
fn a_png_of_a_node_that_was_created_while_running_is_a_result_of_the_one_it_is_displayed_as() {
    let mut socket = Socket::with("ForLoopEnd");
    socket.event("executing", json!({"node": "9.0.0.2", "display_node": "9"}), Some(TASK));
    socket.step("9.0.0.2");
    socket.picture(None, Jpeg, 1);
    socket.picture(None, Png, 2);
    assert_eq!(socket.became(), ["~9.0.0.2", "+9:2"]);
}

#[test]
fn pictures_of_others_are_unowned() {
    let mut socket = Socket::with("SaveImageWebsocket");
    socket.picture(None, Png, 1);
    socket.executing(Some("9"));
    socket.event("progress", json!({"node": "9", "value": 1, "max": 4}), Some(TaskId(Uuid::from_u128(8))));
    socket.picture(None, Png, 2);
    socket.executing(Some("9"));
    socket.executing(None);
    socket.picture(None, Png, 3);
    assert_eq!(socket.became(), [""; 0]);
}

#[test]
fn pictures_after_a_reconnect_wait_for_the_name_of_their_task() {
    let mut socket = Socket::with("ETN_SendImageWebSocket");
    socket.event("executing", json!({"node": "9"}), None);
    socket.picture(None, Png, 1);
    assert_eq!(socket.became(), [""; 0]);
    socket.executed("9", 1);
    assert_eq!(socket.became(), ["+9:1"]);
    // Metadata names it, too.
    let mut socket = Socket::with("SaveImageWebsocket");
    socket.event("executing", json!({"node": "9"}), None);
    socket.picture(Some("9"), Png, 1);
    assert_eq!(socket.became(), ["+9:1"]);
    // It was another task's after all.
    let mut socket = Socket::with("SaveImageWebsocket");
    socket.event("executing", json!({"node": "9"}), None);
    socket.picture(None, Png, 1);
    socket.event("executed", json!({"node": "9", "output": {}}), Some(TaskId(Uuid::from_u128(8))));
    socket.executing(Some("3"));
    assert_eq!(socket.became(), [""; 0]);
}

#[test]
fn only_the_last_pictures_are_remembered() {
    let mut socket = Socket::with("SaveImage");
    socket.executing(Some("3"));
    for byte in 0..=255 {
        socket.picture(None, Jpeg, byte);
    }
    socket.became();
    socket.executed("3", 1_000);
    let became = socket.became();
    assert_eq!((became.len(), became.last().unwrap().as_str()), (limits::RESULT_CANDIDATES, "+3:255"));
}

#[test]
fn pictures_that_wait_for_the_name_of_their_task_have_a_limit_in_bytes() {
    let mut socket = Socket::with("SaveImageWebsocket");
    socket.event("executing", json!({"node": "9"}), None);
    let image = |byte: u8| vec![byte; limits::RESULT_CANDIDATE_BYTES / 4];
    for byte in 0..10 {
        socket.results.picture(&Preview { format: Png, metadata: None, image: &image(byte) }, |_| None);
    }
    socket.executed("9", 0);
    assert_eq!(socket.became(), ["+9:6", "+9:7", "+9:8", "+9:9"]);
}

/// Nodes that report progress in ComfyUI's newer way send it with the state of all nodes only, and previews with metadata.
#[test]
fn previews_of_a_last_node_that_reports_its_steps_with_the_state_of_all_nodes_are_previews() {
    for (max, expected) in [(4.0, ["~9", "~9"].as_slice()), (1.0, &["~9", "~9", "+9:1", "+9:2"])] {
        let mut socket = Socket::with("SaveElsewhere");
        socket.executing(Some("9"));
        for byte in [1, 2] {
            let nodes = json!({"9": {"value": 1.0, "max": max, "state": "running", "node_id": "9", "prompt_id": TASK}});
            socket.event("progress_state", json!({"nodes": nodes}), Some(TASK));
            socket.picture(Some("9"), Jpeg, byte);
        }
        socket.executing(None);
        assert_eq!(socket.became(), expected, "max {max}");
    }
}

/// Each iteration of a loop is a node of its own, displayed as the same, and reports only its own pictures.
#[test]
fn every_iteration_of_a_loop_has_its_results() {
    let mut socket = Socket::with("ForLoopEnd");
    for iteration in 1..=3 {
        let node = format!("9.0.0.{iteration}");
        socket.event("executing", json!({"node": node, "display_node": "9"}), Some(TASK));
        socket.picture(None, Jpeg, iteration);
        let images = [json!({"source": "websocket", "content-type": "image/jpeg", "type": "output"})];
        socket.event("executed", json!({"node": node, "display_node": "9", "output": {"images": images}}), Some(TASK));
    }
    let became = socket.became();
    let results: Vec<&String> = became.iter().filter(|became| became.starts_with('+')).collect();
    assert_eq!(results, ["+9:1", "+9:2", "+9:3"], "{became:?}");
}

fn success() -> HistoryEntry {
    serde_json::from_value(json!({"prompt": [], "outputs": {}, "status": {"status_str": "success", "completed": true, "messages": []}}))
        .unwrap()
}

fn task(class: &str) -> Task {
    Task::new(TASK, "x", &workflow(class), &Catalog::default(), &Durations::default(), Timestamp(0))
}

#[test]
fn results_over_the_limit_are_replaced_by_one_note_and_are_not_waited_for() {
    let reported: Value = (0..limits::SOCKET_RESULTS + 9).map(|_| json!({"source": "websocket"})).collect();
    let mut entry = json!({"prompt": [], "outputs": {"9": {"images": reported}}});
    entry["status"] = json!({"status_str": "success", "completed": true, "messages": []});
    let entry: HistoryEntry = serde_json::from_value(entry).unwrap();
    for others in [0, limits::OUTPUTS - 2] {
        let mut task = task("SaveImageWebsocket");
        for id in 0..others {
            let content = OutputContent::Text { text: id.to_string() };
            let (id, storage) = (u32::try_from(id).unwrap(), OutputStorage::default());
            task.outputs.push(Output { id, node: "3".into(), kind: OutputKind::Text, temporary: false, content, storage, outside: None });
        }
        for _ in 0..limits::SOCKET_RESULTS + 9 {
            let name = "0".repeat(OutputContent::SOCKET_NAME);
            task.outputs.extend(result_output(&task, "9".into(), Png, &name, OutputStorage::default()));
        }
        let results = task.outputs.iter().filter(|output| output.content.came_over_socket()).count();
        let (expected, total) = if others == 0 { (limits::SOCKET_RESULTS, limits::SOCKET_RESULTS + 1) } else { (1, limits::OUTPUTS) };
        assert_eq!((results, task.outputs.len()), (expected, total), "{others}");
        let OutputContent::Text { text } = &task.outputs.last().unwrap().content else { panic!("no note") };
        assert!(text.starts_with("There were more pictures"), "{text}");
        assert_eq!(unseen_results(&task, &entry), [], "{others}");
        assert!(!LateResults::default().awaits(RunSeen::FromStart, &task, &entry, Duration::ZERO), "{others}");
    }
}

#[test]
fn results_of_a_run_that_goes_on_over_a_new_socket_are_awaited_until_its_end() {
    let event = |data: Value| decode_text(&json!({"type": "executing", "data": data}).to_string()).unwrap();
    let end = event(json!({"node": null, "prompt_id": "p"}));
    let broken = RunSeen::FromStart.after_break();
    assert_eq!(broken, RunSeen::Partly);
    assert!(!broken.goes_on());
    let resumed = broken.after_resumption();
    assert!(resumed.goes_on());
    assert_eq!(resumed.after(&event(json!({"node": "9", "prompt_id": "p"}))), RunSeen::Resumed);
    assert_eq!(resumed.after(&end), RunSeen::Partly, "what comes over this socket has come");
    assert_eq!(resumed.after_break(), RunSeen::Partly);
    assert_eq!(RunSeen::FromStart.after_resumption(), RunSeen::FromStart);
    assert_eq!(RunSeen::FromStart.after(&end), RunSeen::Whole);
}

#[test]
fn the_wait_for_late_results_begins_anew_with_each_that_arrives() {
    let (mut late, mut task) = (LateResults::default(), task("SaveImageWebsocket"));
    assert!(!late.awaits(RunSeen::Partly, &task, &success(), Duration::ZERO), "the socket broke");
    assert!(!late.awaits(RunSeen::Whole, &task, &success(), Duration::ZERO), "all has come");
    let reported = json!({"9": {"images": [{"source": "websocket"}, {"source": "websocket"}]}});
    let entry: HistoryEntry = serde_json::from_value(
        json!({"prompt": [], "outputs": reported, "status": {"status_str": "success", "completed": true, "messages": []}}),
    )
    .unwrap();
    let mut awaits = |task: &Task, lags: f64| late.awaits(RunSeen::FromStart, task, &entry, limits::RESULTS_LAG.mul_f64(lags));
    assert_eq!([awaits(&task, 0.0), awaits(&task, 0.9)], [true, true]);
    let name = "0".repeat(OutputContent::SOCKET_NAME);
    task.outputs.extend(result_output(&task, "9".into(), Png, &name, OutputStorage::default()));
    assert_eq!([awaits(&task, 1.1), awaits(&task, 2.0), awaits(&task, 2.2)], [true, true, false]);
}

#[test]
fn only_classes_that_surely_send_pictures_need_a_socket() {
    for (class, expected) in [
        ("SaveImageWebsocket", true),
        ("SaveImageWebSocketWithPromptId", true),
        ("ETN_SendImageWebSocket", true),
        ("SendImageWebsocket", true),
        ("LoadImageWebsocket", false),
        ("LoadLatentWebsocket", false),
        ("SaveLatentWebsocket", false),
        ("ETN_SendImageMQTT", false),
        ("Send Images via WebSocket", false),
        ("SaveImage", false),
    ] {
        assert_eq!(needs_socket(&workflow(class)), expected, "{class}");
    }
}

/// Their names have `websocket` in them, and they send no picture.
#[test]
fn a_run_of_classes_that_send_no_pictures_lacks_none() {
    let entry = |outputs: Value| -> HistoryEntry {
        serde_json::from_value(
            json!({"prompt": [], "outputs": outputs, "status": {"status_str": "success", "completed": true, "messages": []}}),
        )
        .unwrap()
    };
    for (class, outputs, missing) in [
        ("LoadImageWebsocket", json!({}), 0),
        ("SaveLatentWebsocket", json!({"9": {"latents": [{"shape": [1, 4]}]}}), 0),
        ("SaveImageWebsocket", json!({}), 1),
        // What its report says counts, whatever the name.
        ("SaveElsewhere", json!({"9": {"images": [{"source": "websocket"}, {"source": "websocket"}]}}), 2),
    ] {
        let task = Task::new(TASK, "x", &workflow(class), &Catalog::default(), &Durations::default(), Timestamp(0));
        let counts: Vec<usize> = missing_results(&task, &entry(outputs)).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts.iter().sum::<usize>(), missing, "{class}: {counts:?}");
    }
}

#[test]
fn what_was_sent_over_the_socket_is_counted() {
    let sent = json!({"source": "websocket", "content-type": "image/png", "type": "output"});
    let unnamed = json!({"source": "websocket", "filename": "", "type": "output"});
    for (output, count) in [
        (json!({"images": [sent]}), 1),
        (json!({"images": [sent, unnamed], "more": [sent]}), 3),
        (json!({"images": [{"filename": "a.png", "source": "websocket"}]}), 0),
        (json!({"images": [{"filename": "a.png"}], "text": ["a"]}), 0),
        (json!({"images": {"source": "websocket"}}), 0),
        (json!(null), 0),
    ] {
        assert_eq!(reported_results(&output), count, "{output}");
    }
}

#[test]
fn only_a_name_of_ours_is_a_file_from_the_socket() {
    let named = |subfolder: &str, folder: &str| OutputContent::File {
        filename: "a.png".into(),
        subfolder: subfolder.into(),
        folder: folder.into(),
    };
    let name = "0123456789abcdef0123456789abcdef";
    assert_eq!(OutputContent::from_socket(name, 2, Jpeg).socket_name(), Some(name));
    assert_eq!(named(name, "websocket").socket_name(), Some(name));
    for other in [
        named(name, "output"),
        named("", "websocket"),
        named("../../../../../../../../etc/pass", "websocket"),
        named(&name[1..], "websocket"),
    ] {
        assert_eq!(other.socket_name(), None, "{other:?}");
    }
}
