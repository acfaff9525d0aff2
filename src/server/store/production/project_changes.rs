//! Projects are made, changed, thrown away and listed.

use proto::{
    limits,
    production::{DEFAULT_STRUCTURE, FieldProblem, Moment, NarrativeProgress, ProductionEvent, Project, ProjectFields, ProjectId, Stamp},
};
use rusqlite::{Connection, params};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    conflict::{ToldAs, check_version},
    log::newest_event,
    merge::merge_fields,
    projects::{live, read, write},
    refusal::{ProductionError, ProductionRefusal, UnitError},
    unit::ProductionUnit,
};
use crate::store::Store;

fn updated(data: Box<Project>) -> ProductionEvent {
    ProductionEvent::ProjectUpdated { data }
}

fn is_taken(connection: &Connection, slug: &str, but: ProjectId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM projects WHERE slug = ?1 AND id <> ?2)")?
        .query_row([slug, &but.to_string()], |row| row.get(0))
}

fn free_slug(connection: &Connection, slug: &str, id: ProjectId) -> rusqlite::Result<String> {
    let mut free = slug.to_owned();
    let mut number = 1;
    while is_taken(connection, &free, id)? {
        number += 1;
        let end = format!("-{number}");
        let room = limits::PRODUCTION_SLUG - end.len();
        free = format!("{}{end}", slug.get(..room).unwrap_or(slug).trim_end_matches('-'));
    }
    Ok(free)
}

fn add(unit: &ProductionUnit, id: ProjectId, patch: &Map<String, Value>) -> Result<Project, UnitError> {
    let count: i64 = unit.transaction.query_row("SELECT count(*) FROM projects", [], |row| row.get(0))?;
    if count >= limits::PROJECTS {
        let most = limits::PROJECTS;
        return Err(ProductionRefusal::Full(format!("There are {most} projects already, which is the most. Delete some first.")).into());
    }
    let given: ProjectFields = merge_fields(&ProjectFields::default(), patch)?;
    let has_slug = !given.slug.is_empty();
    let mut fields = given.checked()?;
    if has_slug {
        check_slug(unit.transaction, &fields.slug, id)?;
    } else {
        fields.slug = free_slug(unit.transaction, &fields.slug, id)?;
    }
    let narrative_structure = DEFAULT_STRUCTURE.to_owned();
    let narrative = NarrativeProgress { structure_type: narrative_structure.clone(), ..NarrativeProgress::default() };
    let project = Project { id, fields, narrative_structure, archived_at: None, stamp: Stamp::new(unit.now) };
    unit.transaction
        .prepare_cached("INSERT INTO projects (id, slug, is_archived, narrative, data) VALUES (?1, ?2, 0, ?3, ?4)")?
        .execute(params![id.to_string(), project.fields.slug, serde_json::to_string(&narrative)?, serde_json::to_string(&project)?])?;
    unit.tell(Some(id), &ProductionEvent::ProjectCreated { data: Box::new(project.clone()) })?;
    Ok(project)
}

fn check_slug(connection: &Connection, slug: &str, id: ProjectId) -> Result<(), UnitError> {
    if is_taken(connection, slug, id)? {
        return Err(FieldProblem::new("slug", "Another project has this slug.").into());
    }
    Ok(())
}

/// A change of a project. `None`: stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ProjectChange {
    /// The version that was read; `None`: any.
    pub version: Option<u32>,
    /// A part of its fields.
    pub fields: Map<String, Value>,
    pub archived: Option<bool>,
}

fn change(unit: &ProductionUnit, id: ProjectId, change: &ProjectChange) -> Result<Project, UnitError> {
    let mut project = live(unit.transaction, id)?;
    check_version(unit.transaction, &ToldAs::project(id), &project, project.stamp.version, change.version)?;
    project.fields = merge_fields(&project.fields, &change.fields)?.checked()?;
    check_slug(unit.transaction, &project.fields.slug, id)?;
    if let Some(archived) = change.archived {
        project.archived_at = archived.then(|| project.archived_at.unwrap_or(unit.now));
    }
    project.stamp.touch(unit.now);
    write(unit, &project, updated)?;
    Ok(project)
}

impl ProductionUnit<'_> {
    /// Makes a project of these fields.
    ///
    /// # Errors
    /// See [`ProductionRefusal`].
    pub fn add_project(&self, fields: &Map<String, Value>) -> Result<Project, UnitError> {
        add(self, ProjectId(Uuid::now_v7()), fields)
    }

    /// Whether nothing ever happened in any production.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn is_first_ever(&self) -> Result<bool, UnitError> {
        Ok(newest_event(self.transaction)? == 0)
    }
}

/// Errors of all of these: see [`ProductionRefusal`], and the database cannot be read or written.
impl Store {
    /// Makes a project of these fields.
    pub async fn add_project(&self, fields: Map<String, Value>, now: Moment) -> Result<Project, ProductionError> {
        let id = ProjectId(Uuid::now_v7());
        self.production(now, move |unit: &ProductionUnit| add(unit, id, &fields)).await
    }

    /// A project, also one in the trash.
    pub async fn project(&self, id: ProjectId) -> Result<Project, ProductionError> {
        self.read_production(move |connection| read(connection, id)).await
    }

    /// Projects, the newest first, at most `limit`: those before `before`. `is_archived`: only those that are put away, or only those that are not.
    pub async fn projects(
        &self,
        is_archived: Option<bool>,
        in_trash: bool,
        before: Option<ProjectId>,
        limit: u32,
    ) -> Result<Vec<Project>, ProductionError> {
        self.read_production(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT data FROM projects WHERE (?1 IS NULL OR is_archived = ?1) AND (deleted_at IS NOT NULL) = ?2 AND (?3 IS NULL OR id < ?3)
                    ORDER BY id DESC LIMIT ?4",
            )?;
            let rows = statement
                .query_map(params![is_archived, in_trash, before.map(|id| id.to_string()), limit], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()?;
            rows.iter().map(|data| Ok(serde_json::from_str(data)?)).collect()
        })
        .await
    }

    pub async fn change_project(&self, id: ProjectId, wanted: ProjectChange, now: Moment) -> Result<Project, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| change(unit, id, &wanted)).await
    }

    /// Puts a project in the trash, where it stays for [`limits::PRODUCTION_TRASH`], or takes it out again.
    pub async fn trash_project(
        &self,
        id: ProjectId,
        version: Option<u32>,
        is_trashed: bool,
        now: Moment,
    ) -> Result<Project, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| {
            let mut project = read(unit.transaction, id)?;
            check_version(unit.transaction, &ToldAs::project(id), &project, project.stamp.version, version)?;
            if project.stamp.deleted_at.is_some() != is_trashed {
                project.stamp.touch(unit.now);
                project.stamp.deleted_at = is_trashed.then_some(unit.now);
                let event = if is_trashed { |data| ProductionEvent::ProjectDeleted { data } } else { updated };
                write(unit, &project, event)?;
            }
            Ok(project)
        })
        .await
    }
}
