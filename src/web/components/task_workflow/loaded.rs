//! What is known of the workflow of a task.

use leptos::prelude::*;

use crate::first_paint::FirstPaint;
use proto::{graph::TaskWorkflow, ids::TaskId};

/// What is known of the workflow.
#[derive(Clone, PartialEq)]
pub(super) enum LoadedWorkflow {
    Loading,
    /// Why it is not there, for people.
    Failed(String),
    Here(TaskWorkflow),
}

impl LoadedWorkflow {
    /// That in the first paint, if it is of this task.
    pub(super) fn first(task: TaskId) -> Self {
        let bytes = use_context::<FirstPaint>().map(|first| first.workflow).unwrap_or_default();
        let carried: Option<(TaskId, TaskWorkflow)> = postcard::from_bytes(&bytes).ok();
        carried.filter(|(of, _)| *of == task).map_or(Self::Loading, |(_, workflow)| Self::Here(workflow))
    }
}
