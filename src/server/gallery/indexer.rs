//! Takes kept outputs into the gallery, and removes for good what was in the trash for long.

use std::{sync::Arc, time::Duration};

use proto::{gallery::OutputFacts, limits, task::OutputKind, time::Timestamp};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{library::Gallery, size::picture_size};
use crate::{
    clock::now,
    store::{NewGalleryItem, StoreError, TaskToIndex},
    workflow_forms::classes,
};

/// After an error of the database.
const RETRY: Duration = Duration::from_secs(5);

impl Gallery {
    /// Until `stop`. At the start, changes that were interrupted are finished, and outputs of an earlier Darkroom are taken in.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        if let Err(error) = self.store.resume_gallery_actions().await {
            tracing::error!(%error, "a change of the gallery that was interrupted is not finished");
        }
        let purging = tokio::spawn(self.clone().purge(stop.clone()));
        while !stop.is_cancelled() {
            let more = match self.index_portion().await {
                Ok(more) => more,
                Err(StoreError::Closed) => break,
                Err(error) => {
                    tracing::warn!(%error, "outputs cannot be taken into the gallery yet");
                    sleep(RETRY).await;
                    true
                }
            };
            if !more {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = self.store.outputs_kept() => {}
                }
            }
        }
        purging.abort();
        self.imports.stop.cancel();
    }

    /// Returns whether there may be more.
    async fn index_portion(&self) -> Result<bool, StoreError> {
        let tasks = self.store.outputs_to_index(limits::GALLERY_PORTION).await?;
        if tasks.is_empty() {
            return Ok(false);
        }
        let mut items = Vec::new();
        for task in tasks {
            items.extend(self.items_of(task).await);
        }
        self.store.add_to_gallery(items).await?;
        Ok(true)
    }

    async fn items_of(&self, TaskToIndex { task, outputs }: TaskToIndex) -> Vec<NewGalleryItem> {
        let catalogs = self.pool.form_catalogs();
        let sizes = futures::future::join_all(outputs.iter().map(|output| picture_size(self.media.files(), &output.file))).await;
        // A workflow may have thousands of nodes.
        let made = tokio::task::spawn_blocking(move || {
            let known = task.as_ref().map(|(task, workflow)| (task, workflow, classes(&catalogs, workflow)));
            let items = outputs.into_iter().zip(sizes).map(|(output, size)| {
                let mut item = NewGalleryItem { created_at: now(), hash: output.file.hash.clone(), key: Some(output.key), facts: None };
                let Some((task, workflow, classes)) = &known else { return item };
                item.created_at = task.ended_at.unwrap_or(task.created_at);
                let Some(kept) = task.outputs.iter().find(|kept| kept.id == output.key.output) else { return item };
                let mut facts = OutputFacts::of(task, workflow, kept, classes);
                if let Some((width, height)) = size {
                    (facts.width, facts.height) = (width, height);
                } else if facts.kind == Some(OutputKind::Image) {
                    // Its bytes are no picture that can be read.
                    (facts.width, facts.height) = (0, 0);
                }
                item.facts = Some(facts);
                item
            });
            items.collect()
        });
        // The task neither panics nor is aborted.
        made.await.unwrap_or_default()
    }

    /// Looks at the start and every [`limits::GALLERY_TIDY`].
    async fn purge(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let life = u64::try_from(limits::GALLERY_TRASH.as_millis()).unwrap_or(u64::MAX);
            let before = Timestamp(now().0.saturating_sub(life));
            match self.store.purge_gallery(before).await {
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the trash of the gallery cannot be emptied now"),
            }
            // Searches read fewer parts afterwards.
            if let Err(error) = self.store.merge_gallery_index().await {
                tracing::warn!(%error, "the index of the gallery cannot be merged now");
            }
            sleep(limits::GALLERY_TIDY).await;
        }
    }
}
