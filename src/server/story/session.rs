//! Sessions of clients: which projects each follows, and up to which event it has them. Kept for [`limits::STORY_SESSION_LIFE`] after it was there the last time.

use proto::{limits, production::ProjectId};

use crate::{
    clock::now,
    store::{NewsFilter, ProductionError, Store, StoreError, StorySession},
};

/// The sessions of this server.
#[derive(Clone)]
pub struct StorySessions {
    store: Store,
}

impl StorySessions {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// # Errors
    /// The database cannot be read. `Ok(None)`: there is no such session, or there is none any more.
    pub async fn find(&self, id: &str) -> Result<Option<StorySession>, StoreError> {
        self.store.story_session(id.to_owned(), now()).await
    }

    /// # Errors
    /// The database cannot be written.
    pub async fn keep(&self, id: &str, session: StorySession) -> Result<(), StoreError> {
        self.store.keep_story_session(id.to_owned(), session, now()).await
    }

    /// Where a client begins that follows a project: after the event that it knows, or at the newest.
    ///
    /// # Errors
    /// There is no such project, or the database cannot be read.
    pub async fn place(&self, project: ProjectId, known: Option<u64>) -> Result<u64, ProductionError> {
        self.store.project(project).await?;
        match known {
            Some(known) => Ok(known),
            // No number is as large: nothing but the place of the newest is read.
            None => Ok(self.store.production_news(NewsFilter { project: Some(project), subject: None }, u64::MAX, 1).await?.next),
        }
    }

    /// Whether a client may name its session so: 1 to [`limits::STORY_SESSION_ID`] visible ASCII characters.
    #[must_use]
    pub fn is_id(id: &str) -> bool {
        (1..=limits::STORY_SESSION_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    }
}
