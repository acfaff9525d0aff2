//! The page of the dailies.

use proto::{
    limits,
    production::{
        ProjectId, Take, TakeState,
        views::{DailiesPage, DailiesShot, DailiesTake, PageProject},
    },
};

use super::in_order::in_order;
use crate::{production::Productions, store::ProductionError};

pub(crate) async fn page(productions: &Productions, project: ProjectId) -> Result<DailiesPage, ProductionError> {
    let order = in_order(productions, project).await?;
    let fps = order.project.fields.fps;
    let is_shared = productions.has_shared_dailies(project).await?;
    let unknown = (fps * limits::EXPORT_SHOT_SECONDS as f64).round().max(1.0) as u64;
    let shots = order.shots.into_iter().map(|ordered| DailiesShot {
        shot: ordered.shot.id,
        scene: ordered.shot.scene_id,
        code: ordered.shot.code,
        title: ordered.shot.fields.title,
        frames: if ordered.shot.fields.duration_frames > 0 { ordered.shot.fields.duration_frames.into() } else { unknown },
        take: ordered.take.map(shown),
    });
    Ok(DailiesPage { project: PageProject::from(&order.project), fps, shots: shots.collect(), is_shared })
}

fn shown(take: Take) -> DailiesTake {
    let has_file = take.state == TakeState::Completed;
    let file = match (take.output_id, take.output) {
        (Some(id), _) if has_file => format!("/api/outputs/{id}/file"),
        (None, Some(output)) if has_file => format!("/api/tasks/{}/outputs/{output}", take.task_id),
        _ => String::new(),
    };
    DailiesTake {
        id: take.id,
        version: take.stamp.version,
        number: take.take_number,
        is_video: take.thumbnail.is_none(),
        file,
        rating: take.fields.rating,
        review: take.fields.review,
        note: take.fields.note,
        drawing: take.fields.drawing,
    }
}
