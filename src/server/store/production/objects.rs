//! Rows of chapters, scenes, shots, nodes, assets, casts and beats: what is done with all of them in the same way.

use proto::{
    limits,
    production::{FieldProblem, ObjectKind, ProductionObject, ProjectId, ToldObject, position_after, position_between, spread},
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use super::{
    conflict::{ToldAs, check_version},
    merge::merge_fields,
    projects,
    refusal::{ProductionRefusal, UnitError},
    unit::ProductionUnit,
};
use crate::store::time::ms;

/// What a new object is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectDraft {
    /// The chapter of a scene, the scene of a shot, the shot of a cast.
    pub parent: Option<String>,
    /// The code of a scene or a shot, the id of a node, the asset of a cast. `None`: one is given.
    pub name: Option<String>,
    /// The object that it comes before. `None`: it is the last.
    pub before: Option<String>,
    /// A part of its fields.
    pub fields: Map<String, Value>,
}

/// What is different for each kind.
pub trait StoredObject: ToldObject {
    /// For sentences.
    const NAME: &'static str;
}

pub(super) fn unknown<T: StoredObject>() -> ProductionRefusal {
    ProductionRefusal::Unknown(T::NAME)
}

/// One, also in the trash.
pub(super) fn read<T: StoredObject>(connection: &Connection, project: ProjectId, id: &str) -> Result<Option<T>, UnitError> {
    let data: Option<String> = connection
        .prepare_cached("SELECT data FROM production_objects WHERE project = ?1 AND kind = ?2 AND id = ?3")?
        .query_row([&project.to_string(), T::KIND.word(), id], |row| row.get(0))
        .optional()?;
    Ok(data.map(|data| serde_json::from_str(&data)).transpose()?)
}

/// One that is not in the trash.
///
/// # Errors
/// `Unknown`.
pub(super) fn live<T: StoredObject>(connection: &Connection, project: ProjectId, id: &str) -> Result<T, UnitError> {
    let object: Option<T> = read(connection, project, id)?;
    Ok(object.filter(|object| object.stamp().deleted_at.is_none()).ok_or_else(unknown::<T>)?)
}

/// One that is named in a field.
///
/// # Errors
/// `Field`: there is none.
pub(super) fn named<T: StoredObject>(connection: &Connection, project: ProjectId, field: &str, id: &str) -> Result<T, UnitError> {
    match live(connection, project, id) {
        Err(UnitError::Refused(ProductionRefusal::Unknown(name))) => {
            Err(FieldProblem::new(field, format!("There is no such {name} in the project.")).into())
        }
        found => found,
    }
}

/// Those in a parent, in order. `parent` `None`: all of the kind.
pub(super) fn children<T: StoredObject>(connection: &Connection, project: ProjectId, parent: Option<&str>) -> Result<Vec<T>, UnitError> {
    // Two statements, so that SQLite picks the whole index for each.
    let in_parent = if parent.is_some() { "parent = ?3 AND" } else { "?3 IS NULL AND" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT data FROM production_objects WHERE project = ?1 AND kind = ?2 AND {in_parent} deleted_at IS NULL ORDER BY parent, position, id"
    ))?;
    let rows = statement
        .query_map(params![project.to_string(), T::KIND.word(), parent], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    rows.iter().map(|data| Ok(serde_json::from_str(data)?)).collect()
}

/// Whether it has children of a kind that are not in the trash.
pub(super) fn has_children(connection: &Connection, project: ProjectId, kind: ObjectKind, parent: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM production_objects WHERE project = ?1 AND kind = ?2 AND parent = ?3 AND deleted_at IS NULL)",
        )?
        .query_row([&project.to_string(), kind.word(), parent], |row| row.get(0))
}

/// # Errors
/// `Full`: the project has the most that it may have.
pub(super) fn check_room(connection: &Connection, project: ProjectId, kind: ObjectKind, more: usize) -> Result<(), UnitError> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM production_objects WHERE project = ?1 AND kind = ?2")?
        .query_row([&project.to_string(), kind.word()], |row| row.get(0))?;
    if count.saturating_add(i64::try_from(more).unwrap_or(i64::MAX)) > limits::PROJECT_OBJECTS {
        let most = limits::PROJECT_OBJECTS;
        return Err(ProductionRefusal::Full(format!("A project has at most {most} objects of a kind, also in the trash.")).into());
    }
    Ok(())
}

/// A position in a parent: before an object there, or at the end. Where there is no room, all others there get new positions.
pub(super) fn position_in<T: StoredObject>(
    unit: &ProductionUnit,
    project: ProjectId,
    parent: &str,
    before: Option<&str>,
    moved: Option<&str>,
) -> Result<u64, UnitError> {
    let key = [project.to_string(), T::KIND.word().to_owned(), parent.to_owned()];
    let Some(before) = before else {
        let last: Option<i64> = unit
            .transaction
            .prepare_cached(
                "SELECT max(position) FROM production_objects WHERE project = ?1 AND kind = ?2 AND parent = ?3 AND deleted_at IS NULL",
            )?
            .query_row(key, |row| row.get(0))?;
        return Ok(position_after(last.map(i64::cast_unsigned)));
    };
    let mut others: Vec<T> = children(unit.transaction, project, Some(parent))?;
    others.retain(|other| moved != Some(other.key().as_str()));
    let at = others.iter().position(|other| other.key() == before);
    let at = at.ok_or_else(|| FieldProblem::new("before", format!("There is no such {} in the same place.", T::NAME)))?;
    let earlier = at.checked_sub(1).and_then(|at| others.get(at)).map(ProductionObject::position);
    if let Some(position) = position_between(earlier, others.get(at).map(ProductionObject::position)) {
        return Ok(position);
    }
    let mut free = 0;
    let places = spread(others.len() + 1);
    let mut others = others.into_iter();
    for (nth, position) in places.enumerate() {
        if nth == at {
            free = position;
        } else if let Some(mut other) = others.next() {
            other.set_position(position);
            other.stamp_mut().touch(unit.now);
            update(unit, &other)?;
            unit.tell(Some(project), &other.changed())?;
        }
    }
    Ok(free)
}

/// Stores a new object.
pub(super) fn insert<T: StoredObject>(unit: &ProductionUnit, object: &T) -> Result<(), UnitError> {
    unit.transaction
        .prepare_cached(
            "INSERT INTO production_objects (project, kind, id, parent, scope, code, position, words, data)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            object.project().to_string(),
            T::KIND.word(),
            object.key(),
            object.parent(),
            object.code_scope(),
            object.code(),
            object.position().cast_signed(),
            object.words(),
            serde_json::to_string(object)?
        ])?;
    Ok(())
}

/// Stores an object that was changed.
pub(super) fn update<T: StoredObject>(unit: &ProductionUnit, object: &T) -> Result<(), UnitError> {
    let deleted_at = object.stamp().deleted_at;
    // The asset of a cast in the trash can be cast anew. Codes are never given twice.
    let code = object.code().filter(|_| T::KIND != ObjectKind::Cast || deleted_at.is_none());
    unit.transaction
        .prepare_cached(
            "UPDATE production_objects SET parent = ?4, scope = ?5, code = ?6, position = ?7, deleted_at = ?8, words = ?9, data = ?10
                WHERE project = ?1 AND kind = ?2 AND id = ?3",
        )?
        .execute(params![
            object.project().to_string(),
            T::KIND.word(),
            object.key(),
            object.parent(),
            object.code_scope(),
            code,
            object.position().cast_signed(),
            deleted_at.map(|at| ms(at.0)),
            object.words(),
            serde_json::to_string(object)?
        ])?;
    Ok(())
}

/// The object with a part of its fields changed: not stored yet.
pub(super) fn patched<T: StoredObject>(
    unit: &ProductionUnit,
    project: ProjectId,
    id: &str,
    version: Option<u32>,
    patch: &Map<String, Value>,
) -> Result<(T, T), UnitError> {
    projects::live(unit.transaction, project)?;
    let before: T = live(unit.transaction, project, id)?;
    check_version(unit.transaction, &ToldAs::object(&before), &before, before.stamp().version, version)?;
    let mut after = before.clone();
    after.set_fields(merge_fields(before.fields(), patch)?)?;
    after.stamp_mut().touch(unit.now);
    Ok((before, after))
}

/// The next number in a scene (of a shot) or a node (of a take): never one that was there before. `wanted`: this one, which must be free.
pub(super) fn take_number(
    unit: &ProductionUnit,
    project: ProjectId,
    kind: ObjectKind,
    id: &str,
    wanted: Option<u32>,
) -> Result<u32, UnitError> {
    let key = [project.to_string(), kind.word().to_owned(), id.to_owned()];
    let last: u32 = unit
        .transaction
        .prepare_cached("SELECT last_number FROM production_objects WHERE project = ?1 AND kind = ?2 AND id = ?3")?
        .query_row(key, |row| row.get(0))?;
    let number = wanted.unwrap_or_else(|| last.saturating_add(1));
    unit.transaction
        .prepare_cached("UPDATE production_objects SET last_number = max(last_number, ?4) WHERE project = ?1 AND kind = ?2 AND id = ?3")?
        .execute(params![project.to_string(), kind.word(), id, number])?;
    Ok(number)
}

/// Whether an object has this code, or had it.
pub(super) fn is_code_taken(
    connection: &Connection,
    project: ProjectId,
    kind: ObjectKind,
    scope: &str,
    code: &str,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM production_objects WHERE project = ?1 AND kind = ?2 AND code = ?3 AND scope = ?4)")?
        .query_row([&project.to_string(), kind.word(), code, scope], |row| row.get(0))
}
