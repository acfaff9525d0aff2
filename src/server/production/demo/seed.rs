//! Makes the demo production, in a database in which no production ever was.

use std::{collections::BTreeMap, sync::Arc};

use proto::production::{Asset, AssetId, Cast, Chapter, EmotionalBeat, ProductionNode, Project, ProjectId, Scene, SceneId, Shot};
use serde_json::{Map, Value, json};

use super::script::{DemoScript, ScriptScene};
use crate::{
    production::library::Productions,
    store::{ObjectDraft, ProducedObject, ProductionError, ProductionUnit, UnitError},
};

/// The production that is there, or is made now: all of it at once, so that there is never a part of one. `None`: there is none any more, or another was made first.
///
/// # Errors
/// The database cannot be read or written.
pub(super) async fn demo_project(productions: &Productions, script: &Arc<DemoScript>) -> Result<Option<Project>, ProductionError> {
    let all = script.clone();
    let work = move |unit: &ProductionUnit| if unit.is_first_ever()? { seed(unit, &all).map(Some) } else { Ok(None) };
    if let Some(made) = productions.at_once(work).await? {
        return Ok(Some(made));
    }
    let slug = script.project.get("slug").and_then(Value::as_str);
    let (projects, _) = productions.projects(None, false, None, proto::limits::PRODUCTION_PAGE).await?;
    Ok(projects.into_iter().find(|project| Some(project.fields.slug.as_str()) == slug))
}

fn seed(unit: &ProductionUnit, script: &DemoScript) -> Result<Project, UnitError> {
    let project = unit.add_project(&script.project)?;
    let mut assets: BTreeMap<&str, AssetId> = BTreeMap::new();
    for asset in &script.assets {
        let made: Asset = one(unit, project.id, "", asset.fields.clone())?;
        assets.insert(&asset.key, made.id);
    }
    let mut scenes_of_beats: BTreeMap<&str, SceneId> = BTreeMap::new();
    for chapter in &script.chapters {
        let made: Chapter = one(unit, project.id, "", fields(json!({"title": chapter.title, "beat_keys": [chapter.step]})))?;
        for scene in &chapter.scenes {
            let id = add_scene(unit, project.id, &made.id.to_string(), scene, &assets)?;
            scenes_of_beats.entry(&scene.beat).or_insert(id);
        }
    }
    for beat in &script.beats {
        let name = beat.get("beat").and_then(Value::as_str).unwrap_or_default();
        let scene = scenes_of_beats.get(name).map(|scene| ("scene".to_owned(), Value::from(scene.to_string())));
        let _: EmotionalBeat = one(unit, project.id, "", beat.clone().into_iter().chain(scene).collect())?;
    }
    Ok(project)
}

fn add_scene(
    unit: &ProductionUnit,
    project: ProjectId,
    chapter: &str,
    scene: &ScriptScene,
    assets: &BTreeMap<&str, AssetId>,
) -> Result<SceneId, UnitError> {
    let location = assets.get(scene.location.as_str()).map(|id| id.to_string());
    let of_scene = json!({"title": scene.title, "location_ref": location, "emotional_beat": scene.beat});
    let made: Scene = one(unit, project, chapter, fields(of_scene))?;
    for shot in &scene.shots {
        let shot_made: Shot = one(unit, project, &made.id.to_string(), shot.fields.clone())?;
        for asset in shot.cast.iter().filter_map(|key| assets.get(key.as_str())) {
            let draft = ObjectDraft { parent: Some(shot_made.id.to_string()), name: Some(asset.to_string()), ..ObjectDraft::default() };
            unit.add::<Cast>(project, draft)?;
        }
        let name = format!("{}_{}", shot_made.scene_id, shot_made.code);
        let node = json!({"title": "Keyframe", "shot": shot_made.id});
        let draft = ObjectDraft { name: Some(name), fields: fields(node), ..ObjectDraft::default() };
        unit.add::<ProductionNode>(project, draft)?;
    }
    Ok(made.id)
}

fn one<T: ProducedObject>(unit: &ProductionUnit, project: ProjectId, parent: &str, fields: Map<String, Value>) -> Result<T, UnitError> {
    let draft = ObjectDraft { parent: Some(parent.to_owned()).filter(|parent| !parent.is_empty()), fields, ..ObjectDraft::default() };
    unit.add(project, draft)
}

fn fields(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
