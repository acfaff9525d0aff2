//! The store across restarts, with and without faults.

mod catalogs;
mod faults;
mod grids;
mod inbox;
mod kill;
mod lives;
mod media;
mod media_uses;
mod migration;
mod model;
mod pictures;
mod saved_workflows;
mod seal;
mod webhooks;

use std::{path::Path, sync::Arc};

use proto::{
    comfy::{Catalog, Workflow},
    ids::TaskId,
    limits,
    recipe::TextToImage,
    task::{Durations, Task, TaskState},
    time::Timestamp,
};
use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::*;
use crate::config::Retention;

pub(super) const FOR_EVER: Retention = Retention { keep_tasks: 0, keep_days: 0 };

pub(super) fn open(folder: &Path) -> (Store, Kept) {
    Store::open(folder, FOR_EVER).unwrap()
}

pub(super) fn workflow() -> Arc<Workflow> {
    Arc::new(TextToImage::default().workflow())
}

pub(super) fn stored(task: Task) -> Stored {
    Stored { task, workflow: workflow(), origin: Origin::default(), extra_data: StoredExtra::default() }
}

/// A task accepted at `at`.
pub(super) fn task(name: &str, at: u64) -> Task {
    Task::new(TaskId(Uuid::now_v7()), name, &workflow(), &Catalog::default(), &Durations::default(), Timestamp(at))
}

pub(super) fn over(mut task: Task, at: u64) -> Task {
    task.state = TaskState::Completed;
    task.ended_at = Some(Timestamp(at));
    task
}

/// A stored meta value.
pub(super) fn meta(folder: &Path, key: &str) -> Option<String> {
    other_connection(folder).query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).ok()
}

/// Opens the file as an external tool would.
pub(super) fn other_connection(folder: &Path) -> Connection {
    Connection::open(folder.join("darkroom.db")).unwrap()
}

impl Store {
    async fn add_new(&self, task: &Task) {
        assert_eq!(self.add(stored(task.clone()), None).await.unwrap(), Added::New);
    }

    async fn task(&self, id: TaskId) -> Option<Task> {
        self.read(id).await.unwrap().map(|stored| stored.task)
    }
}
