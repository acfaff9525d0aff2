//! Makes the demo production, in a database in which no production ever was.

use std::collections::BTreeMap;

use proto::production::{Asset, AssetId, Cast, Chapter, EmotionalBeat, ProductionNode, Project, ProjectId, Scene, SceneId, Shot};
use serde_json::{Map, Value, json};

use super::script::{DemoScript, ScriptScene};
use crate::{
    production::library::Productions,
    store::{NewsFilter, ObjectDraft, ProducedObject, ProductionError, ProductionRefusal},
};

/// The production that is there, or is made now. `None`: there is none any more, or another was made first.
///
/// # Errors
/// The database cannot be read or written.
pub(super) async fn demo_project(productions: &Productions, script: &DemoScript) -> Result<Option<(Project, bool)>, ProductionError> {
    // No number is as large: nothing but the place of the newest is read.
    let newest = productions.events(NewsFilter::default(), u64::MAX, 1).await?.next;
    if newest == 0 {
        return Ok(Some((seed(productions, script).await?, true)));
    }
    let slug = script.project.get("slug").and_then(Value::as_str);
    let (projects, _) = productions.projects(None, false, None, proto::limits::PRODUCTION_PAGE).await?;
    Ok(projects.into_iter().find(|project| Some(project.fields.slug.as_str()) == slug).map(|project| (project, false)))
}

async fn seed(productions: &Productions, script: &DemoScript) -> Result<Project, ProductionError> {
    let project = productions.add_project(script.project.clone()).await?;
    let mut assets: BTreeMap<&str, AssetId> = BTreeMap::new();
    for asset in &script.assets {
        let made: Asset = one(productions, project.id, "", asset.fields.clone()).await?;
        assets.insert(&asset.key, made.id);
    }
    let mut scenes_of_beats: BTreeMap<&str, SceneId> = BTreeMap::new();
    for chapter in &script.chapters {
        let made: Chapter = one(productions, project.id, "", fields(json!({"title": chapter.title, "beat_keys": [chapter.step]}))).await?;
        for scene in &chapter.scenes {
            let id = add_scene(productions, project.id, &made.id.to_string(), scene, &assets).await?;
            scenes_of_beats.entry(&scene.beat).or_insert(id);
        }
    }
    for beat in &script.beats {
        let name = beat.get("beat").and_then(Value::as_str).unwrap_or_default();
        let scene = scenes_of_beats.get(name).map(|scene| ("scene".to_owned(), Value::from(scene.to_string())));
        let _: EmotionalBeat = one(productions, project.id, "", beat.clone().into_iter().chain(scene).collect()).await?;
    }
    Ok(project)
}

async fn add_scene(
    productions: &Productions,
    project: ProjectId,
    chapter: &str,
    scene: &ScriptScene,
    assets: &BTreeMap<&str, AssetId>,
) -> Result<SceneId, ProductionError> {
    let location = assets.get(scene.location.as_str()).map(|id| id.to_string());
    let of_scene = json!({"title": scene.title, "location_ref": location, "emotional_beat": scene.beat});
    let made: Scene = one(productions, project, chapter, fields(of_scene)).await?;
    for shot in &scene.shots {
        let shot_made: Shot = one(productions, project, &made.id.to_string(), shot.fields.clone()).await?;
        for asset in shot.cast.iter().filter_map(|key| assets.get(key.as_str())) {
            let draft = ObjectDraft { parent: Some(shot_made.id.to_string()), name: Some(asset.to_string()), ..ObjectDraft::default() };
            productions.add::<Cast>(project, vec![draft]).await?;
        }
        let name = format!("{}_{}", shot_made.scene_id, shot_made.code);
        let node = json!({"title": "Keyframe", "shot": shot_made.id});
        let draft = ObjectDraft { name: Some(name), fields: fields(node), ..ObjectDraft::default() };
        productions.add::<ProductionNode>(project, vec![draft]).await?;
    }
    Ok(made.id)
}

async fn one<T: ProducedObject>(
    productions: &Productions,
    project: ProjectId,
    parent: &str,
    fields: Map<String, Value>,
) -> Result<T, ProductionError> {
    let draft = ObjectDraft { parent: Some(parent.to_owned()).filter(|parent| !parent.is_empty()), fields, ..ObjectDraft::default() };
    let made = productions.add(project, vec![draft]).await?;
    made.into_iter().next().ok_or_else(|| ProductionRefusal::Damaged.into())
}

fn fields(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
