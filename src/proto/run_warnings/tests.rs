use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{RunTrace, RunWarning, find_warnings};
use crate::{
    comfy::{Catalog, Workflow},
    ids::{BackendId, NodeId, TaskId},
    prompts::{ResolvedPrompt, TaskPrompts},
    recipe::TextToImage,
    task::{Durations, NotKeptReason, Output, OutputContent, OutputKind, OutputStorage, Task, TaskError, TaskState},
    time::Timestamp,
};

fn recipe(side: u32) -> TextToImage {
    TextToImage {
        prompt: "a door".into(),
        checkpoint: "one.safetensors".into(),
        width: side,
        height: side,
        seed: 7,
        ..TextToImage::default()
    }
}

fn trace(workflow: &Workflow) -> RunTrace {
    RunTrace::of(workflow, &TaskPrompts::default())
}

fn task(number: u128, state: TaskState, at: &str) -> Task {
    let id = TaskId(Uuid::from_u128(number));
    let mut task =
        Task::new(id, &format!("run {number}"), &recipe(64).workflow(), &Catalog::default(), &Durations::default(), Timestamp(0));
    task.state = state;
    task.backend = Some(BackendId::from(at));
    if state == TaskState::Completed {
        task.outputs.push(Output {
            id: 0,
            node: NodeId::from("9"),
            kind: OutputKind::Image,
            temporary: false,
            content: OutputContent::Text { text: String::new() },
            storage: OutputStorage::Kept,
            outside: None,
        });
    }
    if state == TaskState::Failed {
        let exception = Some("torch.OutOfMemoryError".to_owned());
        task.error = Some(TaskError { exception, ..TaskError::plain("Allocation on device") });
    }
    task
}

fn value(workflow: &Workflow) -> Value {
    serde_json::to_value(workflow).unwrap()
}

#[test]
fn titles_and_order_do_not_count_and_every_input_does() {
    let workflow = recipe(64).workflow();
    let one = trace(&workflow);
    let mut turned = Workflow(workflow.0.iter().rev().map(|(id, node)| (id.clone(), node.clone())).collect());
    assert!(trace(&turned).repeats(&one));
    let mut titled = value(&turned);
    titled["3"]["_meta"] = json!({"title": "Another title"});
    assert!(trace(&Workflow::from_value(titled).unwrap()).repeats(&one));
    for (id, node) in &workflow.0 {
        for (name, _) in node.inputs() {
            let mut other = workflow.clone();
            other.0.get_mut(id).unwrap().set_input(name, json!("another"));
            assert!(!trace(&other).repeats(&one), "{name} of node {id}");
        }
    }
    turned.0.pop();
    assert!(!trace(&turned).repeats(&one));
}

#[test]
fn the_time_in_the_name_of_a_file_does_not_count_and_chosen_alternatives_may_differ_next_time() {
    let named = |prefix: &str, template: Option<&str>| {
        let mut workflow = recipe(64).workflow();
        let id = workflow.0.iter().find(|(_, node)| node.input("filename_prefix").is_some()).map(|(id, _)| id.clone()).unwrap();
        workflow.0.get_mut(&id).unwrap().set_input("filename_prefix", prefix.into());
        let text = |template: &str| ResolvedPrompt {
            node: id.clone(),
            input: "filename_prefix".into(),
            template: template.into(),
            text: prefix.into(),
        };
        RunTrace::of(&workflow, &TaskPrompts { seed: 0, texts: template.map(text).into_iter().collect() })
    };
    let stamped = named("2026-01-01 10:00:00", Some("%date:yyyy-MM-dd hh:mm:ss%"));
    assert!(named("2026-01-01 10:00:09", Some("%date:yyyy-MM-dd hh:mm:ss%")).repeats(&stamped));
    assert!(!named("2026-01-01 10:00:00", None).repeats(&stamped), "written so by hand");
    let chosen = ResolvedPrompt { node: NodeId::from("6"), input: "text".into(), template: "{a|b} door".into(), text: "a door".into() };
    let workflow = recipe(64).workflow();
    let with_choices = RunTrace::of(&workflow, &TaskPrompts { seed: 0, texts: vec![chosen] });
    assert!(!with_choices.repeats(&with_choices));
    assert!(trace(&workflow).repeats(&with_choices), "typed out it is the same run");
}

#[test]
fn the_newest_task_with_the_same_inputs_is_named_unless_its_results_are_gone() {
    let (run, other) = (trace(&recipe(64).workflow()), trace(&recipe(72).workflow()));
    let mut tasks = [
        task(1, TaskState::Completed, "a"),
        task(2, TaskState::Completed, "a"),
        task(3, TaskState::Queued, "a"),
        task(4, TaskState::Failed, "a"),
        task(5, TaskState::Cancelled, "a"),
    ];
    let found = |tasks: &[Task], run: &RunTrace, of: &RunTrace| {
        let earlier: Vec<_> = tasks.iter().map(|task| (task, of)).collect();
        find_warnings(run, &earlier, &[])
    };
    let same =
        |number: u128, ended| vec![RunWarning::SameInputs { task: TaskId(Uuid::from_u128(number)), name: format!("run {number}"), ended }];
    assert_eq!(found(&tasks, &run, &run), same(2, true));
    assert_eq!(found(&tasks, &other, &run), []);
    tasks[1].outputs[0].storage = OutputStorage::NotKept { reason: NotKeptReason::Expired };
    assert_eq!(found(&tasks, &run, &run), same(1, true));
    assert_eq!(found(&tasks[1..], &run, &run), same(3, false));
    assert_eq!(found(&tasks[3..], &run, &run), [], "failed and cancelled ones give nothing");
}

#[test]
fn a_size_is_warned_of_where_it_failed_and_never_succeeded() {
    let ids = ["a", "b"].map(BackendId::from);
    let of = |side: u32| trace(&recipe(side).workflow());
    let (big, small) = (of(1024), of(512));
    let failed = task(1, TaskState::Failed, "a");
    let warning = |earlier: &[(&Task, &RunTrace)], run: &RunTrace| {
        find_warnings(run, earlier, &ids).into_iter().find(|warning| matches!(warning, RunWarning::OutOfMemory { .. }))
    };
    let expected = RunWarning::OutOfMemory { comfyuis: vec![ids[0].clone()], pixels: 1024 * 1024, elsewhere: true };
    assert_eq!(warning(&[(&failed, &big)], &big), Some(expected.clone()));
    assert_eq!(warning(&[(&failed, &big)], &of(2048)), Some(expected), "larger than what failed");
    assert_eq!(warning(&[(&failed, &big)], &small), None, "smaller than what failed");
    let done = task(2, TaskState::Completed, "a");
    assert_eq!(warning(&[(&failed, &big), (&done, &of(2048))], &big), None, "it managed a larger one");
    assert!(warning(&[(&failed, &big), (&done, &small)], &big).is_some(), "a smaller success says nothing");
    let elsewhere = task(3, TaskState::Completed, "b");
    assert!(warning(&[(&failed, &big), (&elsewhere, &big)], &big).is_some(), "another ComfyUI managed it");
    let other_model = trace(&TextToImage { checkpoint: "two.safetensors".into(), ..recipe(1024) }.workflow());
    assert_eq!(warning(&[(&failed, &big)], &other_model), None, "another model");
    let mut broken = failed.clone();
    broken.error = Some(TaskError::plain("Some other error"));
    assert_eq!(warning(&[(&broken, &big)], &big), None, "failed for another reason");
    let both = task(4, TaskState::Failed, "b");
    let words = warning(&[(&failed, &big), (&both, &big)], &big).unwrap().words();
    assert_eq!(
        words,
        "a, b ran out of memory with these models at 1.0 megapixels and have finished no run of this size. \
         A smaller size, or fewer pictures at a time, may fit."
    );
}

proptest! {
    /// A repeated run is found whatever else ran, and never the run itself with another seed.
    #[test]
    fn a_repeated_seed_is_found_among_others(seeds in prop::collection::vec(0_u64..50, 1..20), asked in 0_u64..50) {
        let of = |seed: u64| trace(&TextToImage { seed, ..recipe(64) }.workflow());
        let tasks: Vec<(Task, RunTrace)> =
            seeds.iter().zip(1_u128..).map(|(seed, number)| (task(number, TaskState::Completed, "a"), of(*seed))).collect();
        let earlier: Vec<_> = tasks.iter().map(|(task, trace)| (task, trace)).collect();
        let newest = seeds.iter().rposition(|seed| *seed == asked).map(|at| tasks[at].0.id);
        let found = find_warnings(&of(asked), &earlier, &[]).into_iter().find_map(|warning| match warning {
            RunWarning::SameInputs { task, .. } => Some(task),
            RunWarning::OutOfMemory { .. } | RunWarning::Fallback { .. } => None,
        });
        prop_assert_eq!(found, newest);
    }
}
