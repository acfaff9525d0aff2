//! What the prompts of shots are made of, and which takes were made of older parts.

use std::collections::BTreeSet;

use proto::production::{
    Asset, AssetKind, Cast, CompositePrompt, EmotionalBeat, Moment, PartSource, ProductionEvent, ProductionNode, ProductionNodeId,
    ProjectId, PromptIngredients, Scene, SceneId, Shot, ShotId, StalePart, assemble, stale_parts,
};
use rusqlite::Connection;

use super::{
    objects::{children, live, named, read},
    projects,
    refusal::{ProductionError, UnitError},
    take_rows,
    unit::ProductionUnit,
};
use crate::store::Store;

/// What the prompt of a shot is made of today.
pub(super) fn ingredients(connection: &Connection, shot: &Shot) -> Result<PromptIngredients, UnitError> {
    let project = shot.project_id;
    let scene: Option<Scene> = read(connection, project, &shot.scene.to_string())?;
    let mut assets: Vec<Asset> = Vec::new();
    for cast in children::<Cast>(connection, project, Some(&shot.id.to_string()))? {
        assets.extend(present_asset(connection, project, &cast.asset.to_string())?);
    }
    if !assets.iter().any(|asset| asset.fields.kind == AssetKind::Location)
        && let Some(location) = scene.as_ref().and_then(|scene| scene.fields.location_ref)
    {
        assets.extend(present_asset(connection, project, &location.to_string())?);
    }
    let keywords = match &scene {
        Some(scene) => keywords(connection, scene)?,
        None => Vec::new(),
    };
    let notes = shot.fields.agent_notes.iter().map(|(agent, note)| (agent.clone(), note.clone())).collect();
    Ok(PromptIngredients { base: shot.fields.base_prompt.clone(), assets, keywords, notes })
}

/// `None`: it is in the trash.
fn present_asset(connection: &Connection, project: ProjectId, id: &str) -> Result<Option<Asset>, UnitError> {
    Ok(read::<Asset>(connection, project, id)?.filter(|asset| asset.stamp.deleted_at.is_none()))
}

/// Those of the beat that the scene names.
fn keywords(connection: &Connection, scene: &Scene) -> Result<Vec<String>, UnitError> {
    match &scene.fields.emotional_beat {
        Some(name) => keywords_named(connection, scene.project_id, name, Some(scene.id)),
        None => Ok(Vec::new()),
    }
}

/// Those of the beat of this name: the one in this scene, or else the first.
pub(super) fn keywords_named(
    connection: &Connection,
    project: ProjectId,
    name: &str,
    scene: Option<SceneId>,
) -> Result<Vec<String>, UnitError> {
    let beats = children::<EmotionalBeat>(connection, project, None)?;
    let mut of_name = beats.into_iter().filter(|beat| beat.fields.beat == *name);
    let first = of_name.next();
    let is_here = |beat: &EmotionalBeat| scene.is_some() && beat.fields.scene == scene;
    let here = first.iter().find(|beat| is_here(beat)).cloned();
    let here = here.or_else(|| of_name.find(is_here));
    Ok(here.or(first).map(|beat| beat.fields.keywords).unwrap_or_default())
}

/// A current take that was made of other parts than a new one would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleTake {
    pub node_id: ProductionNodeId,
    pub take_number: u32,
    pub parts: Vec<StalePart>,
}

fn stale_takes(connection: &Connection, shot: &Shot) -> Result<Vec<StaleTake>, UnitError> {
    let mut today: Option<CompositePrompt> = None;
    let mut stale = Vec::new();
    for node in children::<ProductionNode>(connection, shot.project_id, Some(&shot.id.to_string()))? {
        let Some(number) = node.run.current_take else { continue };
        let take = take_rows::numbered(connection, shot.project_id, &node.node_id, number)?;
        let Some(frozen) = take.and_then(|take| take.composite_prompt) else { continue };
        let today = match &today {
            Some(today) => today,
            None => today.insert(assemble(&ingredients(connection, shot)?, &BTreeSet::new())),
        };
        let parts = stale_parts(&frozen, today);
        if !parts.is_empty() {
            stale.push(StaleTake { node_id: node.node_id, take_number: number, parts });
        }
    }
    Ok(stale)
}

/// Errors of all of these: see [`super::ProductionRefusal`], and the database cannot be read or written.
impl Store {
    /// The prompt of a shot as it is today, without the parts in `off`.
    pub async fn composite_prompt(
        &self,
        project: ProjectId,
        shot: ShotId,
        off: BTreeSet<PartSource>,
    ) -> Result<CompositePrompt, ProductionError> {
        self.read_production(move |connection| {
            projects::read(connection, project)?;
            let shot: Shot = live(connection, project, &shot.to_string())?;
            Ok(assemble(&ingredients(connection, &shot)?, &off))
        })
        .await
    }

    /// Tells everybody the prompt that is assembled for a node.
    pub async fn tell_prompt(
        &self,
        project: ProjectId,
        node: ProductionNodeId,
        prompt: CompositePrompt,
        now: Moment,
    ) -> Result<(), ProductionError> {
        self.production(now, move |unit: &ProductionUnit| {
            projects::live(unit.transaction, project)?;
            let node: ProductionNode = named(unit.transaction, project, "node_id", node.as_str())?;
            let (node_id, composite_prompt) = (Some(node.node_id), Box::new(prompt.clone()));
            unit.tell(Some(project), &ProductionEvent::PromptComposite { node_id, composite_prompt })
        })
        .await
    }

    /// The current takes of a shot's nodes that were made of older parts.
    pub async fn stale_takes(&self, project: ProjectId, shot: ShotId) -> Result<Vec<StaleTake>, ProductionError> {
        self.read_production(move |connection| {
            let shot: Option<Shot> = read(connection, project, &shot.to_string())?;
            shot.map_or(Ok(Vec::new()), |shot| stale_takes(connection, &shot))
        })
        .await
    }

    /// Those of these shots that have such takes.
    pub async fn stale_shots(&self, shots: Vec<Shot>) -> Result<Vec<(ShotId, Vec<StaleTake>)>, ProductionError> {
        self.read_production(move |connection| {
            let mut stale = Vec::new();
            for shot in shots {
                let takes = stale_takes(connection, &shot)?;
                if !takes.is_empty() {
                    stale.push((shot.id, takes));
                }
            }
            Ok(stale)
        })
        .await
    }
}
