//! A project as it is exported: see [`proto::production::export`].

use proto::production::{
    ProjectId, Take,
    export::{CutClip, CutList, CutTake, FrameRate},
};

use super::in_order::{OrderedShot, in_order};
use crate::{production::Productions, store::ProductionError};

/// The cut, and the takes in it, in order.
pub(crate) async fn cut(productions: &Productions, project: ProjectId) -> Result<(CutList, Vec<Take>), ProductionError> {
    let order = in_order(productions, project).await?;
    let clips = order.shots.iter().map(clip).collect();
    let list = CutList { title: order.project.fields.title, rate: FrameRate::new(order.project.fields.fps), clips };
    Ok((list, order.shots.into_iter().filter_map(|shot| shot.take).collect()))
}

fn clip(OrderedShot { chapter, scene_title, shot, take }: &OrderedShot) -> CutClip {
    let fields = &shot.fields;
    CutClip {
        chapter: chapter.clone(),
        scene: shot.scene_id,
        scene_title: scene_title.clone(),
        shot: shot.code,
        title: fields.title.clone(),
        shot_type: fields.shot_type.clone(),
        dialogue: fields.dialogue.clone(),
        status: fields.status,
        duration_frames: fields.duration_frames,
        take: take.as_ref().map(|take| CutTake {
            node: take.node_id.to_string(),
            number: take.take_number,
            path: take.path.clone(),
            quality: take.quality_preset,
            seed: take.seed,
            rating: take.fields.rating,
            review: take.fields.review,
            note: take.fields.note.clone(),
            prompt: take.composite_prompt.as_ref().map(|prompt| prompt.final_prompt.clone()).unwrap_or_default(),
        }),
    }
}
