//! Narrative structures, and where the story of a project is.

use proto::{
    limits,
    production::{
        Chapter, EmotionalBeat, FieldProblem, Moment, NarrativePlace, NarrativeProgress, NarrativeStructure, ProductionEvent, Project,
        ProjectId, SceneCode, builtin_structure, builtin_structures, check_line, check_list, switch_beat, switch_chapter,
    },
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use super::{
    conflict::{ToldAs, check_version},
    merge::merge_fields,
    objects::{StoredObject, update},
    projects,
    refusal::{ProductionError, ProductionRefusal, UnitError},
    unit::ProductionUnit,
};
use crate::store::Store;

const UNKNOWN: ProductionRefusal = ProductionRefusal::Unknown("narrative structure");

fn structure(connection: &Connection, id: &str) -> Result<NarrativeStructure, UnitError> {
    if let Some(structure) = builtin_structure(id) {
        return Ok(structure);
    }
    let data: Option<String> =
        connection.prepare_cached("SELECT data FROM narrative_structures WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
    Ok(serde_json::from_str(&data.ok_or(UNKNOWN)?)?)
}

fn add_structure(unit: &ProductionUnit, new: &NarrativeStructure) -> Result<NarrativeStructure, UnitError> {
    let new = NarrativeStructure { builtin: false, ..new.clone() };
    new.check()?;
    let count: i64 = unit.transaction.query_row("SELECT count(*) FROM narrative_structures", [], |row| row.get(0))?;
    if count >= limits::STRUCTURES {
        let most = limits::STRUCTURES;
        return Err(ProductionRefusal::Full(format!("There are {most} structures already, which is the most. Remove some first.")).into());
    }
    match structure(unit.transaction, &new.id) {
        Err(UnitError::Refused(ProductionRefusal::Unknown(_))) => {}
        Err(error) => return Err(error),
        // The same once more.
        Ok(known) if known == new => return Ok(new),
        Ok(_) => return Err(FieldProblem::new("id", "There is another structure with this id.").into()),
    }
    unit.transaction
        .prepare_cached("INSERT INTO narrative_structures (id, data) VALUES (?1, ?2)")?
        .execute([&new.id, &serde_json::to_string(&new)?])?;
    Ok(new)
}

fn remove_structure(unit: &ProductionUnit, id: &str) -> Result<(), UnitError> {
    let known = structure(unit.transaction, id)?;
    if known.builtin {
        return Err(ProductionRefusal::WrongState("This structure is one of Darkroom's own.".into()).into());
    }
    let user: Option<String> = unit
        .transaction
        .prepare_cached("SELECT data ->> 'title' FROM projects WHERE data ->> 'narrative_structure' = ?1 LIMIT 1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if let Some(title) = user {
        return Err(ProductionRefusal::WrongState(format!("The project \"{title}\" has this structure, perhaps in the trash.")).into());
    }
    unit.transaction.prepare_cached("DELETE FROM narrative_structures WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Changes all objects of a kind, also those in the trash: they may be restored.
fn switch_all<T: StoredObject>(unit: &ProductionUnit, project: ProjectId, switch: impl Fn(&mut T::Fields)) -> Result<(), UnitError> {
    let rows = unit
        .transaction
        .prepare_cached("SELECT data FROM production_objects WHERE project = ?1 AND kind = ?2")?
        .query_map([&project.to_string(), T::KIND.word()], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for data in rows {
        let mut object: T = serde_json::from_str(&data)?;
        let mut fields = object.fields().clone();
        switch(&mut fields);
        object.set_fields(fields)?;
        if serde_json::to_string(&object)? != data {
            object.stamp_mut().touch(unit.now);
            update(unit, &object)?;
            unit.tell(Some(project), &object.changed())?;
        }
    }
    Ok(())
}

fn switch_structure(unit: &ProductionUnit, id: ProjectId, version: Option<u32>, new: &str) -> Result<Project, UnitError> {
    let mut project = projects::live(unit.transaction, id)?;
    check_version(unit.transaction, &ToldAs::project(id), &project, project.stamp.version, version)?;
    let wrong = || FieldProblem::new("structure", "There is no structure with this id. GET /api/structures has all.");
    let new = structure(unit.transaction, new).map_err(|error| match error {
        UnitError::Refused(ProductionRefusal::Unknown(_)) => wrong().into(),
        error => error,
    })?;
    if project.narrative_structure == new.id {
        return Ok(project);
    }
    let old = structure(unit.transaction, &project.narrative_structure)?;
    switch_all::<EmotionalBeat>(unit, id, |beat| switch_beat(beat, &old, &new))?;
    switch_all::<Chapter>(unit, id, |chapter| switch_chapter(chapter, &old, &new))?;
    project.narrative_structure.clone_from(&new.id);
    project.stamp.touch(unit.now);
    projects::write(unit, &project, |data| ProductionEvent::ProjectUpdated { data })?;
    let mut progress = progress(unit.transaction, id)?;
    progress.structure_type = new.id;
    progress.version += 1;
    write_progress(unit, id, &progress)?;
    Ok(project)
}

fn progress(connection: &Connection, project: ProjectId) -> Result<NarrativeProgress, UnitError> {
    let json: Option<String> = connection
        .prepare_cached("SELECT narrative FROM projects WHERE id = ?1")?
        .query_row([project.to_string()], |row| row.get(0))
        .optional()?;
    Ok(serde_json::from_str(&json.ok_or(ProductionRefusal::Unknown("project"))?)?)
}

fn write_progress(unit: &ProductionUnit, project: ProjectId, progress: &NarrativeProgress) -> Result<(), UnitError> {
    unit.transaction
        .prepare_cached("UPDATE projects SET narrative = ?2 WHERE id = ?1")?
        .execute(params![project.to_string(), serde_json::to_string(progress)?])?;
    unit.tell(Some(project), &ProductionEvent::NarrativeMoved { progress: Box::new(progress.clone()) })
}

/// That a beat was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachedBeat {
    pub beat_name: String,
    pub scene_id: Option<SceneCode>,
    /// `None`: those of the project's beat of this name.
    pub keywords: Option<Vec<String>>,
}

fn reach(unit: &ProductionUnit, project: ProjectId, beat: &ReachedBeat) -> Result<NarrativeProgress, UnitError> {
    projects::live(unit.transaction, project)?;
    check_line("beat_name", &beat.beat_name, limits::PRODUCTION_LINE)?;
    check_list("keywords", beat.keywords.iter().flatten().map(String::as_str).collect::<Vec<_>>().into_iter())?;
    let mut progress = progress(unit.transaction, project)?;
    if !progress.reach(&beat.beat_name, beat.scene_id) {
        return Ok(progress);
    }
    let keywords = match &beat.keywords {
        Some(keywords) => keywords.clone(),
        None => super::objects::children::<EmotionalBeat>(unit.transaction, project, None)?
            .into_iter()
            .find(|known| known.fields.beat == beat.beat_name)
            .map(|known| known.fields.keywords)
            .unwrap_or_default(),
    };
    let event = ProductionEvent::NarrativeBeat { beat_name: beat.beat_name.clone(), scene_id: beat.scene_id, keywords };
    unit.tell(Some(project), &event)?;
    write_progress(unit, project, &progress)?;
    Ok(progress)
}

fn go_to(
    unit: &ProductionUnit,
    project: ProjectId,
    version: Option<u32>,
    patch: &Map<String, Value>,
) -> Result<NarrativeProgress, UnitError> {
    projects::live(unit.transaction, project)?;
    let mut progress = progress(unit.transaction, project)?;
    check_version(unit.transaction, &ToldAs::narrative(project), &progress, progress.version, version)?;
    let place: NarrativePlace = merge_fields(&progress.place, patch)?;
    place.check()?;
    if progress.go_to(place) {
        write_progress(unit, project, &progress)?;
    }
    Ok(progress)
}

/// Errors of all of these: see [`ProductionRefusal`], and the database cannot be read or written.
impl Store {
    /// Darkroom's own, and those that people added.
    pub async fn narrative_structures(&self) -> Result<Vec<NarrativeStructure>, ProductionError> {
        self.read_production(|connection| {
            let mut statement = connection.prepare_cached("SELECT data FROM narrative_structures ORDER BY id")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            let own = rows.iter().map(|data| Ok(serde_json::from_str(data)?));
            builtin_structures().map(Ok).chain(own).collect()
        })
        .await
    }

    /// Adds one. The same once more changes nothing.
    pub async fn add_structure(&self, new: NarrativeStructure, now: Moment) -> Result<NarrativeStructure, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| add_structure(unit, &new)).await
    }

    /// Removes one that people added, and that no project has.
    pub async fn remove_structure(&self, id: String, now: Moment) -> Result<(), ProductionError> {
        self.production(now, move |unit: &ProductionUnit| remove_structure(unit, &id)).await
    }

    /// Gives a project another structure. Its beats and chapters go to the steps at their places; nothing is removed.
    pub async fn switch_structure(
        &self,
        project: ProjectId,
        version: Option<u32>,
        structure: String,
        now: Moment,
    ) -> Result<Project, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| switch_structure(unit, project, version, &structure)).await
    }

    pub async fn narrative_progress(&self, project: ProjectId) -> Result<NarrativeProgress, ProductionError> {
        self.read_production(move |connection| progress(connection, project)).await
    }

    /// A beat is reached. Once more, it changes nothing.
    pub async fn reach_beat(&self, project: ProjectId, beat: ReachedBeat, now: Moment) -> Result<NarrativeProgress, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| reach(unit, project, &beat)).await
    }

    /// Changes a part of where the story is.
    pub async fn move_narrative(
        &self,
        project: ProjectId,
        version: Option<u32>,
        patch: Map<String, Value>,
        now: Moment,
    ) -> Result<NarrativeProgress, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| go_to(unit, project, version, &patch)).await
    }
}
