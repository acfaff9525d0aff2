//! CloudEvents that come over HTTP.

use proto::external::{
    ProgressScale,
    cloud_events::{CloudEvent, KnownEvent, known_event},
};

use super::programs::ExternalPrograms;
use crate::{
    clock::now,
    store::{ExternalPart, KeptEvent, StoreError},
};

/// What became of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventsTaken {
    /// Those that are new.
    pub taken: usize,
    /// Those that were taken before, by their source and id.
    pub repeated: usize,
}

impl ExternalPrograms {
    /// Reads what the events mean: all of them, before any is stored.
    ///
    /// # Errors
    /// The place of the first whose data lack what its type needs, and the name of the field.
    pub fn understand(&self, events: Vec<CloudEvent>) -> Result<Vec<ExternalPart>, (usize, &'static str)> {
        let scale = self.redis.as_ref().map_or(ProgressScale::default(), |redis| redis.config.progress);
        let part = |(place, event): (usize, CloudEvent)| {
            let tasks = match known_event(&event, scale).map_err(|field| (place, field))? {
                KnownEvent::Task(fact) => vec![*fact],
                KnownEvent::Plain => Vec::new(),
            };
            let json = event.to_json().to_string();
            let event = KeptEvent { source: event.source, id: event.id, kind: event.kind, json, within: None };
            Ok(ExternalPart { event: Some(event), tasks, at: now(), ..ExternalPart::default() })
        };
        events.into_iter().enumerate().map(part).collect()
    }

    /// Stores events, and what they say. When this returns, they are on disk.
    ///
    /// # Errors
    /// The database cannot be written: nothing was stored.
    pub async fn take_events(&self, parts: Vec<ExternalPart>) -> Result<EventsTaken, StoreError> {
        let applied = self.store.apply_external(parts).await?;
        Ok(EventsTaken { taken: applied.taken, repeated: applied.repeated })
    }
}
