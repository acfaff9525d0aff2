use serde_json::json;

use super::*;
use crate::{
    comfy::{Catalog, Workflow},
    ids::{BackendId, NodeId, TaskId},
    task::{Change, Durations, Snapshot},
};

/// A run of a workflow, driven by hand.
struct Run {
    snapshot: Snapshot,
    forecast: Forecast,
    durations: Durations,
}

const ID: TaskId = TaskId(uuid::Uuid::nil());

impl Run {
    fn of(workflow: serde_json::Value, durations: Durations) -> Self {
        let workflow = Workflow::from_value(workflow).unwrap();
        let task = Task::new(ID, "run", &workflow, &Catalog::default(), &durations, Timestamp(0));
        let mut run = Self { snapshot: Snapshot::default(), forecast: Forecast::new(&workflow), durations };
        run.happen(0, Change::TaskAdded(Box::new(task)));
        run.happen(0, Change::TaskQueued { task: ID, backend: BackendId::from("b") });
        run.happen(0, Change::TaskStarted { task: ID, at: Timestamp(0) });
        run
    }

    /// Loader, sampler of 10 steps, decoder.
    fn picture(durations: Durations) -> Self {
        Self::of(
            json!({
                "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a"}},
                "2": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "steps": 10}},
                "3": {"class_type": "VAEDecode", "inputs": {"samples": ["2", 0], "vae": ["1", 2]}},
            }),
            durations,
        )
    }

    fn happen(&mut self, at: u64, change: Change) {
        if let Some(task) = self.snapshot.task(ID) {
            self.forecast.watch(task, &change, Timestamp(at), &mut self.durations);
        }
        self.snapshot.push(change);
    }

    fn start(&mut self, at: u64, node: &str) {
        self.happen(at, Change::NodeStarted { task: ID, node: NodeId::from(node), at: Timestamp(at) });
    }

    fn tick(&mut self, at: u64, node: &str, value: u32, max: u32) {
        self.happen(at, Change::NodeProgress { task: ID, node: NodeId::from(node), value, max, counted: true });
    }

    fn done(&mut self, at: u64, node: &str) {
        self.happen(at, Change::NodeDone { task: ID, node: NodeId::from(node), at: Timestamp(at) });
    }

    fn end(&mut self, at: u64) {
        self.happen(at, Change::TaskEnded { task: ID, state: TaskState::Completed, at: Timestamp(at), error: None });
    }

    fn task(&self) -> &Task {
        self.snapshot.task(ID).unwrap()
    }

    fn estimate(&self, at: u64) -> Estimate {
        estimate(self.task(), &self.forecast, Timestamp(at))
    }

    /// The whole of [`Run::picture`], 1 s, 10 steps of 200 ms, 1 s.
    fn complete(mut self) -> Self {
        self.start(0, "1");
        self.done(1_000, "1");
        self.start(1_000, "2");
        (1..=10).for_each(|step| self.tick(1_000 + u64::from(step) * 200, "2", step, 10));
        self.done(3_000, "2");
        self.start(3_000, "3");
        self.done(4_000, "3");
        self.end(4_000);
        self
    }
}

fn learned() -> Durations {
    Run::picture(Durations::default()).complete().durations
}

fn end(estimate: Estimate) -> u64 {
    estimate.ends_at.expect("an end").0
}

#[test]
fn a_repeated_run_has_an_estimate_from_its_start() {
    let mut run = Run::picture(learned());
    assert_eq!(run.task().expected_ms(), 4_000);
    assert_eq!(end(run.estimate(0)), 4_000);
    run.start(0, "1");
    assert_eq!(end(run.estimate(500)), 4_000);
    assert_eq!(run.estimate(500).permille, 125);
    run.done(1_000, "1");
    run.start(1_000, "2");
    run.tick(2_000, "2", 5, 10);
    assert_eq!(end(run.estimate(2_000)), 4_000);
    assert_eq!(run.estimate(2_000).permille, 500);
    assert!(run.estimate(2_000).within_ms > Some(0));
}

#[test]
fn there_is_no_estimate_without_data() {
    let mut run = Run::picture(Durations::default());
    run.start(0, "1");
    assert_eq!(run.estimate(700).ends_at, None);
    run.done(1_000, "1");
    run.start(1_000, "2");
    run.tick(5_000, "2", 1, 10);
    assert_eq!(run.estimate(5_000).ends_at, None, "one tick has no pace: what came before it may not come again");
    run.tick(5_500, "2", 2, 10);
    let end = end(run.estimate(5_500));
    assert!((9_500..=11_500).contains(&end), "8 steps of 500 ms and a decoder: {end}");
}

#[test]
fn between_two_steps_the_end_stays_until_the_next_is_late() {
    for durations in [Durations::default(), learned()] {
        let mut run = Run::picture(durations);
        run.start(0, "1");
        run.done(1_000, "1");
        run.start(1_000, "2");
        run.tick(3_000, "2", 1, 10);
        run.tick(5_000, "2", 2, 10);
        let estimate = run.estimate(5_000);
        for now in (5_100..=6_000).step_by(100) {
            let now = run.estimate(now);
            assert!(now.ends_at.unwrap().0.abs_diff(end(estimate)) <= 1 && now.permille == estimate.permille, "{now:?}, {estimate:?}");
        }
        assert!(end(run.estimate(60_000)) > end(estimate) + 40_000, "a step that hangs moves the end");
    }
}

#[test]
fn a_slow_first_step_does_not_affect_the_estimate_of_the_others() {
    let mut run = Run::picture(learned());
    run.start(0, "1");
    run.done(1_000, "1");
    run.start(1_000, "2");
    // The model moves to the GPU, then each step takes 200 ms as before.
    run.tick(6_000, "2", 1, 10);
    run.tick(6_200, "2", 2, 10);
    run.tick(6_400, "2", 3, 10);
    let end = end(run.estimate(6_400));
    assert!((8_600..=10_500).contains(&end), "{end}");
}

#[test]
fn cached_nodes_weigh_nothing_and_count_as_done() {
    let mut run = Run::picture(learned());
    run.happen(0, Change::NodesCached { task: ID, nodes: vec![NodeId::from("1")] });
    run.start(0, "2");
    run.tick(1_000, "2", 5, 10);
    assert_eq!(run.estimate(1_000).permille, 333, "1 of 3 s");
    let all = ["1", "2", "3"].map(NodeId::from).to_vec();
    let mut run = Run::picture(learned());
    run.happen(0, Change::NodesCached { task: ID, nodes: all });
    assert_eq!(run.estimate(0).permille, 999);
    assert_eq!(run.estimate(0).ends_at, None);
}

#[test]
fn an_unneeded_branch_does_not_count_in_the_progress() {
    let mut run = Run::of(
        json!({
            "1": {"class_type": "KSampler", "inputs": {"steps": 1000}},
            "2": {"class_type": "Quick", "inputs": {}},
            "3": {"class_type": "LazySwitch", "inputs": {"off": ["1", 0], "on": ["2", 0]}},
            "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
        }),
        Durations::default(),
    );
    run.start(0, "2");
    run.done(60, "2");
    run.start(60, "3");
    assert!(run.estimate(60).permille < 10, "the switch may still ask for it");
    run.done(120, "3");
    assert!(run.estimate(120).permille > 600);
}

#[test]
fn a_restarted_run_begins_at_zero() {
    let mut run = Run::picture(learned());
    run.start(0, "1");
    run.done(1_000, "1");
    run.start(1_000, "2");
    run.tick(2_000, "2", 5, 10);
    run.happen(2_100, Change::TaskRestarted { task: ID, attempt: 2, note: String::new(), at: Timestamp(2_100) });
    assert_eq!(run.task().permille, 0);
    assert_eq!(run.estimate(2_100).permille, 0);
    assert_eq!(run.estimate(2_100).ends_at, None);
    run.happen(9_000, Change::TaskStarted { task: ID, at: Timestamp(9_000) });
    assert_eq!(end(run.estimate(9_000)), 13_000);
}

#[test]
fn concurrent_nodes_end_with_the_last_of_them() {
    let sleepers = json!({
        "1": {"class_type": "Sleep", "inputs": {}},
        "2": {"class_type": "Sleep", "inputs": {}},
        "3": {"class_type": "SaveImage", "inputs": {"a": ["1", 0], "b": ["2", 0]}},
    });
    let mut run = Run::of(sleepers.clone(), Durations::default());
    for node in ["1", "2"] {
        run.start(0, node);
        run.done(4_000, node);
    }
    run.start(4_000, "3");
    run.done(4_100, "3");
    run.end(4_100);
    let mut run = Run::of(sleepers, run.durations);
    run.start(0, "1");
    run.start(0, "2");
    let estimate = run.estimate(1_000);
    assert_eq!(end(estimate), 4_100);
    assert_eq!(estimate.permille, 246);
    assert_eq!(run.task().expected_ms(), 4_100, "what the run took, not the sum of its nodes");
}

#[test]
fn the_bar_of_one_node_is_not_that_of_the_task() {
    let frame = |value: u32| {
        let node =
            |id: &str, value: u32, max: u32| json!({"value": value, "max": max, "state": "running", "node_id": id, "real_node_id": "1"});
        let nodes = json!({"1": node("1", 0, 1), "1.0.0.1": node("1.0.0.1", value, 4)});
        crate::comfy::decode_text(&json!({"type": "progress_state", "data": {"prompt_id": ID, "nodes": nodes}}).to_string()).unwrap()
    };
    let loops = json!({"1": {"class_type": "Loop", "inputs": {}}});
    let mut run = Run::of(loops.clone(), Durations::default());
    run.start(0, "1");
    run.done(10_000, "1");
    let mut run = Run::of(loops, run.durations);
    run.start(0, "1");
    // In 1 s the first of many rounds is through.
    for (at, value) in [(0, 1), (1_000, 4)] {
        let event = frame(value);
        run.forecast.observe(&event);
        for change in crate::task::interpret(run.task(), &event, Timestamp(at)) {
            run.happen(at, change);
        }
    }
    assert_eq!(run.task().node(&NodeId::from("1")).and_then(Node::step), Some((4, 4)), "shown on the node that made it");
    assert_eq!(run.estimate(1_000).permille, 100);
    assert_eq!(end(run.estimate(1_000)), 10_000);
}

#[test]
fn the_bar_never_falls() {
    let mut run = Run::picture(learned());
    run.happen(0, Change::TaskProgress { task: ID, permille: 700, ends_at: None, within_ms: None });
    assert_eq!(run.estimate(0).permille, 700);
    run.happen(0, Change::TaskProgress { task: ID, permille: 1000, ends_at: None, within_ms: None });
    assert_eq!(run.estimate(0).permille, 999);
}
