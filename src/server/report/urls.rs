//! The addresses of tasks and outputs, for programs.

use proto::{gallery::GalleryId, ids::TaskId};

/// Addresses for programs: paths, or whole urls if the public url of Darkroom is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls(String);

impl Urls {
    /// `base`: scheme and host without a slash at the end, such as `https://darkroom.example`; empty for paths.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    #[must_use]
    pub fn task(&self, task: TaskId) -> String {
        format!("{}/api/tasks/{task}", self.0)
    }

    /// The task's page, for people.
    #[must_use]
    pub fn page(&self, task: TaskId) -> String {
        format!("{}/tasks/{task}", self.0)
    }

    /// The stream of its events.
    #[must_use]
    pub fn progress(&self, task: TaskId) -> String {
        format!("{}/progress/{task}", self.0)
    }

    /// The file of an output in the gallery.
    #[must_use]
    pub fn gallery_file(&self, output: GalleryId) -> String {
        format!("{}/api/outputs/{output}/file", self.0)
    }

    #[must_use]
    pub fn output(&self, task: TaskId, output: u32) -> String {
        format!("{}/outputs/{output}", self.task(task))
    }
}
