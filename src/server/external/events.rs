//! CloudEvents that come over HTTP.

use proto::external::{
    ProgressScale,
    cloud_events::{CloudEvent, KnownEvent, known_event},
    message_error::MessageError,
    project::report_of_event,
};

use super::programs::ExternalPrograms;
use crate::{
    clock::now,
    store::{ExternalPart, KeptEvent, StoreError},
};

/// What became of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsTaken {
    /// Those that are new.
    pub taken: usize,
    /// Those that were taken before, by their source and id.
    pub repeated: usize,
    /// Projects that there are not, as events named them. The events are kept.
    pub unknown_projects: Vec<String>,
    /// Why events changed nothing in their project. They are kept.
    pub refused: Vec<String>,
}

impl ExternalPrograms {
    /// Reads what the events mean: all of them, before any is stored.
    ///
    /// # Errors
    /// The place of the first whose data are wrong for its type, and what is wrong.
    pub fn understand(&self, events: Vec<CloudEvent>) -> Result<Vec<ExternalPart>, (usize, MessageError)> {
        let scale = self.redis.as_ref().map_or(ProgressScale::default(), |redis| redis.config.progress);
        let part = |(place, event): (usize, CloudEvent)| {
            let tasks = match known_event(&event, scale).map_err(|field| (place, MessageError::Lacks(field)))? {
                KnownEvent::Task(fact) => vec![*fact],
                KnownEvent::Plain => Vec::new(),
            };
            let project = report_of_event(&event).map_err(|error| (place, error))?;
            let json = event.to_json().to_string();
            let event = KeptEvent { source: event.source, id: event.id, kind: event.kind, json, within: None };
            Ok(ExternalPart { event: Some(event), tasks, project, at: now(), ..ExternalPart::default() })
        };
        events.into_iter().enumerate().map(part).collect()
    }

    /// Stores events, and what they say. When this returns, they are on disk.
    ///
    /// # Errors
    /// The database cannot be written: nothing was stored.
    pub async fn take_events(&self, parts: Vec<ExternalPart>) -> Result<EventsTaken, StoreError> {
        let applied = self.store.apply_external(parts).await?;
        for (project, progress) in applied.progress {
            self.productions.tell_progress(Some(project), progress);
        }
        let (mut unknown_projects, refused) = (applied.unknown_projects, applied.refused);
        unknown_projects.sort();
        unknown_projects.dedup();
        Ok(EventsTaken { taken: applied.taken, repeated: applied.repeated, unknown_projects, refused })
    }
}
