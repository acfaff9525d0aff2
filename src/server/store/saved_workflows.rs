//! Workflows that people saved, each with all its versions.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    Store, StoreError, picture_uses,
    time::{ms, time},
};
use proto::{ids::WorkflowId, limits, time::Timestamp};

/// A saved workflow without its content, for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedWorkflowHead {
    pub id: WorkflowId,
    pub name: String,
    /// Counts the versions of the workflow itself, from 1.
    pub version: u32,
    /// Counts all changes, from 1, also of the name and the form: who changes it names the one that was read.
    pub revision: u32,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// A saved workflow in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedWorkflow {
    /// Of the newest version.
    pub head: SavedWorkflowHead,
    pub version: u32,
    pub content: NewVersion,
}

/// The content of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion {
    /// JSON in API format.
    pub workflow: String,
    /// The JSON in the editor's format that it was made from.
    pub source: Option<String>,
    /// What people changed of its form, as JSON.
    pub form: String,
}

/// A change of a saved workflow. `None`: stays as it is.
#[derive(Clone, Debug, Default)]
pub struct WorkflowChange {
    pub name: Option<String>,
    /// Of the newest version.
    pub form: Option<String>,
    pub version: Option<NewVersion>,
}

/// The result of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkflowChanged {
    Done(SavedWorkflowHead),
    /// Somebody else changed it since it was read; this is how it is now. Nothing was written.
    Conflict(SavedWorkflowHead),
    /// There is no such workflow.
    Unknown,
}

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// Saves a new workflow. `Ok(None)`: there are [`limits::SAVED_WORKFLOWS`] already.
    pub async fn save_workflow(
        &self,
        id: WorkflowId,
        name: String,
        content: NewVersion,
        now: Timestamp,
    ) -> Result<Option<SavedWorkflowHead>, StoreError> {
        self.write(move |transaction| {
            let count: i64 = transaction.query_row("SELECT count(*) FROM saved_workflows", [], |row| row.get(0))?;
            if count >= limits::SAVED_WORKFLOWS {
                return Ok(None);
            }
            let head = SavedWorkflowHead { id, name: name.clone(), version: 1, revision: 1, created_at: now, changed_at: now };
            transaction
                .prepare_cached(
                    "INSERT INTO saved_workflows (id, name, version, revision, created_at, changed_at) VALUES (?1, ?2, 1, 1, ?3, ?3)",
                )?
                .execute(params![id.to_string(), head.name, ms(now)])?;
            add_version(transaction, id, 1, &content, now)?;
            Ok(Some(head))
        })
        .await
    }

    /// Changes a saved workflow, if nobody did since `revision`.
    pub async fn change_workflow(
        &self,
        id: WorkflowId,
        revision: u32,
        change: WorkflowChange,
        now: Timestamp,
    ) -> Result<WorkflowChanged, StoreError> {
        self.write(move |transaction| {
            let Some(mut head) = head(transaction, id)? else { return Ok(WorkflowChanged::Unknown) };
            if head.revision != revision {
                return Ok(WorkflowChanged::Conflict(head));
            }
            head.revision += 1;
            head.changed_at = now;
            head.name = change.name.clone().unwrap_or(head.name);
            if let Some(content) = &change.version {
                head.version += 1;
                add_version(transaction, id, head.version, content, now)?;
            }
            if let Some(form) = &change.form {
                transaction
                    .prepare_cached("UPDATE saved_workflow_versions SET form = ?3 WHERE saved_workflow = ?1 AND version = ?2")?
                    .execute(params![id.to_string(), head.version, form])?;
            }
            transaction
                .prepare_cached("UPDATE saved_workflows SET name = ?2, version = ?3, revision = ?4, changed_at = ?5 WHERE id = ?1")?
                .execute(params![id.to_string(), head.name, head.version, head.revision, ms(now)])?;
            Ok(WorkflowChanged::Done(head))
        })
        .await
    }

    /// Removes a saved workflow with all its versions. Returns whether there was one. Its tasks stay.
    pub async fn remove_workflow(&self, id: WorkflowId) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            Ok(transaction.prepare_cached("DELETE FROM saved_workflows WHERE id = ?1")?.execute([id.to_string()])? > 0)
        })
        .await
    }

    /// A saved workflow in this version, or in its newest.
    pub async fn saved_workflow(&self, id: WorkflowId, version: Option<u32>) -> Result<Option<SavedWorkflow>, StoreError> {
        self.reading(move |connection| {
            let Some(head) = head(connection, id)? else { return Ok(None) };
            let version = version.unwrap_or(head.version);
            let content = connection
                .prepare_cached("SELECT workflow, source, form FROM saved_workflow_versions WHERE saved_workflow = ?1 AND version = ?2")?
                .query_row(params![id.to_string(), version], |row| {
                    Ok(NewVersion { workflow: row.get(0)?, source: row.get(1)?, form: row.get(2)? })
                })
                .optional()?;
            Ok(content.map(|content| SavedWorkflow { head, version, content }))
        })
        .await
    }

    /// All saved workflows, the one changed last first.
    pub async fn saved_workflows(&self) -> Result<Vec<SavedWorkflowHead>, StoreError> {
        self.reading(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {HEAD} FROM saved_workflows ORDER BY changed_at DESC, id DESC"))?;
            let heads = statement.query_map([], read_head)?.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            Ok(heads)
        })
        .await
    }

    /// The versions of a saved workflow with their times, newest first.
    pub async fn workflow_versions(&self, id: WorkflowId) -> Result<Vec<(u32, Timestamp)>, StoreError> {
        self.reading(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT version, at FROM saved_workflow_versions WHERE saved_workflow = ?1 ORDER BY version DESC")?;
            let versions = statement.query_map([id.to_string()], |row| Ok((row.get(0)?, time(row, 1)?)))?;
            Ok(versions.collect::<Result<_, _>>()?)
        })
        .await
    }
}

const HEAD: &str = "id, name, version, revision, created_at, changed_at";

fn head(connection: &Connection, id: WorkflowId) -> rusqlite::Result<Option<SavedWorkflowHead>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {HEAD} FROM saved_workflows WHERE id = ?1"))?;
    Ok(statement.query_row([id.to_string()], read_head).optional()?.flatten())
}

/// `None`: the id was changed by hand, and is none.
fn read_head(row: &Row) -> rusqlite::Result<Option<SavedWorkflowHead>> {
    let id: String = row.get(0)?;
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(Some(SavedWorkflowHead {
        id,
        name: row.get(1)?,
        version: row.get(2)?,
        revision: row.get(3)?,
        created_at: time(row, 4)?,
        changed_at: time(row, 5)?,
    }))
}

/// Adds a version, and removes the oldest over [`limits::WORKFLOW_VERSIONS`].
fn add_version(transaction: &Transaction, id: WorkflowId, version: u32, content: &NewVersion, now: Timestamp) -> rusqlite::Result<()> {
    let NewVersion { workflow, source, form } = content;
    transaction
        .prepare_cached(
            "INSERT INTO saved_workflow_versions (saved_workflow, version, at, workflow, source, form) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id.to_string(), version, ms(now), workflow, source, form])?;
    picture_uses::note_version(transaction, &id.to_string(), version, workflow)?;
    transaction
        .prepare_cached("DELETE FROM saved_workflow_versions WHERE saved_workflow = ?1 AND version <= ?2")?
        .execute(params![id.to_string(), i64::from(version) - limits::WORKFLOW_VERSIONS])
        .map(drop)
}
