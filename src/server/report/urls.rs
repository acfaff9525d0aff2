//! The addresses of tasks and outputs, for programs.

use proto::{gallery::GalleryId, ids::TaskId};

/// Addresses for programs: paths with the base path, or, for webhooks, whole urls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls(String);

impl Urls {
    /// `base`: what they begin with, such as `https://darkroom.example/studio`, or for paths `/studio`, or nothing.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    /// That of one of Darkroom's paths.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
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
