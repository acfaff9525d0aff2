//! Progress for any events in any order: the bar never moves back, is full only at the end, and no estimate is absurd.

use std::sync::OnceLock;

use crate::support::{
    Recording, recording, recordings,
    replay::{Replay, replay, replay_knowing},
};
use darkroom::proto::{
    comfy::decode_text,
    limits,
    task::{Change, Durations, NodeState, Snapshot, TaskState},
};
use proptest::prelude::*;
use serde_json::json;

const RUNS: [&str; 6] = [
    "txt2img-rerun-cached",
    "execution-error",
    "interrupt-mid-run",
    "loops-and-subgraph-expansion",
    "parallel-async-nodes",
    "sampling-in-expansion-previews",
];

fn is_true(name: &str, replay: &Replay) {
    let mut snapshot = Snapshot::default();
    for (numbered, now) in replay.changes.iter().zip(&replay.times) {
        let before: Vec<(u16, u32)> = snapshot.tasks.iter().map(|task| (task.permille, task.attempt)).collect();
        snapshot.apply(numbered);
        for ((before, attempt), task) in before.iter().zip(&snapshot.tasks) {
            assert!(task.permille >= *before || task.attempt > *attempt, "{name}: fell from {before} to {}", task.permille);
            assert!(task.permille < 1000 || task.state == TaskState::Completed, "{name}: full too early");
        }
        if let Change::TaskProgress { ends_at, within_ms, .. } = numbered.change {
            assert_eq!(ends_at.is_some(), within_ms.is_some(), "{name}: an estimate has an error bound");
            assert!(ends_at.is_none_or(|end| end >= *now && end.since(*now) <= limits::TIME_LEFT_MS), "{name}: {ends_at:?} at {now:?}");
        }
    }
}

#[test]
fn progress_of_recorded_runs_is_sound_with_and_without_known_durations() {
    let mut durations = Durations::default();
    for recording in recordings() {
        is_true(&recording.name, &replay(&recording));
        let replay = replay_knowing(&recording, durations);
        is_true(&recording.name, &replay);
        durations = replay.durations;
    }
    assert!(durations.rows() > 100 && durations.rows() <= limits::DURATION_ROWS, "{}", durations.rows());
}

/// For nodes created at run time, the workflow's row of their parent node shows the progress (fact 23).
#[test]
fn a_sampler_inside_an_expanded_node_moves_the_bar_of_that_node() {
    let replay = replay(&recording("sampling-in-expansion-previews"));
    let mut snapshot = Snapshot::default();
    let mut steps = Vec::new();
    for numbered in &replay.changes {
        snapshot.apply(numbered);
        if let Change::NodeProgress { task, node, .. } = &numbered.change {
            let node = snapshot.task(*task).and_then(|task| task.node(node)).expect("a node of the workflow");
            steps.extend(node.step().map(|step| (node.class.clone(), step)));
        }
    }
    let maker = "TestSamplingInExpansion".to_owned();
    assert_eq!(steps, [(maker.clone(), (1, 2)), (maker, (2, 2))]);
}

/// ComfyUI sends "0 of 1" for every node that begins: that is no bar (fact 16).
#[test]
fn a_node_without_steps_shows_no_bar() {
    let task = replay(&recording("txt2img-20-steps")).end.tasks[0].id;
    let changes = replay(&recording("txt2img-20-steps")).changes;
    let bars: Vec<&str> = changes
        .iter()
        .filter_map(|numbered| match &numbered.change {
            Change::NodeProgress { task: of, node, .. } if *of == task => Some(node.as_str()),
            _ => None,
        })
        .collect();
    assert!(bars.len() == 20 && bars.iter().all(|node| *node == "3"), "only the sampler's 20 steps: {bars:?}");
}

/// Several nodes run at once: all rows show it, though `executing` names only one (fact 24).
#[test]
fn several_nodes_run_at_once() {
    let replay = replay(&recording("parallel-async-nodes"));
    let mut snapshot = Snapshot::default();
    let most = replay.changes.iter().map(|numbered| {
        snapshot.apply(numbered);
        let running = |task: &proto::task::Task| task.nodes.iter().filter(|node| node.state == NodeState::Running).count();
        snapshot.tasks.iter().map(running).max().unwrap_or(0)
    });
    assert!(most.max() >= Some(3));
}

/// A node that ended while the socket was lost has no known duration, and no duration is learned from it.
#[test]
fn a_node_that_ended_while_the_socket_was_lost_has_no_duration() {
    let mut recording = recording("txt2img-20-steps");
    let is_about_others = |text: &str| text.contains("\"executing\"") || text.contains("\"executed\"");
    let last = recording.lines.iter().rposition(|line| line["text"].as_str().is_some_and(|text| text.contains("progress_state"))).unwrap();
    let mut at = 0;
    recording.lines.retain(|line| {
        at += 1;
        let text = line["text"].as_str().unwrap_or_default();
        at > last || !(text.contains("progress") || is_about_others(text) && decode_text(text).is_ok())
    });
    let replay = replay(&recording);
    let task = &replay.end.tasks[0];
    assert_eq!(task.state, TaskState::Completed);
    assert!(task.nodes.iter().all(|node| node.state != NodeState::Waiting && node.started_at.is_none()), "{:?}", task.nodes);
}

fn run(number: usize) -> &'static Recording {
    static ALL: OnceLock<Vec<Recording>> = OnceLock::new();
    &ALL.get_or_init(|| RUNS.map(recording).into())[number]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Frames lost, duplicated, reordered, at any time.
    #[test]
    fn progress_is_sound_for_lost_repeated_and_reordered_frames(
        number in 0..RUNS.len(),
        fates in proptest::collection::vec(0u8..8, 1..60),
        jumps in proptest::collection::vec((any::<proptest::sample::Index>(), any::<proptest::sample::Index>()), 0..30),
        paces in proptest::collection::vec(0.0f64..50.0, 1..20),
    ) {
        let run = run(number);
        let mut lines = Vec::new();
        for (line, fate) in run.lines.iter().zip(fates.iter().cycle()) {
            let is_frame = line["kind"] == "ws_text";
            match fate {
                0 if is_frame => {}
                1 if is_frame => lines.extend([line.clone(), line.clone()]),
                _ => lines.push(line.clone()),
            }
        }
        for (from, to) in jumps {
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            lines.swap(from, to);
        }
        let mut t = 0.0;
        for (line, pace) in lines.iter_mut().zip(paces.iter().cycle()) {
            t += pace;
            line["t"] = json!(t);
        }
        let scrambled = Recording { name: run.name.clone(), lines };
        let replayed = replay(&scrambled);
        is_true(&run.name, &replayed);
        is_true(&run.name, &replay_knowing(&scrambled, replayed.durations));
    }
}
