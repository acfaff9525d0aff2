//! Rows of projects.

use proto::production::{ProductionEvent, Project, ProjectId};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    refusal::{ProductionRefusal, UnitError},
    unit::ProductionUnit,
};
use crate::store::time::ms;

const UNKNOWN: ProductionRefusal = ProductionRefusal::Unknown("project");

/// A project, also one in the trash.
pub(super) fn read(connection: &Connection, id: ProjectId) -> Result<Project, UnitError> {
    let data: Option<String> =
        connection.prepare_cached("SELECT data FROM projects WHERE id = ?1")?.query_row([id.to_string()], |row| row.get(0)).optional()?;
    Ok(serde_json::from_str(&data.ok_or(UNKNOWN)?)?)
}

/// A project that is not in the trash.
pub(super) fn live(connection: &Connection, id: ProjectId) -> Result<Project, UnitError> {
    let project = read(connection, id)?;
    if project.stamp.deleted_at.is_some() { Err(UNKNOWN.into()) } else { Ok(project) }
}

/// Stores a changed project, and tells it.
pub(super) fn write(unit: &ProductionUnit, project: &Project, event: fn(Box<Project>) -> ProductionEvent) -> Result<(), UnitError> {
    unit.transaction.prepare_cached("UPDATE projects SET slug = ?2, is_archived = ?3, deleted_at = ?4, data = ?5 WHERE id = ?1")?.execute(
        params![
            project.id.to_string(),
            project.fields.slug,
            project.archived_at.is_some(),
            project.stamp.deleted_at.map(|at| ms(at.0)),
            serde_json::to_string(project)?
        ],
    )?;
    unit.tell(Some(project.id), &event(Box::new(project.clone())))
}
