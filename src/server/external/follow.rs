//! A program that follows tasks of other programs, from any place on.

use std::sync::Arc;

use proto::{external::ExternalTask, limits};
use tokio::{sync::watch, time::sleep};

use super::programs::ExternalPrograms;
use crate::store::StoreError;

/// What one follower is told.
#[derive(Debug)]
pub enum FollowedExternal {
    /// Tasks that changed, each as it is now, with the number of the change.
    Tasks(Vec<(u64, ExternalTask)>),
    /// The link to Redis has another state, or a worker came or is not seen any more.
    Around,
    /// What happened before this number is not known: the list is to be read anew.
    Incomplete(u64),
}

pub struct ExternalFollower {
    programs: Arc<ExternalPrograms>,
    at: u64,
    changed: watch::Receiver<u64>,
    around: watch::Receiver<()>,
}

impl ExternalPrograms {
    /// Follows from the change after `known` on, or from now on.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn follow(self: &Arc<Self>, known: Option<u64>) -> Result<ExternalFollower, StoreError> {
        let (changed, around) = (self.store.watch_external(), self.status.watch());
        let at = match known {
            Some(known) => known,
            // No number is as large: nothing but the place of the newest is read.
            None => self.store.external_news(i64::MAX.cast_unsigned(), 1).await?.next,
        };
        Ok(ExternalFollower { programs: self.clone(), at, changed, around })
    }
}

impl ExternalFollower {
    /// Up to which number everything was told.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Waits for what happens next. `None`: the database is closed. Cancel-safe.
    pub async fn next(&mut self) -> Option<FollowedExternal> {
        loop {
            // Before reading, so that what is written in between is noticed.
            self.changed.mark_unchanged();
            match self.programs.store.external_news(self.at, limits::EXTERNAL_PAGE).await {
                Ok(news) => {
                    self.at = news.next;
                    if !news.is_complete {
                        return Some(FollowedExternal::Incomplete(news.next));
                    }
                    if !news.tasks.is_empty() {
                        return Some(FollowedExternal::Tasks(news.tasks));
                    }
                    // Neither can fail while the store and the programs are there.
                    tokio::select! {
                        changed = self.changed.changed() => changed.ok()?,
                        around = self.around.changed() => {
                            around.ok()?;
                            return Some(FollowedExternal::Around);
                        }
                    }
                }
                Err(StoreError::Closed) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a program that follows tasks of other programs has to wait");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }
}
