//! The warnings about one run, from the runs before it.

use serde::{Deserialize, Serialize};

use super::trace::RunTrace;
use crate::{
    ids::{BackendId, TaskId},
    task::{OutputStorage, Task, TaskState},
};

/// A reason to think twice. Not an error: the run is possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunWarning {
    /// A task has the same inputs. It has ended and its results are there, or it waits or runs (`ended` is false).
    SameInputs { task: TaskId, name: String, ended: bool },
    /// These ComfyUIs ran out of memory with the same models at this size or a smaller one, and none of them finished a run of at least this size.
    /// `elsewhere`: there are others that can run it.
    OutOfMemory { comfyuis: Vec<BackendId>, pixels: u64, elsewhere: bool },
    /// A node class is missing, and something is done in another way. In words.
    Fallback { note: String },
}

/// What a page learns of its form before it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCheck {
    pub warnings: Vec<RunWarning>,
    /// Other values for the seeds of a workflow's form: keys and texts.
    pub new_seeds: Vec<(String, String)>,
}

/// What speaks against this run. `earlier`: other tasks with their traces, in any order. `able`: the ComfyUIs that have what it needs.
#[must_use]
pub fn find_warnings(run: &RunTrace, earlier: &[(&Task, &RunTrace)], able: &[BackendId]) -> Vec<RunWarning> {
    same_inputs(run, earlier).into_iter().chain(out_of_memory(run, earlier, able)).collect()
}

/// The newest one whose results are there; else the newest that is not done.
fn same_inputs(run: &RunTrace, earlier: &[(&Task, &RunTrace)]) -> Option<RunWarning> {
    let same = || earlier.iter().filter(|(_, trace)| run.repeats(trace)).map(|(task, _)| *task);
    let done = same().filter(|task| has_results(task)).max_by_key(|task| task.id);
    let open = || same().filter(|task| !task.state.is_final() && !task.cancelling).max_by_key(|task| task.id);
    let task = done.or_else(open)?;
    Some(RunWarning::SameInputs { task: task.id, name: task.name.clone(), ended: task.state.is_final() })
}

fn has_results(task: &Task) -> bool {
    let is_there = |storage| !matches!(storage, OutputStorage::NotKept { .. });
    task.state == TaskState::Completed && task.outputs.iter().any(|output| is_there(output.storage))
}

fn out_of_memory(run: &RunTrace, earlier: &[(&Task, &RunTrace)], able: &[BackendId]) -> Option<RunWarning> {
    let size = run.pixels()?;
    let alike: Vec<(&Task, u64)> =
        earlier.iter().filter(|(_, trace)| trace.has_models_of(run)).filter_map(|(task, trace)| Some((*task, trace.pixels()?))).collect();
    let failed_at = |id: &BackendId| {
        let of_it = || alike.iter().filter(|(task, _)| task.is_at(id));
        let managed = of_it().any(|(task, pixels)| task.state == TaskState::Completed && *pixels >= size);
        of_it().filter(|(task, pixels)| !managed && *pixels <= size && ran_out_of_memory(task)).map(|(_, pixels)| *pixels).min()
    };
    let failed: Vec<(&BackendId, u64)> = able.iter().filter_map(|id| Some((id, failed_at(id)?))).collect();
    let pixels = failed.iter().map(|(_, pixels)| *pixels).min()?;
    Some(RunWarning::OutOfMemory {
        elsewhere: failed.len() < able.len(),
        comfyuis: failed.into_iter().map(|(id, _)| id.clone()).collect(),
        pixels,
    })
}

/// PyTorch's exceptions are `torch.OutOfMemoryError` and, in older versions, `torch.cuda.OutOfMemoryError`.
fn ran_out_of_memory(task: &Task) -> bool {
    let is_it = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("outofmemory") || text.contains("out of memory")
    };
    let failed = task.error.as_ref().filter(|_| task.state == TaskState::Failed);
    failed.is_some_and(|error| error.exception.as_deref().is_some_and(is_it) || is_it(&error.message))
}

impl RunWarning {
    /// For people.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::SameInputs { name, ended: true, .. } => format!("Same inputs as \"{name}\": this gives the earlier result."),
            Self::SameInputs { name, ended: false, .. } => {
                format!("Same inputs as \"{name}\", which is not done yet: this gives the same result.")
            }
            Self::Fallback { note } => note.clone(),
            Self::OutOfMemory { comfyuis, pixels, elsewhere } => {
                let names: Vec<&str> = comfyuis.iter().map(BackendId::as_str).collect();
                let size = megapixels(*pixels);
                let has = if names.len() == 1 { "has" } else { "have" };
                let rest = if *elsewhere {
                    "Other ComfyUIs can run it, but it may go there."
                } else {
                    "A smaller size, or fewer pictures at a time, may fit."
                };
                format!("{} ran out of memory with these models at {size} and {has} finished no run of this size. {rest}", names.join(", "))
            }
        }
    }
}

/// "1.0 megapixels", of all pictures of a run together.
fn megapixels(pixels: u64) -> String {
    let tenths = (pixels.saturating_add(50_000) / 100_000).max(1);
    format!("{}.{} megapixels", tenths / 10, tenths % 10)
}
