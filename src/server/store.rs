//! Tasks on disk: SQLite in the data folder, written by one thread in the order of what happened.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, mpsc},
};

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;

use crate::proto::{
    comfy::Workflow,
    ids::TaskId,
    limits,
    task::{Durations, Task},
};

/// A handle to the writing thread. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    orders: mpsc::Sender<Order>,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database {0} cannot be used: {1}")]
    Open(String, rusqlite::Error),
    #[error("the database cannot be written: {0}")]
    Write(#[from] rusqlite::Error),
    #[error("a task cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the database is closed")]
    Closed,
}

/// What an earlier life left.
#[derive(Default)]
pub struct Kept {
    /// The newest, oldest first.
    pub tasks: Vec<Task>,
    /// Of the tasks that are not over.
    pub workflows: HashMap<TaskId, Arc<Workflow>>,
    pub durations: Durations,
    /// How ComfyUI knows us: the same id again, so that what still runs there goes on talking to us.
    pub client_id: String,
}

enum Order {
    Add { task: Box<Task>, workflow: Arc<Workflow>, done: oneshot::Sender<Result<(), StoreError>> },
    Keep(Box<Task>),
    Forget(TaskId),
    Read(TaskId, oneshot::Sender<Result<Option<Task>, StoreError>>),
    KeepDurations(Box<Durations>),
    Flush(oneshot::Sender<()>),
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS tasks (
        id TEXT PRIMARY KEY,
        created_at INTEGER NOT NULL,
        final INTEGER NOT NULL,
        task TEXT NOT NULL,
        workflow TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS tasks_by_age ON tasks (created_at);
    CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
";

impl Store {
    /// Opens (or makes) `darkroom.db` in the folder and reads what an earlier life left.
    ///
    /// # Errors
    /// A folder that cannot be written, or a file that is no database of ours.
    pub fn open(folder: &Path) -> Result<(Self, Kept), StoreError> {
        let path = folder.join("darkroom.db");
        let failed = |error| StoreError::Open(path.display().to_string(), error);
        let connection = Connection::open(&path).map_err(failed)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;").map_err(failed)?;
        connection.execute_batch(SCHEMA).map_err(failed)?;
        let kept = read_kept(&connection)?;
        let (orders, inbox) = mpsc::channel();
        std::thread::Builder::new().name("store".into()).spawn(move || write_all(&connection, &inbox)).map_err(|_| StoreError::Closed)?;
        Ok((Self { orders }, kept))
    }

    /// Keeps a new task. When this returns, it is on disk.
    ///
    /// # Errors
    /// Nothing was kept: the task must not be accepted.
    pub async fn add(&self, task: Task, workflow: Arc<Workflow>) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.order(Order::Add { task: Box::new(task), workflow, done });
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Keeps the present state of a task, soon.
    pub fn keep(&self, task: &Task) {
        self.order(Order::Keep(Box::new(task.clone())));
    }

    pub fn forget(&self, task: TaskId) {
        self.order(Order::Forget(task));
    }

    pub fn keep_durations(&self, durations: &Durations) {
        self.order(Order::KeepDurations(Box::new(durations.clone())));
    }

    /// A task of any age.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn read(&self, task: TaskId) -> Result<Option<Task>, StoreError> {
        let (done, answer) = oneshot::channel();
        self.order(Order::Read(task, done));
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Returns when all that was ordered before is on disk.
    pub async fn flush(&self) {
        let (done, answer) = oneshot::channel();
        self.order(Order::Flush(done));
        let _ = answer.await;
    }

    /// The thread ends only with the last handle, so an order is never lost while somebody can give one.
    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            tracing::error!("the database thread is gone");
        }
    }
}

fn write_all(connection: &Connection, inbox: &mpsc::Receiver<Order>) {
    while let Ok(order) = inbox.recv() {
        let written = match order {
            Order::Add { task, workflow, done } => {
                let _ = done.send(add(connection, &task, &workflow));
                Ok(())
            }
            Order::Keep(task) => keep(connection, &task),
            Order::Forget(task) => {
                connection.execute("DELETE FROM tasks WHERE id = ?1", [task.to_string()]).map(drop).map_err(StoreError::from)
            }
            Order::Read(task, done) => {
                let _ = done.send(read(connection, task));
                Ok(())
            }
            Order::KeepDurations(durations) => {
                serde_json::to_string(&durations).map_err(StoreError::from).and_then(|json| set_meta(connection, "durations", &json))
            }
            Order::Flush(done) => {
                let _ = done.send(());
                Ok(())
            }
        };
        if let Err(error) = written {
            tracing::error!(%error, "not written");
        }
    }
}

fn add(connection: &Connection, task: &Task, workflow: &Workflow) -> Result<(), StoreError> {
    connection.prepare_cached("INSERT INTO tasks (id, created_at, final, task, workflow) VALUES (?1, ?2, 0, ?3, ?4)")?.execute(params![
        task.id.to_string(),
        task.created_at.0.cast_signed(),
        serde_json::to_string(task)?,
        serde_json::to_string(workflow)?
    ])?;
    Ok(())
}

fn keep(connection: &Connection, task: &Task) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE tasks SET task = ?2, final = ?3 WHERE id = ?1")?.execute(params![
        task.id.to_string(),
        serde_json::to_string(task)?,
        task.state.is_final()
    ])?;
    Ok(())
}

fn read(connection: &Connection, task: TaskId) -> Result<Option<Task>, StoreError> {
    let json: Option<String> =
        connection.query_row("SELECT task FROM tasks WHERE id = ?1", [task.to_string()], |row| row.get(0)).optional()?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

fn set_meta(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [key, value])?;
    Ok(())
}

fn meta(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()?)
}

fn read_kept(connection: &Connection) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    // All that is not over, and the newest of the rest.
    let mut rows = connection.prepare(
        "SELECT task, workflow, final FROM tasks WHERE final = 0
            OR id IN (SELECT id FROM tasks WHERE final = 1 ORDER BY created_at DESC LIMIT ?1) ORDER BY created_at",
    )?;
    let rows = rows.query_map([limits::SNAPSHOT_TASKS.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for row in rows {
        let (task, workflow, is_final): (String, String, bool) = row?;
        let task: Task = serde_json::from_str(&task)?;
        if !is_final {
            kept.workflows.insert(task.id, Arc::new(serde_json::from_str(&workflow)?));
        }
        kept.tasks.push(task);
    }
    kept.durations = meta(connection, "durations")?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    kept.client_id = match meta(connection, "client_id")? {
        Some(known) => known,
        None => {
            let made = format!("darkroom-{}", uuid::Uuid::now_v7().simple());
            set_meta(connection, "client_id", &made)?;
            made
        }
    };
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{comfy::Catalog, recipe::TextToImage, task::TaskState, time::Timestamp};

    #[tokio::test]
    async fn a_second_life_finds_what_the_first_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (store, first) = Store::open(folder.path()).unwrap();
        let workflow = Arc::new(TextToImage::default().workflow());
        let id = TaskId(uuid::Uuid::now_v7());
        let mut task = Task::new(id, "A cat", &workflow, &Catalog::default(), &Durations::default(), Timestamp(7));
        store.add(task.clone(), workflow.clone()).await.unwrap();
        task.state = TaskState::Queued;
        store.keep(&task);
        store.flush().await;
        let (store, second) = Store::open(folder.path()).unwrap();
        assert_eq!(second.tasks, [task.clone()]);
        assert_eq!(second.workflows[&id], workflow);
        assert_eq!(second.client_id, first.client_id);
        assert_eq!(store.read(id).await.unwrap(), Some(task));
        store.forget(id);
        assert_eq!(store.read(id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_not_on_disk_is_not_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path()).unwrap();
        let workflow = Arc::new(TextToImage::default().workflow());
        let id = TaskId(uuid::Uuid::now_v7());
        let task = Task::new(id, "A cat", &workflow, &Catalog::default(), &Durations::default(), Timestamp(7));
        store.add(task.clone(), workflow.clone()).await.unwrap();
        assert!(matches!(store.add(task, workflow).await, Err(StoreError::Write(_))));
    }
}
