//! A program that follows what happens in productions, from any place on.

use std::sync::Arc;

use proto::{
    limits,
    production::{ProductionRecord, ProjectId},
};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::sleep,
};

use super::library::Productions;
use crate::store::{NewsFilter, ProductionError, StoreError};

/// What one follower is told.
#[derive(Debug)]
pub enum FollowedProduction {
    /// In their order; each has its number. Events of other projects may come between them.
    Records(Vec<ProductionRecord>),
    /// It is not stored, and told only to those that are there.
    Progress(Arc<ProductionRecord>),
    /// What happened before this number is not known completely: everything is to be read anew.
    Incomplete(u64),
}

pub struct ProductionFollower {
    productions: Arc<Productions>,
    project: Option<ProjectId>,
    at: u64,
    changed: watch::Receiver<u64>,
    progress: broadcast::Receiver<Arc<ProductionRecord>>,
}

impl Productions {
    /// Follows a project, or all of them, from the event after `known` on, or from now on.
    ///
    /// # Errors
    /// There is no such project, or the database cannot be read.
    pub async fn follow(self: &Arc<Self>, project: Option<ProjectId>, known: Option<u64>) -> Result<ProductionFollower, ProductionError> {
        let (changed, progress) = (self.store.watch_productions(), self.progress.subscribe());
        // No number is as large: nothing but the place of the newest is read.
        let newest = self.events(NewsFilter { project, subject: None }, u64::MAX, 1).await?.next;
        Ok(ProductionFollower { productions: self.clone(), project, at: known.unwrap_or(newest), changed, progress })
    }
}

impl ProductionFollower {
    /// Up to which number everything was told.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Waits for what happens next. `None`: the database is closed. Cancel-safe.
    pub async fn next(&mut self) -> Option<FollowedProduction> {
        loop {
            // Before reading, so that what is written in between is noticed.
            self.changed.mark_unchanged();
            let filter = NewsFilter { project: self.project, subject: None };
            match self.productions.store.production_news(filter, self.at, limits::EXPORT_PORTION).await {
                Ok(page) if !page.is_complete => {
                    self.at = page.next;
                    return Some(FollowedProduction::Incomplete(page.next));
                }
                Ok(page) => {
                    self.at = page.next;
                    if !page.records.is_empty() {
                        return Some(FollowedProduction::Records(page.records));
                    }
                    if let Some(progress) = self.wait().await? {
                        return Some(FollowedProduction::Progress(progress));
                    }
                }
                Err(ProductionError::Store(StoreError::Closed)) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a program that follows a production has to wait");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }

    /// Waits for progress of the project, or (`Some(None)`) until something was stored.
    async fn wait(&mut self) -> Option<Option<Arc<ProductionRecord>>> {
        loop {
            tokio::select! {
                biased;
                // Cannot fail while the store is there.
                changed = self.changed.changed() => return changed.ok().map(|()| None),
                progress = self.progress.recv() => match progress {
                    Ok(record) if self.project.is_none() || self.project == record.project_id => return Some(Some(record)),
                    // Of another project, or there was too much of it: what comes next is newer.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}
