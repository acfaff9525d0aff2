//! Who is told the events of a project.

use std::sync::Arc;

use proto::production::ProjectId;

/// Called with the number of an event (0: progress) and the event as JSON. `None`: what happened up to this number is not known completely, and is to be read
/// anew.
pub(super) type ProjectCallback = Arc<dyn Fn(u64, Option<&str>) + Send + Sync>;
/// Called when other projects are followed.
pub(super) type ProjectsHandler = Arc<dyn Fn() + Send + Sync>;

/// A component that follows a project.
pub(super) struct ProjectListener {
    pub number: u32,
    pub project: ProjectId,
    /// The last event that it was told.
    pub at: u64,
    pub callback: ProjectCallback,
}
