//! What goes into these tables, and what comes out.

use std::time::Duration;

use proto::{
    external::{ExternalState, ExternalTask, TaskFact, WorkerFact, project::ProjectReport},
    production::{ProductionEvent, ProjectId},
    time::Timestamp,
};

/// What belongs together: an event with what it says, or what one message said.
#[derive(Clone, Debug, Default)]
pub struct ExternalPart {
    /// If it was stored before, nothing of this part is taken.
    pub event: Option<KeptEvent>,
    pub tasks: Vec<TaskFact>,
    pub workers: Vec<WorkerFact>,
    /// What changes a project, and the project as it was named.
    pub project: Option<(String, ProjectReport)>,
    /// When it was heard.
    pub at: Timestamp,
}

/// A CloudEvent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptEvent {
    pub source: String,
    pub id: String,
    pub kind: String,
    /// The whole event, in JSON.
    pub json: String,
    /// How long one with the same source and id is a repetition; later it is another event. `None`: always.
    pub within: Option<Duration>,
}

/// What reports changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExternalApplied {
    /// Parts that were new: all without an event, and those whose event was not there yet.
    pub taken: usize,
    /// Parts whose event was there already.
    pub repeated: usize,
    /// The number of the newest change of a task.
    pub newest: u64,
    /// Progress in projects, which is told and not stored.
    pub progress: Vec<(ProjectId, ProductionEvent)>,
    /// Names of projects that there are not, once for each report about one.
    pub unknown_projects: Vec<String>,
    /// Why reports changed nothing in a project.
    pub refused: Vec<String>,
}

/// Which tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalFilter {
    /// Empty: of any.
    pub states: Vec<ExternalState>,
    pub source: Option<String>,
    pub worker: Option<String>,
    pub project: Option<String>,
    pub shot: Option<String>,
    pub node: Option<String>,
    pub stale: Option<bool>,
}

/// A task with its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredExternal {
    pub number: u64,
    pub task: ExternalTask,
}

/// Tasks that changed, each as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalNews {
    /// With the number of the change, in their order.
    pub tasks: Vec<(u64, ExternalTask)>,
    /// Where to read on.
    pub next: u64,
    /// The place where it was read is one that was given. Otherwise the database was put back to an earlier state.
    pub is_complete: bool,
}
