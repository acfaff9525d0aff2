//! The store's functions that change the gallery: stars, ratings, tags, albums and the trash.

use proto::{
    gallery::{GalleryActionResult, GalleryChange, GalleryId},
    time::Timestamp,
};

use super::{actions, model::GalleryTarget, results::raw, undo::begin_undo, write};
use crate::store::{Store, StoreError};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// Changes outputs, [`proto::limits::GALLERY_PORTION`] in each transaction. An output that is so already is not changed. Starred ones do not go
    /// to the trash with others. It goes on when nobody waits for it any more; if the process ends, [`Self::resume_gallery_actions`] goes on.
    pub async fn change_gallery(
        &self,
        target: GalleryTarget,
        change: GalleryChange,
        now: Timestamp,
    ) -> Result<GalleryActionResult, StoreError> {
        let store = self.clone();
        to_its_end(async move { store.change_all_of(target, change, now).await }).await
    }

    async fn change_all_of(&self, target: GalleryTarget, change: GalleryChange, now: Timestamp) -> Result<GalleryActionResult, StoreError> {
        let begin = move |transaction: &rusqlite::Transaction| {
            let action = actions::begin(transaction, &target, &change, now)?;
            Ok((action, actions::portion(transaction, action)?))
        };
        let (action, more) = self.write(begin).await?;
        if more {
            self.finish_gallery_action(action).await?;
        }
        while self.write(actions::forget_old).await? {}
        Ok(self
            .gallery_action(action)
            .await?
            .unwrap_or(GalleryActionResult { action: action.cast_unsigned(), ..GalleryActionResult::default() }))
    }

    /// Changes back what an action changed, except what was changed again since. An action that is under way stops. Returns how many outputs are
    /// as they were; `None`: it is too old, or there is no such action. It goes on when nobody waits for it any more.
    pub async fn undo_gallery(&self, action: u64) -> Result<Option<GalleryActionResult>, StoreError> {
        let action = i64::try_from(action).unwrap_or(i64::MAX);
        let store = self.clone();
        to_its_end(async move {
            store.write(move |transaction| begin_undo(transaction, action)).await?;
            store.finish_gallery_action(action).await?;
            store.gallery_action(action).await
        })
        .await
    }

    /// At the start: finishes the actions that were interrupted.
    pub async fn resume_gallery_actions(&self) -> Result<(), StoreError> {
        for action in self.reading(|connection| Ok(actions::all_unfinished(connection)?)).await? {
            self.finish_gallery_action(action).await?;
        }
        Ok(())
    }

    /// Removes the outputs that were put in the trash before `before`. Returns how many. Their files are removed as those of all that nothing
    /// refers to.
    pub async fn purge_gallery(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            let removed = self.write(move |transaction| write::purge(transaction, before)).await?;
            if removed == 0 {
                break;
            }
            purged += removed;
        }
        if purged > 0 {
            self.0.shared.unreferenced.notify_one();
        }
        Ok(purged)
    }

    /// Removes one output that is in the trash, with its file. Returns whether it was there.
    pub async fn purge_gallery_output(&self, id: GalleryId) -> Result<bool, StoreError> {
        let removed = self.write(move |transaction| write::purge_one(transaction, raw(id))).await?;
        if removed {
            self.0.shared.unreferenced.notify_one();
        }
        Ok(removed)
    }

    /// Joins the parts of the full-text index, [`proto::limits::GALLERY_MERGED_PAGES`] in each transaction: searches then take half of the time. For when
    /// many outputs were added, and nobody waits: of a million outputs it takes half a minute. What is interrupted is not lost.
    pub async fn merge_gallery_index(&self) -> Result<(), StoreError> {
        let mut more = self.write(|transaction| write::merge(transaction, true)).await?;
        while more {
            more = self.write(|transaction| write::merge(transaction, false)).await?;
        }
        Ok(())
    }

    async fn finish_gallery_action(&self, action: i64) -> Result<(), StoreError> {
        while self.write(move |transaction| actions::portion(transaction, action)).await? {}
        Ok(())
    }

    async fn gallery_action(&self, action: i64) -> Result<Option<GalleryActionResult>, StoreError> {
        self.reading(move |connection| Ok(actions::result(connection, action)?)).await
    }
}

/// Runs `work` to its end, also when the caller is gone: a change of a million outputs takes longer than browsers wait.
async fn to_its_end<T: Send + 'static>(work: impl Future<Output = Result<T, StoreError>> + Send + 'static) -> Result<T, StoreError> {
    tokio::spawn(work).await.unwrap_or(Err(StoreError::Closed))
}
