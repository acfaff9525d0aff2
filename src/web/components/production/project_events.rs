//! The events of a project, as they happen: over the page's connection.

use leptos::prelude::Owner;
use proto::production::{ProductionRecord, ProjectId};
use send_wrapper::SendWrapper;

use crate::live::hooks::use_project_events;

/// What a page that follows a project is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ProjectNews {
    Event(Box<ProductionRecord>),
    /// What happened before is not known completely: everything is to be read anew.
    Incomplete,
}

/// Follows a project until it is dropped.
pub(super) struct ProjectFollower(Owner);

impl Drop for ProjectFollower {
    fn drop(&mut self) {
        self.0.cleanup();
    }
}

/// Follows a project from the event after `from` on. Over reconnects nothing is missed. To be called where the state of the page is known: in a component or an
/// effect.
pub(super) fn follow(project: ProjectId, from: u64, on_news: impl Fn(ProjectNews) + 'static) -> ProjectFollower {
    let owner = Owner::new();
    // It is called where it was made.
    let on_news = SendWrapper::new(on_news);
    owner.with(|| use_project_events(project, from, move |_, json| on_news(read(json))));
    ProjectFollower(owner)
}

/// What cannot be read, such as an event of a newer Darkroom, may have changed anything.
fn read(json: Option<&str>) -> ProjectNews {
    let record = json.and_then(|json| serde_json::from_str(json).ok());
    record.map_or(ProjectNews::Incomplete, |record| ProjectNews::Event(Box::new(record)))
}
