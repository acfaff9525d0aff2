//! The events of a project, as they happen: over the page's connection.

#[cfg(feature = "hydrate")]
use leptos::prelude::Owner;
use proto::production::{ProductionRecord, ProjectId};

/// What a page that follows a project is told.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers follow"))]
pub(super) enum ProjectNews {
    Event(Box<ProductionRecord>),
    /// What happened before is not known completely: everything is to be read anew.
    Incomplete,
}

/// Follows a project until it is dropped.
pub(super) struct ProjectFollower {
    #[cfg(feature = "hydrate")]
    owner: Owner,
}

/// Follows a project from the event after `from` on. Over reconnects nothing is missed. `None`: this is the server, where nothing happens later. To be called where
/// the state of the page is known: in a component or an effect.
pub(super) fn follow(project: ProjectId, from: u64, on_news: impl Fn(ProjectNews) + 'static) -> Option<ProjectFollower> {
    #[cfg(feature = "hydrate")]
    {
        let owner = Owner::new();
        // It is called where it was made.
        let on_news = send_wrapper::SendWrapper::new(on_news);
        owner.with(|| crate::live::hooks::use_project_events(project, from, move |_, json| on_news(read(json))));
        Some(ProjectFollower { owner })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (project, from, on_news);
        None
    }
}

#[cfg(feature = "hydrate")]
impl Drop for ProjectFollower {
    fn drop(&mut self) {
        self.owner.cleanup();
    }
}

/// What cannot be read, such as an event of a newer Darkroom, may have changed anything.
#[cfg(feature = "hydrate")]
fn read(json: Option<&str>) -> ProjectNews {
    let record = json.and_then(|json| serde_json::from_str(json).ok());
    record.map_or(ProjectNews::Incomplete, |record| ProjectNews::Event(Box::new(record)))
}
