//! What a node makes a take of, read at one moment.

use proto::{
    ids::TaskId,
    production::{
        Asset, AssetId, AssetKind, CompositePrompt, FieldProblem, GenerateContext, GenerateRequest, ObjectKind, ProductionNode,
        ProductionNodeId, Project, ProjectId, PromptIngredients, Scene, SceneCode, Shot, ShotCode, ShotId, Take, TakeId, assemble,
    },
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    objects::{children, live, named, read},
    projects,
    prompts::{ingredients, keywords_named},
    refusal::{ProductionError, ProductionRefusal, UnitError},
    take_lists::workflow_of,
    take_rows,
};
use crate::store::Store;

/// What a take is made of.
#[derive(Clone, Debug)]
pub struct GenerationSources {
    pub project: Project,
    pub node: ProductionNode,
    /// The prompt of the take to redo as it was then, else the prompt of today.
    pub composite: CompositePrompt,
    /// The take to redo, and the workflow that it was made with, in API format.
    pub redo: Option<(Take, String)>,
}

fn sources(
    connection: &Connection,
    project: ProjectId,
    node: &ProductionNodeId,
    request: &GenerateRequest,
) -> Result<GenerationSources, UnitError> {
    let project = projects::live(connection, project)?;
    let node: ProductionNode = live(connection, project.id, node.as_str())?;
    if let Some(id) = request.redo {
        let (take, workflow) = take_to_redo(connection, &node, id)?;
        let composite = take.composite_prompt.clone().unwrap_or_default();
        return Ok(GenerationSources { project, node, composite, redo: Some((take, workflow)) });
    }
    let composite = composite(connection, &node, request)?;
    Ok(GenerationSources { project, node, composite, redo: None })
}

fn take_to_redo(connection: &Connection, node: &ProductionNode, id: TakeId) -> Result<(Take, String), UnitError> {
    let wrong = |message: &str| FieldProblem::new("redo", message);
    let take = match take_rows::read(connection, node.project_id, id) {
        Err(UnitError::Refused(ProductionRefusal::Unknown(_))) => return Err(wrong("There is no such take in the project.").into()),
        take => take?,
    };
    if take.node_id != node.node_id {
        return Err(wrong("This take is one of another node. Redo it there.").into());
    }
    let workflow = workflow_of(connection, id)?;
    let why = "Nothing is kept of how this take was made, so that it cannot be redone. Generate a new one.";
    Ok((take, workflow.ok_or_else(|| ProductionRefusal::WrongState(why.into()))?))
}

fn composite(connection: &Connection, node: &ProductionNode, request: &GenerateRequest) -> Result<CompositePrompt, UnitError> {
    let (project, context) = (node.project_id, &request.context);
    let shot = shot_of(connection, node, context)?;
    let mut made_of = match &shot {
        Some(shot) => ingredients(connection, shot)?,
        None => PromptIngredients::default(),
    };
    if let Some(prompt) = &request.prompt {
        made_of.base.clone_from(prompt);
    }
    for (refs, kind, place) in [
        (context.character_refs.as_deref(), AssetKind::Character, "context/character_refs"),
        (context.style_refs.as_deref(), AssetKind::Style, "context/style_refs"),
        (context.location_ref.as_slice().first().map(std::slice::from_ref), AssetKind::Location, "context/location_ref"),
    ] {
        if let Some(refs) = refs {
            made_of.assets.retain(|asset| asset.fields.kind != kind);
            made_of.assets.extend(assets_of(connection, project, refs, kind, place)?);
        }
    }
    if let Some(beat) = &context.emotional_beat {
        made_of.keywords = keywords_named(connection, project, beat, shot.as_ref().map(|shot| shot.scene))?;
    }
    let composite = assemble(&made_of, &request.off);
    if composite.final_prompt.is_empty() {
        let message = if shot.is_some() {
            "Nothing is in the prompt of this shot. Write its base_prompt, or a `prompt` here."
        } else {
            "This node has no shot that gives it a prompt. Write one here, or give the node a shot."
        };
        return Err(FieldProblem::new("prompt", message).into());
    }
    Ok(composite)
}

/// The shot that the context names, or else that of the node.
fn shot_of(connection: &Connection, node: &ProductionNode, context: &GenerateContext) -> Result<Option<Shot>, UnitError> {
    match (context.scene_id, context.shot_id) {
        (Some(scene), Some(shot)) => shot_by_code(connection, node.project_id, scene, shot).map(Some),
        (None, Some(_)) => Err(FieldProblem::new("context/scene_id", "Name the scene of this shot.").into()),
        _ => {
            let Some(id) = node.fields.shot else { return Ok(None) };
            let shot: Option<Shot> = read(connection, node.project_id, &id.to_string())?;
            let why = "The shot of this node is in the trash. Restore it, or give the node another.";
            let shot = shot.filter(|shot| shot.stamp.deleted_at.is_none());
            Ok(Some(shot.ok_or_else(|| ProductionRefusal::WrongState(why.into()))?))
        }
    }
}

fn shot_by_code(connection: &Connection, project: ProjectId, scene: SceneCode, shot: ShotCode) -> Result<Shot, UnitError> {
    let id = |kind: ObjectKind, code: &str, scope: Option<&str>| {
        connection
            .prepare_cached(
                "SELECT id FROM production_objects
                    WHERE project = ?1 AND kind = ?2 AND code = ?3 AND (?4 IS NULL OR scope = ?4) AND deleted_at IS NULL",
            )?
            .query_row(params![project.to_string(), kind.word(), code, scope], |row| row.get::<_, String>(0))
            .optional()
    };
    let unknown = |field: &str, what: &str| FieldProblem::new(field, format!("There is no {what} with this code in the project."));
    let scene: Scene = match id(ObjectKind::Scene, &scene.to_string(), None)? {
        Some(id) => live(connection, project, &id)?,
        None => return Err(unknown("context/scene_id", "scene").into()),
    };
    match id(ObjectKind::Shot, &shot.to_string(), Some(&scene.id.to_string()))? {
        Some(id) => live(connection, project, &id),
        None => Err(unknown("context/shot_id", "shot").into()),
    }
}

fn assets_of(connection: &Connection, project: ProjectId, refs: &[AssetId], kind: AssetKind, place: &str) -> Result<Vec<Asset>, UnitError> {
    let mut assets = Vec::new();
    for id in refs {
        let asset: Asset = named(connection, project, place, &id.to_string())?;
        if asset.fields.kind != kind {
            let word: &'static str = kind.into();
            return Err(FieldProblem::new(place, format!("{} is no {word}.", asset.fields.name)).into());
        }
        assets.push(asset);
    }
    Ok(assets)
}

/// Errors of all of these: see [`ProductionRefusal`], and the database cannot be read.
impl Store {
    /// What a node makes a take of.
    pub async fn generation_sources(
        &self,
        project: ProjectId,
        node: ProductionNodeId,
        request: GenerateRequest,
    ) -> Result<GenerationSources, ProductionError> {
        self.read_production(move |connection| sources(connection, project, &node, &request)).await
    }

    /// The take that a task makes. `None`: it makes none.
    pub async fn take_of_task(&self, task: TaskId) -> Result<Option<Take>, ProductionError> {
        self.read_production(move |connection| take_rows::of_task(connection, &task.to_string())).await
    }

    /// The tasks that make takes of a node now, the oldest first.
    pub async fn tasks_of_node(&self, project: ProjectId, node: ProductionNodeId) -> Result<Vec<TaskId>, ProductionError> {
        self.read_production(move |connection| {
            projects::live(connection, project)?;
            let node: ProductionNode = live(connection, project, node.as_str())?;
            let mut statement = connection
                .prepare_cached("SELECT task FROM takes WHERE project = ?1 AND node = ?2 AND state = 'generating' ORDER BY number")?;
            let rows = statement
                .query_map([&project.to_string(), node.node_id.as_str()], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()?;
            Ok(rows.iter().filter_map(|task| task.parse().ok()).collect())
        })
        .await
    }

    /// The first node of a shot of this kind; of any kind where none is named.
    pub async fn node_of_shot(&self, project: ProjectId, shot: ShotId, kind: String) -> Result<Option<ProductionNode>, ProductionError> {
        self.read_production(move |connection| {
            projects::live(connection, project)?;
            let shot: Shot = live(connection, project, &shot.to_string())?;
            let nodes = children::<ProductionNode>(connection, project, Some(&shot.id.to_string()))?;
            Ok(nodes.into_iter().find(|node| kind.is_empty() || node.fields.kind == kind))
        })
        .await
    }
}
