//! Rows of takes.

use proto::production::{ProductionNodeId, ProjectId, Take, TakeId, TakeOutline, TakeState};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    refusal::{ProductionRefusal, UnitError},
    unit::ProductionUnit,
};
use crate::store::time::ms;

pub(super) const UNKNOWN: ProductionRefusal = ProductionRefusal::Unknown("take");

/// With the output in the gallery, which lives longer than the task.
pub(super) const SELECT: &str =
    "SELECT takes.data, gallery.id FROM takes LEFT JOIN gallery ON gallery.task = takes.task AND gallery.output = takes.output";

pub(super) fn read_row(row: &Row) -> rusqlite::Result<(String, Option<i64>)> {
    Ok((row.get(0)?, row.get(1)?))
}

pub(super) fn take_of((data, output): (String, Option<i64>)) -> Result<Take, UnitError> {
    let mut take: Take = serde_json::from_str(&data)?;
    take.output_id = output.map(|id| proto::gallery::GalleryId(id.cast_unsigned()));
    if let Some(id) = take.output_id.filter(|_| take.thumbnail.is_some()) {
        take.thumbnail = Some(format!("/api/outputs/{id}/file?thumb=320"));
    }
    Ok(take)
}

/// A take, also one in the trash.
pub(super) fn read(connection: &Connection, project: ProjectId, id: TakeId) -> Result<Take, UnitError> {
    let row = connection
        .prepare_cached(&format!("{SELECT} WHERE takes.project = ?1 AND takes.id = ?2"))?
        .query_row([project.to_string(), id.to_string()], read_row)
        .optional()?;
    take_of(row.ok_or(UNKNOWN)?)
}

/// The take of this number in a node.
pub(super) fn numbered(
    connection: &Connection,
    project: ProjectId,
    node: &ProductionNodeId,
    number: u32,
) -> Result<Option<Take>, UnitError> {
    let row = connection
        .prepare_cached(&format!("{SELECT} WHERE takes.project = ?1 AND takes.node = ?2 AND takes.number = ?3"))?
        .query_row(params![project.to_string(), node.as_str(), number], read_row)
        .optional()?;
    row.map(take_of).transpose()
}

/// The take that a task makes.
pub(super) fn of_task(connection: &Connection, task: &str) -> Result<Option<Take>, UnitError> {
    let row = connection.prepare_cached(&format!("{SELECT} WHERE takes.task = ?1"))?.query_row([task], read_row).optional()?;
    row.map(take_of).transpose()
}

/// The newest finished takes of a node that are not in the trash, without their prompts and metadata.
pub(super) fn finished(connection: &Connection, project: ProjectId, node: &ProductionNodeId, limit: u32) -> Result<Vec<Take>, UnitError> {
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} WHERE takes.project = ?1 AND takes.node = ?2 AND takes.deleted_at IS NULL AND takes.state = 'completed' ORDER BY takes.id DESC LIMIT ?3"
    ))?;
    let rows = statement.query_map(params![project.to_string(), node.as_str(), limit], read_row)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|row| take_of(row).map(short)).collect()
}

/// Without what makes it long, for lists in events: the whole take is told by events of its own.
fn short(take: Take) -> Take {
    Take { composite_prompt: None, metadata: Default::default(), ..take }
}

/// All takes of a node, also those in the trash.
pub(super) fn outlines(connection: &Connection, project: ProjectId, node: &ProductionNodeId) -> Result<Vec<TakeOutline>, UnitError> {
    let mut statement =
        connection.prepare_cached("SELECT number, state, deleted_at IS NOT NULL FROM takes WHERE project = ?1 AND node = ?2")?;
    let rows = statement
        .query_map([&project.to_string(), node.as_str()], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(u32, String, bool)>, _>>()?;
    let outline = |(take_number, state, is_trashed): (u32, String, bool)| {
        // A word of a newer version is a task that has ended.
        TakeOutline { take_number, state: state.parse().unwrap_or(TakeState::Cancelled), is_trashed }
    };
    Ok(rows.into_iter().map(outline).collect())
}

fn words(take: &Take) -> (&'static str, &'static str) {
    (take.state.into(), take.fields.review.into())
}

pub(super) fn insert(unit: &ProductionUnit, take: &Take) -> Result<(), UnitError> {
    let (state, review) = words(take);
    unit.transaction
        .prepare_cached(
            "INSERT INTO takes (id, project, node, number, shot, task, state, review, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            take.id.to_string(),
            take.project_id.to_string(),
            take.node_id.as_str(),
            take.take_number,
            take.shot.map(|shot| shot.to_string()),
            take.task_id.to_string(),
            state,
            review,
            serde_json::to_string(take)?
        ])?;
    Ok(())
}

pub(super) fn update(unit: &ProductionUnit, take: &Take) -> Result<(), UnitError> {
    let (state, review) = words(take);
    unit.transaction
        .prepare_cached("UPDATE takes SET output = ?2, state = ?3, review = ?4, deleted_at = ?5, data = ?6 WHERE id = ?1")?
        .execute(params![
            take.id.to_string(),
            take.output,
            state,
            review,
            take.stamp.deleted_at.map(|at| ms(at.0)),
            serde_json::to_string(take)?
        ])?;
    Ok(())
}
