//! Every recorded frame is parsed without loss, and every recorded run ends in the right state.

use std::fmt::Write;

use crate::support::{recordings, replay::replay};
use base64::Engine;
use darkroom::proto::{
    comfy::{BinaryFrame, ComfyEvent, decode_binary, decode_text, parse_lenient},
    task::{OutputContent, Task},
};
use serde_json::Value;

#[test]
fn every_text_frame_decodes_without_loss() {
    let mut frames = 0;
    for recording in recordings() {
        for line in recording.lines.iter().filter(|line| line["kind"] == "ws_text") {
            let text = line["text"].as_str().expect("text");
            let event = decode_text(text).unwrap_or_else(|error| panic!("{}: {error}: {text}", recording.name));
            assert!(!matches!(event, ComfyEvent::Unknown { .. }), "{}: not typed: {text}", recording.name);
            let expected: Value = parse_lenient(text).expect("JSON");
            assert_eq!(event.to_json().expect("JSON"), expected, "{}", recording.name);
            frames += 1;
        }
    }
    assert!(frames > 3_000, "only {frames} frames");
}

#[test]
fn every_binary_frame_decodes() {
    let (mut plain, mut with_metadata) = (0, 0);
    for recording in recordings() {
        for line in recording.lines.iter().filter(|line| line["kind"] == "ws_binary") {
            let frame = base64::engine::general_purpose::STANDARD.decode(line["base64"].as_str().expect("base64")).expect("base64");
            match decode_binary(&frame) {
                Ok(BinaryFrame::Preview(preview)) if preview.metadata.is_some() => with_metadata += 1,
                Ok(BinaryFrame::Preview(_)) => plain += 1,
                other => panic!("{}: {other:?}", recording.name),
            }
        }
    }
    assert!(plain > 100 && with_metadata > 20, "{plain} plain, {with_metadata} with metadata");
}

#[test]
fn every_recorded_run_ends_in_the_right_state() {
    for recording in recordings() {
        let replay = replay(&recording);
        let mut text = String::new();
        for task in &replay.end.tasks {
            describe(task, &mut text);
        }
        insta::assert_snapshot!(format!("end_of_{}", recording.name.replace('-', "_")), text);
    }
}

#[test]
fn the_bar_never_goes_back_and_is_full_only_at_the_end() {
    for recording in recordings() {
        let mut snapshot = proto::task::Snapshot::default();
        for numbered in replay(&recording).changes {
            let before: Vec<u16> = snapshot.tasks.iter().map(|task| task.permille).collect();
            snapshot.apply(&numbered);
            for (before, task) in before.iter().zip(&snapshot.tasks) {
                assert!(task.permille >= *before, "{}: {} fell from {before} to {}", recording.name, task.name, task.permille);
                let full = task.permille >= 1000;
                assert!(!full || task.state == proto::task::TaskState::Completed, "{}: full too early", recording.name);
            }
        }
    }
}

fn describe(task: &Task, text: &mut String) {
    let _ = write!(text, "{}: {:?} at {} %", task.name, task.state, task.permille / 10);
    if let Some(error) = &task.error {
        let node = error.node.as_ref().map(|node| format!(" at node {node}")).unwrap_or_default();
        let _ = write!(text, ", error{node}: {:?}", error.message.lines().next().unwrap_or_default().chars().take(80).collect::<String>());
    }
    text.push('\n');
    // The first nodes of a chain of hundreds are enough.
    for node in task.nodes.iter().take(12) {
        let bar = if node.max > 0 { format!(" {}/{}", node.value, node.max) } else { String::new() };
        let _ = writeln!(text, "  {} {}: {}{bar}", node.id, node.class, node.state.as_str());
    }
    if task.nodes.len() > 12 {
        let done = task.nodes.iter().filter(|node| node.state.is_settled()).count();
        let _ = writeln!(text, "  … {done} of {} done", task.nodes.len());
    }
    for output in &task.outputs {
        let what = match &output.content {
            OutputContent::File { filename, folder, .. } if folder == "temp" => {
                // Temporary files have random names.
                format!("temp *.{}", filename.rsplit('.').next().unwrap_or_default())
            }
            OutputContent::File { filename, .. } => filename.clone(),
            OutputContent::Text { text } => format!("{:?}", text.chars().take(40).collect::<String>()),
        };
        let _ = writeln!(text, "  → {} of {}: {:?} {what}", output.id, output.node, output.kind);
    }
}
