//! The story of a project, and the prompts of its shots.

use std::collections::BTreeSet;

use proto::production::{
    CompositePrompt, NarrativeProgress, NarrativeStructure, PartSource, ProductionNodeId, Project, ProjectId, Shot, ShotId,
};
use serde_json::{Map, Value};

use super::library::{Productions, moment};
use crate::store::{ObjectCursor, ObjectQuery, ProductionError, ReachedBeat, StaleTake};

/// Errors of all of these: see [`crate::store::ProductionRefusal`], and the database cannot be read or written.
impl Productions {
    /// Darkroom's own, and those that people added.
    pub async fn structures(&self) -> Result<Vec<NarrativeStructure>, ProductionError> {
        self.store.narrative_structures().await
    }

    pub async fn add_structure(&self, new: NarrativeStructure) -> Result<NarrativeStructure, ProductionError> {
        self.store.add_structure(new, moment()).await
    }

    pub async fn remove_structure(&self, id: String) -> Result<(), ProductionError> {
        self.store.remove_structure(id, moment()).await
    }

    /// Gives a project another structure. Its beats and chapters go to the steps at their places.
    pub async fn switch_structure(&self, project: ProjectId, version: Option<u32>, structure: String) -> Result<Project, ProductionError> {
        self.store.switch_structure(project, version, structure, moment()).await
    }

    pub async fn narrative(&self, project: ProjectId) -> Result<NarrativeProgress, ProductionError> {
        self.store.narrative_progress(project).await
    }

    /// A beat is reached.
    pub async fn reach_beat(&self, project: ProjectId, beat: ReachedBeat) -> Result<NarrativeProgress, ProductionError> {
        self.store.reach_beat(project, beat, moment()).await
    }

    /// Changes a part of where the story is.
    pub async fn move_narrative(
        &self,
        project: ProjectId,
        version: Option<u32>,
        patch: Map<String, Value>,
    ) -> Result<NarrativeProgress, ProductionError> {
        self.store.move_narrative(project, version, patch, moment()).await
    }

    /// The prompt of a shot as it is today, without the parts in `off`. `node`: everybody is told that it is assembled for it.
    pub async fn prompt(
        &self,
        project: ProjectId,
        shot: ShotId,
        off: BTreeSet<PartSource>,
        node: Option<ProductionNodeId>,
    ) -> Result<CompositePrompt, ProductionError> {
        let prompt = self.store.composite_prompt(project, shot, off).await?;
        if let Some(node) = node {
            self.store.tell_prompt(project, node, prompt.clone(), moment()).await?;
        }
        Ok(prompt)
    }

    /// The current takes of a shot that were made of older parts.
    pub async fn stale_takes(&self, project: ProjectId, shot: ShotId) -> Result<Vec<StaleTake>, ProductionError> {
        self.store.stale_takes(project, shot).await
    }

    /// Those of the next `limit` shots of a project that have such takes, and where the next part begins.
    pub async fn stale_shots(
        &self,
        project: ProjectId,
        after: Option<ObjectCursor>,
        limit: u32,
    ) -> Result<(Vec<(ShotId, Vec<StaleTake>)>, Option<ObjectCursor>), ProductionError> {
        let page = self.store.objects::<Shot>(project, ObjectQuery { after, limit, ..ObjectQuery::default() }).await?;
        Ok((self.store.stale_shots(page.objects).await?, page.next))
    }
}
