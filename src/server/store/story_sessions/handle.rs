//! Sessions of clients of the story's dialect.

use std::collections::BTreeMap;

use proto::{limits, production::ProjectId, time::Timestamp};
use rusqlite::{OptionalExtension, params};

use crate::store::{Store, StoreError, time::ms};

/// What is kept of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorySession {
    /// The projects that it follows, each with the last event that is known to have arrived. `None`: none yet.
    pub places: BTreeMap<ProjectId, Option<u64>>,
}

fn oldest(now: Timestamp) -> i64 {
    let life = i64::try_from(limits::STORY_SESSION_LIFE.as_millis()).unwrap_or(i64::MAX);
    ms(now).saturating_sub(life)
}

impl Store {
    /// `None`: there is no such session, or it was not there for too long.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn story_session(&self, id: String, now: Timestamp) -> Result<Option<StorySession>, StoreError> {
        self.reading(move |connection| {
            let places: Option<String> = connection
                .prepare_cached("SELECT places FROM story_sessions WHERE id = ?1 AND seen_at > ?2")?
                .query_row(params![id, oldest(now)], |row| row.get(0))
                .optional()?;
            let places = places.map(|places| serde_json::from_str::<BTreeMap<ProjectId, Option<u64>>>(&places));
            // One that cannot be read is a new one.
            Ok(places.and_then(Result::ok).map(|places| StorySession { places }))
        })
        .await
    }

    /// Keeps a session, and forgets those that were not there for too long.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn keep_story_session(&self, id: String, session: StorySession, now: Timestamp) -> Result<(), StoreError> {
        let places = serde_json::to_string(&session.places)?;
        self.write(move |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO story_sessions (id, places, seen_at) VALUES (?1, ?2, ?3)")?
                .execute(params![id, places, ms(now)])?;
            transaction.prepare_cached("DELETE FROM story_sessions WHERE seen_at <= ?1")?.execute([oldest(now)])?;
            transaction
                .prepare_cached(
                    "DELETE FROM story_sessions WHERE id IN (SELECT id FROM story_sessions ORDER BY seen_at DESC LIMIT -1 OFFSET ?1)",
                )?
                .execute([limits::STORY_SESSIONS])?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::tests::open;

    #[tokio::test]
    async fn a_session_is_there_for_a_day_after_it_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(folder.path());
        let session =
            StorySession { places: BTreeMap::from([(ProjectId(Uuid::from_u128(1)), Some(7)), (ProjectId(Uuid::from_u128(2)), None)]) };
        let day = u64::try_from(limits::STORY_SESSION_LIFE.as_millis()).unwrap();
        store.keep_story_session("a".into(), session.clone(), Timestamp(1_000)).await.unwrap();
        assert_eq!(store.story_session("a".into(), Timestamp(999 + day)).await.unwrap(), Some(session.clone()));
        assert_eq!(store.story_session("a".into(), Timestamp(1_000 + day)).await.unwrap(), None);
        assert_eq!(store.story_session("b".into(), Timestamp(1_000)).await.unwrap(), None);
        drop(store);
        let (store, _) = open(folder.path());
        assert_eq!(store.story_session("a".into(), Timestamp(2_000)).await.unwrap(), Some(session));
    }
}
