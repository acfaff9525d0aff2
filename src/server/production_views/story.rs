//! The page of the story.

use proto::production::{
    Chapter, EmotionalBeat, NarrativeStructure, ProjectId, Scene,
    views::{PageProject, StoryBeat, StoryChapter, StoryPage, StoryPlace},
};

use super::whole::whole;
use crate::{
    AppState,
    store::{ProductionError, ProductionRefusal},
};

pub(super) async fn page(state: &AppState, project: ProjectId) -> Result<StoryPage, ProductionError> {
    let productions = state.productions();
    let head = productions.project(project).await?;
    let structures = productions.structures().await?;
    let structure = structures.iter().find(|structure| structure.id == head.narrative_structure).cloned();
    // A structure cannot be removed while a project has it.
    let structure: NarrativeStructure = structure.ok_or(ProductionRefusal::Unknown("narrative structure"))?;
    let place = StoryPlace::of(&productions.narrative(project).await?);
    let mut scenes: Vec<Scene> = whole(productions, project).await?;
    // They come by their chapters; within a chapter they are in order.
    scenes.sort_by_key(|scene| scene.position);
    let chapters: Vec<Chapter> = whole(productions, project).await?;
    let beats: Vec<EmotionalBeat> = whole(productions, project).await?;
    Ok(StoryPage {
        project: PageProject::from(&head),
        structure,
        structures: structures.into_iter().map(|structure| (structure.id, structure.title)).collect(),
        chapters: chapters.iter().map(|chapter| StoryChapter::of(chapter, &scenes)).collect(),
        beats: beats.into_iter().map(|beat| StoryBeat::of(beat, &place)).collect(),
        place,
    })
}
