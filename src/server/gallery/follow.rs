//! A program that follows what happens to outputs, from any place on.

use std::sync::Arc;

use proto::{gallery::GalleryQuery, limits};
use tokio::{sync::watch, time::sleep};

use super::{error::GalleryError, library::Gallery};
use crate::store::{GalleryNews, StoreError};

/// What one follower is told.
#[derive(Debug)]
pub enum FollowedGallery {
    /// In their order; each has its number. Others may come between them.
    News(Vec<GalleryNews>),
    /// What happened before this number is not known completely: the list is to be read anew.
    Incomplete(u64),
}

pub struct GalleryFollower {
    gallery: Arc<Gallery>,
    query: GalleryQuery,
    at: u64,
    changed: watch::Receiver<u64>,
}

impl Gallery {
    /// Follows from the entry after `known` on, or from now on. `query`: of which outputs it is told whether they are results.
    ///
    /// # Errors
    /// `Search` or `Store`.
    pub async fn follow(self: &Arc<Self>, query: GalleryQuery, known: Option<u64>) -> Result<GalleryFollower, GalleryError> {
        let search = self.search(&query)?;
        let changed = self.store.watch_gallery();
        let at = match known {
            Some(known) => known,
            // No number is as large: nothing but the place of the newest is read.
            None => self.store.gallery_news(search, u64::MAX, 1).await?.next,
        };
        Ok(GalleryFollower { gallery: self.clone(), query, at, changed })
    }
}

impl GalleryFollower {
    /// Up to which number everything was told.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Waits for what happens next. `None`: the database is closed. Cancel-safe.
    pub async fn next(&mut self) -> Option<FollowedGallery> {
        loop {
            // Before reading, so that what is written in between is noticed.
            self.changed.mark_unchanged();
            // Read anew each time, because `date:today` moves on. It was read before: it cannot fail.
            let search = self.gallery.search(&self.query).ok()?;
            match self.gallery.store.gallery_news(search, self.at, limits::EXPORT_PORTION).await {
                Ok(page) if !page.is_complete => {
                    self.at = page.next;
                    return Some(FollowedGallery::Incomplete(page.next));
                }
                Ok(page) => {
                    self.at = page.next;
                    if !page.news.is_empty() {
                        return Some(FollowedGallery::News(page.news));
                    }
                    // Cannot fail while the store is there.
                    self.changed.changed().await.ok()?;
                }
                Err(StoreError::Closed) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a program that follows the gallery has to wait");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }
}
