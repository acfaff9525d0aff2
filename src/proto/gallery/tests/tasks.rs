//! Tasks and their workflows to test with.

use std::{fs, io::Read, path::PathBuf, sync::LazyLock};

use serde_json::Value;

use crate::{
    comfy::{Catalog, Workflow},
    form::PoolClasses,
    gallery::{LoraFact, OutputFacts},
    ids::{BackendId, TaskId},
    task::{Durations, Output, OutputContent, OutputKind, OutputStorage, Task},
    time::Timestamp,
};

fn unpacked(name: &str) -> String {
    let file = fs::File::open(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings").join(name)).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// The classes of a real ComfyUI.
pub(super) static RECORDED: LazyLock<Catalog> = LazyLock::new(|| Catalog::parse(&unpacked("object-info-full.json.gz")).unwrap());
/// What ComfyUI's own page sent of its templates.
static PAGE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&unpacked("editor/page-prompts.json.gz")).unwrap());

pub(super) fn template(name: &str) -> Workflow {
    Workflow::from_value(PAGE["cases"][format!("template {name}")]["page"].clone()).unwrap()
}

pub(super) fn recorded(name: &str) -> Workflow {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/recordings/workflows/{name}.json"));
    Workflow::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn made(nodes: Value) -> Workflow {
    Workflow::from_value(nodes).unwrap()
}

pub(super) fn task_of(workflow: &Workflow) -> Task {
    let mut task = Task::new(TaskId(uuid::Uuid::nil()), "My run", workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
    task.backend = Some(BackendId::from("gpu:8188"));
    task
}

pub(super) fn output(node: &str) -> Output {
    Output {
        id: 0,
        node: node.into(),
        kind: OutputKind::Image,
        temporary: false,
        content: OutputContent::File { filename: "a_00001_.png".into(), subfolder: "day".into(), folder: "output".into() },
        storage: OutputStorage::default(),
        outside: None,
    }
}

/// With the recorded classes.
pub(super) fn facts(workflow: &Workflow, node: &str) -> OutputFacts {
    OutputFacts::of(&task_of(workflow), workflow, &output(node), &PoolClasses::for_workflow(workflow, [&*RECORDED]))
}

/// As long as no ComfyUI has told its classes.
pub(super) fn facts_without_classes(workflow: &Workflow, node: &str) -> OutputFacts {
    OutputFacts::of(&task_of(workflow), workflow, &output(node), &PoolClasses::default())
}

pub(super) fn lora(name: &str, weight: &str) -> LoraFact {
    LoraFact { name: name.into(), weight: weight.into() }
}
