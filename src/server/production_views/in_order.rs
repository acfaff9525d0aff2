//! The shots of a project in the order of the story, each with its current take.

use std::collections::HashMap;

use proto::production::{Chapter, ChapterId, ProductionNode, Project, ProjectId, Scene, SceneId, Shot, ShotId, Take};

use super::whole::whole;
use crate::{production::Productions, store::ProductionError};

/// A project as one sequence.
pub(crate) struct StoryOrder {
    pub project: Project,
    pub shots: Vec<OrderedShot>,
}

/// A shot at its place.
pub(crate) struct OrderedShot {
    pub chapter: String,
    pub scene_title: String,
    pub shot: Shot,
    /// Of the first of its nodes that has one.
    pub take: Option<Take>,
}

pub(crate) async fn in_order(productions: &Productions, project: ProjectId) -> Result<StoryOrder, ProductionError> {
    let head = productions.project(project).await?;
    let chapters: HashMap<ChapterId, Chapter> = by(whole(productions, project).await?, |chapter: &Chapter| chapter.id);
    let scenes: HashMap<SceneId, Scene> = by(whole(productions, project).await?, |scene: &Scene| scene.id);
    let mut takes: HashMap<String, Take> = by(productions.current_takes(project).await?, |take: &Take| take.node_id.to_string());
    let mut of_shots: HashMap<ShotId, (u64, Take)> = HashMap::new();
    for node in whole::<ProductionNode>(productions, project).await? {
        let (Some(shot), Some(take)) = (node.fields.shot, takes.remove(node.node_id.as_str())) else { continue };
        if of_shots.get(&shot).is_none_or(|(position, _)| node.position < *position) {
            of_shots.insert(shot, (node.position, take));
        }
    }
    let mut placed: Vec<_> = whole::<Shot>(productions, project)
        .await?
        .into_iter()
        .filter_map(|shot| {
            let scene = scenes.get(&shot.scene)?;
            let chapter = chapters.get(&scene.chapter)?;
            let place = (chapter.position, chapter.id, scene.position, scene.id, shot.position, shot.id);
            let take = of_shots.remove(&shot.id).map(|(_, take)| take);
            let (chapter, scene_title) = (chapter.fields.title.clone(), scene.fields.title.clone());
            Some((place, OrderedShot { chapter, scene_title, shot, take }))
        })
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    Ok(StoryOrder { project: head, shots: placed.into_iter().map(|(_, shot)| shot).collect() })
}

fn by<T, K: std::hash::Hash + Eq>(objects: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, T> {
    objects.into_iter().map(|object| (key(&object), object)).collect()
}
