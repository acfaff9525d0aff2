//! Objects of a project are made, changed, moved, thrown away and restored.

use proto::production::{FieldProblem, Moment, ProductionEvent, ProjectId, StructureChanges};
use serde_json::{Map, Value};

use super::{
    conflict::{ToldAs, check_version},
    kinds::ProducedObject,
    merge::merge_fields,
    objects::{ObjectDraft, check_room, has_children, insert, is_code_taken, live, patched, position_in, read, unknown, update},
    projects,
    refusal::{ProductionError, ProductionRefusal, UnitError},
    unit::ProductionUnit,
};
use crate::store::Store;

fn tell_structure(unit: &ProductionUnit, project: ProjectId, changes: StructureChanges) -> Result<(), UnitError> {
    if changes == StructureChanges::default() {
        return Ok(());
    }
    unit.tell(Some(project), &ProductionEvent::StructureChanged { changes })
}

fn add<T: ProducedObject>(unit: &ProductionUnit, project: ProjectId, drafts: &[ObjectDraft]) -> Result<Vec<T>, UnitError> {
    projects::live(unit.transaction, project)?;
    check_room(unit.transaction, project, T::KIND, drafts.len())?;
    let mut made = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        // One of many is named by its place in the list.
        let in_list = |error| match error {
            UnitError::Refused(ProductionRefusal::Field(problem)) if drafts.len() > 1 => {
                FieldProblem::new(format!("{at}/{}", problem.field), problem.message).into()
            }
            error => error,
        };
        made.push(add_one(unit, project, draft).map_err(in_list)?);
    }
    let added = made.iter().filter_map(T::place).collect();
    tell_structure(unit, project, StructureChanges { added, ..StructureChanges::default() })?;
    Ok(made)
}

fn add_one<T: ProducedObject>(unit: &ProductionUnit, project: ProjectId, draft: &ObjectDraft) -> Result<T, UnitError> {
    let empty = T::make(unit, project, draft)?;
    let mut object = empty.clone();
    object.set_fields(merge_fields(empty.fields(), &draft.fields)?)?;
    object.settle(unit, &empty)?;
    object.set_position(position_in::<T>(unit, project, &object.parent(), draft.before.as_deref(), None)?);
    insert(unit, &object)?;
    unit.tell(Some(project), &object.clone().changed())?;
    Ok(object)
}

fn change<T: ProducedObject>(
    unit: &ProductionUnit,
    project: ProjectId,
    id: &str,
    version: Option<u32>,
    patch: &Map<String, Value>,
) -> Result<T, UnitError> {
    let (before, mut after): (T, T) = patched(unit, project, id, version, patch)?;
    after.settle(unit, &before)?;
    if after.parent() != before.parent() {
        after.set_position(position_in::<T>(unit, project, &after.parent(), None, Some(id))?);
    }
    store(unit, project, &before, after)
}

fn store<T: ProducedObject>(unit: &ProductionUnit, project: ProjectId, before: &T, after: T) -> Result<T, UnitError> {
    update(unit, &after)?;
    unit.tell(Some(project), &after.clone().changed())?;
    after.spread(unit, before)?;
    Ok(after)
}

/// Where an object is moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMove {
    /// The version that was read; `None`: any.
    pub version: Option<u32>,
    /// The object that it comes before. `None`: it is the last.
    pub before: Option<String>,
    /// The chapter of a scene, the scene of a shot. `None`: it stays.
    pub parent: Option<String>,
}

fn relocate<T: ProducedObject>(unit: &ProductionUnit, project: ProjectId, id: &str, to: &ObjectMove) -> Result<T, UnitError> {
    projects::live(unit.transaction, project)?;
    let before: T = live(unit.transaction, project, id)?;
    check_version(unit.transaction, &ToldAs::object(&before), &before, before.stamp().version, to.version)?;
    if to.before.as_deref() == Some(id) {
        return Ok(before);
    }
    let mut after = before.clone();
    if let Some(parent) = to.parent.as_deref().filter(|parent| *parent != before.parent()) {
        after.move_to(unit, parent)?;
    }
    after.set_position(position_in::<T>(unit, project, &after.parent(), to.before.as_deref(), Some(id))?);
    after.stamp_mut().touch(unit.now);
    let changes = match (before.place(), after.place()) {
        (Some(old), Some(new)) if old != new => StructureChanges { added: vec![new], deleted: vec![old], ..StructureChanges::default() },
        (_, new) => StructureChanges { modified: new.into_iter().collect(), ..StructureChanges::default() },
    };
    let after = store(unit, project, &before, after)?;
    tell_structure(unit, project, changes)?;
    Ok(after)
}

fn trash<T: ProducedObject>(unit: &ProductionUnit, project: ProjectId, id: &str, version: Option<u32>) -> Result<T, UnitError> {
    projects::live(unit.transaction, project)?;
    let object: T = read(unit.transaction, project, id)?.ok_or_else(unknown::<T>)?;
    check_version(unit.transaction, &ToldAs::object(&object), &object, object.stamp().version, version)?;
    if object.stamp().deleted_at.is_some() {
        return Ok(object);
    }
    if let Some((kind, word)) = T::CHILDREN
        && has_children(unit.transaction, project, kind, id)?
    {
        return Err(ProductionRefusal::WrongState(format!("The {} has {word}. Move them, or throw them away first.", T::NAME)).into());
    }
    let mut after = object.clone();
    after.stamp_mut().touch(unit.now);
    after.stamp_mut().deleted_at = Some(unit.now);
    let deleted = after.place().into_iter().collect();
    let after = store(unit, project, &object, after)?;
    tell_structure(unit, project, StructureChanges { deleted, ..StructureChanges::default() })?;
    Ok(after)
}

fn restore<T: ProducedObject>(unit: &ProductionUnit, project: ProjectId, id: &str) -> Result<T, UnitError> {
    projects::live(unit.transaction, project)?;
    let object: T = read(unit.transaction, project, id)?.ok_or_else(unknown::<T>)?;
    if object.stamp().deleted_at.is_none() {
        return Ok(object);
    }
    if let Some(code) = object.code().filter(|_| T::KIND == proto::production::ObjectKind::Cast)
        && is_code_taken(unit.transaction, project, T::KIND, &object.code_scope(), &code)?
    {
        return Err(ProductionRefusal::WrongState("The asset was put into the shot again meanwhile.".into()).into());
    }
    let mut after = object.clone();
    after.check_parent(unit)?;
    after.stamp_mut().touch(unit.now);
    after.stamp_mut().deleted_at = None;
    after.set_position(position_in::<T>(unit, project, &after.parent(), None, Some(id))?);
    let added = after.place().into_iter().collect();
    let after = store(unit, project, &object, after)?;
    tell_structure(unit, project, StructureChanges { added, ..StructureChanges::default() })?;
    Ok(after)
}

impl ProductionUnit<'_> {
    /// Makes an object of a project.
    ///
    /// # Errors
    /// See [`ProductionRefusal`].
    pub fn add<T: ProducedObject>(&self, project: ProjectId, draft: ObjectDraft) -> Result<T, UnitError> {
        let made: Vec<T> = add(self, project, &[draft])?;
        Ok(made.into_iter().next().ok_or(ProductionRefusal::Damaged)?)
    }
}

/// Errors of all of these: see [`ProductionRefusal`], and the database cannot be read or written.
impl Store {
    /// Makes objects of a project: all of them, or none.
    pub async fn add_objects<T: ProducedObject>(
        &self,
        project: ProjectId,
        drafts: Vec<ObjectDraft>,
        now: Moment,
    ) -> Result<Vec<T>, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| add(unit, project, &drafts)).await
    }

    /// Changes a part of the fields of an object, if nobody did since `version`.
    pub async fn change_object<T: ProducedObject>(
        &self,
        project: ProjectId,
        id: String,
        version: Option<u32>,
        patch: Map<String, Value>,
        now: Moment,
    ) -> Result<T, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| change(unit, project, &id, version, &patch)).await
    }

    /// Changes the place of an object among its siblings, or its parent.
    pub async fn move_object<T: ProducedObject>(
        &self,
        project: ProjectId,
        id: String,
        to: ObjectMove,
        now: Moment,
    ) -> Result<T, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| relocate(unit, project, &id, &to)).await
    }

    /// Puts an object in the trash, where it stays for [`proto::limits::PRODUCTION_TRASH`].
    pub async fn trash_object<T: ProducedObject>(
        &self,
        project: ProjectId,
        id: String,
        version: Option<u32>,
        now: Moment,
    ) -> Result<T, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| trash(unit, project, &id, version)).await
    }

    /// Takes an object out of the trash. It is the last in its place.
    pub async fn restore_object<T: ProducedObject>(&self, project: ProjectId, id: String, now: Moment) -> Result<T, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| restore(unit, project, &id)).await
    }
}
