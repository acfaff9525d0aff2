//! Runs the tasks of outputs again.

use std::collections::BTreeSet;

use proto::{
    gallery::{GalleryId, GalleryOrder, GallerySelection, OutputsRerun},
    ids::{CommandId, TaskId},
    limits,
};

use super::{error::GalleryError, library::Gallery};
use crate::{
    command_error::CommandError,
    state::AppState,
    store::{GalleryItem, GalleryRange, Key},
    submissions::SubmissionError,
};

/// A task with several of these outputs runs once. `id`: the same request again makes no more tasks.
///
/// # Errors
/// `Change`: too many tasks for one request. `Search` or `Store`.
pub(super) async fn rerun(
    state: &AppState,
    selection: GallerySelection,
    new_seed: bool,
    id: CommandId,
) -> Result<OutputsRerun, GalleryError> {
    let mut done = OutputsRerun::default();
    let mut tasks = BTreeSet::new();
    for item in selected(state.gallery(), selection).await? {
        match item.task {
            Some(task) => _ = tasks.insert(task),
            None => done.without_task += 1,
        }
    }
    if tasks.len() > limits::GALLERY_RERUN {
        return Err(too_many());
    }
    for task in tasks {
        match one(state, task, new_seed, id).await {
            Ok(()) => done.started += 1,
            Err(SubmissionError::Original(CommandError::UnknownTask)) => done.without_task += 1,
            Err(error) => {
                done.refused += 1;
                done.why.get_or_insert(error.to_string());
            }
        }
    }
    Ok(done)
}

async fn one(state: &AppState, task: TaskId, new_seed: bool, id: CommandId) -> Result<(), SubmissionError> {
    let key = Key::new(&format!("{id} {task}"), format!("rerun {task} {new_seed}").as_bytes());
    state.submissions().rerun(task, new_seed, key).await.map(drop)
}

fn too_many() -> GalleryError {
    GalleryError::Change(format!("At most {} tasks are run again at once. Select fewer outputs.", limits::GALLERY_RERUN))
}

/// The outputs themselves: a few more than tasks can be run, because a task may have several.
async fn selected(gallery: &Gallery, selection: GallerySelection) -> Result<Vec<GalleryItem>, GalleryError> {
    const MOST: usize = limits::GALLERY_RERUN * 20;
    let mut items = Vec::new();
    match selection {
        GallerySelection::Ids(ids) if ids.len() > MOST => return Err(too_many()),
        GallerySelection::Ids(ids) => {
            for id in ids {
                match gallery.item(id).await {
                    Ok(item) => items.push(item),
                    // Removed since it was selected.
                    Err(GalleryError::Unknown) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        GallerySelection::Results { mut query, upto, except } => {
            query.order = GalleryOrder::Newest;
            let mut after: Option<GalleryId> = None;
            loop {
                let range = GalleryRange { after, upto: Some(upto), ..GalleryRange::default() };
                let page = gallery.page(&query, range, limits::GALLERY_TILES).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                items.extend(page.into_iter().filter(|item| !except.contains(&item.id)));
                if items.len() > MOST {
                    return Err(too_many());
                }
            }
        }
    }
    Ok(items)
}
