//! The page of a shot.

use std::collections::BTreeSet;

use proto::{
    limits,
    production::{AsJson, Asset, Cast, EmotionalBeat, ProductionNode, ProductionObject, ProjectId, Scene, Shot, ShotId, ShotView},
};

use super::library::Productions;
use crate::store::{ObjectQuery, ProductionError, TakeQuery};

/// Errors: see [`crate::store::ProductionRefusal`], and the database cannot be read.
impl Productions {
    /// A shot with all that its page shows.
    pub async fn shot_view(&self, project: ProjectId, id: ShotId) -> Result<ShotView, ProductionError> {
        // Before everything else: what changes in between is told once more.
        let at = self.newest_event(project).await?;
        let shot: Shot = self.object(project, id.to_string()).await?;
        let scene: Scene = self.object(project, shot.scene.to_string()).await?;
        let (before, after) = self.neighbours(project, &shot, &scene).await?;
        let inside =
            |in_trash| ObjectQuery { parent: Some(id.to_string()), in_trash, limit: limits::PRODUCTION_PAGE, ..ObjectQuery::default() };
        let nodes = self.objects::<ProductionNode>(project, inside(false)).await?.objects;
        let casts = self.objects::<Cast>(project, inside(false)).await?.objects;
        let mut takes = Vec::new();
        for in_trash in [false, true] {
            let query = TakeQuery { shot: Some(id), in_trash, limit: limits::SHOT_TAKES, ..TakeQuery::default() };
            takes.extend(self.takes(project, query).await?.takes);
        }
        takes.sort_by_key(|take| std::cmp::Reverse((take.stamp.created_at, take.take_number)));
        Ok(ShotView {
            project: AsJson(self.project(project).await?),
            prompt: AsJson(self.prompt(project, id, BTreeSet::new(), None).await?),
            assets: AsJson(self.every::<Asset>(project).await?),
            beats: AsJson(self.every::<EmotionalBeat>(project).await?),
            scene: AsJson(scene),
            shot: AsJson(shot),
            before,
            after,
            nodes: AsJson(nodes),
            takes: AsJson(takes),
            casts: AsJson(casts),
            at,
        })
    }

    /// The shots before and after one: in its scene, or else the last and the first of the scenes beside it in its chapter.
    async fn neighbours(
        &self,
        project: ProjectId,
        shot: &Shot,
        scene: &Scene,
    ) -> Result<(Option<ShotId>, Option<ShotId>), ProductionError> {
        let shots = self.in_scene(project, scene).await?;
        let at = shots.iter().position(|other| *other == shot.id);
        let beside = |step: isize| at.and_then(|at| shots.get(at.checked_add_signed(step)?).copied());
        let (mut before, mut after) = (beside(-1), beside(1));
        if before.is_none() || after.is_none() {
            let query = ObjectQuery { parent: Some(scene.parent()), limit: limits::PRODUCTION_PAGE, ..ObjectQuery::default() };
            let scenes = self.objects::<Scene>(project, query).await?.objects;
            let at = scenes.iter().position(|other| other.id == scene.id);
            let beside = |step: isize| at.and_then(|at| scenes.get(at.checked_add_signed(step)?));
            if before.is_none()
                && let Some(scene) = beside(-1)
            {
                before = self.in_scene(project, scene).await?.last().copied();
            }
            if after.is_none()
                && let Some(scene) = beside(1)
            {
                after = self.in_scene(project, scene).await?.first().copied();
            }
        }
        Ok((before, after))
    }

    async fn in_scene(&self, project: ProjectId, scene: &Scene) -> Result<Vec<ShotId>, ProductionError> {
        let query = ObjectQuery { parent: Some(scene.key()), limit: limits::PRODUCTION_PAGE, ..ObjectQuery::default() };
        Ok(self.objects::<Shot>(project, query).await?.objects.iter().map(|shot| shot.id).collect())
    }
}
