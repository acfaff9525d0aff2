//! Server-sent events that tell a page that something happened. What happened is read from the server, so that an event that comes twice, late or not at
//! all does no harm.

use proto::production::ProjectId;

/// What a page follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewsStream {
    /// The address of the stream.
    pub url: String,
    /// The names of the events that matter to the page.
    pub names: &'static [&'static str],
}

/// Every event of a project.
pub(crate) const PROJECT_EVENTS: &[&str] = &[
    "project.updated",
    "project.deleted",
    "chapter.changed",
    "scene.changed",
    "shot.changed",
    "asset.changed",
    "cast.changed",
    "beat.changed",
    "file.uploaded",
    "file.deleted",
    "process.started",
    "process.completed",
    "node.state_changed",
    "generation.started",
    "generation.completed",
    "generation.error",
    "take.created",
    "take.updated",
    "take.selected",
    "take.reviewed",
    "take.trashed",
    "take.restored",
    "agent.assigned",
    "agent.completed",
    "agent.handoff",
    "prompt.composite",
    "narrative.beat",
    "narrative.progress",
    "structure.changed",
    "git.commit",
    "git.push",
    "git.pull",
    "project.reset",
];

impl NewsStream {
    /// Those events of a project.
    pub fn of_project(project: ProjectId, names: &'static [&'static str]) -> Self {
        Self { url: format!("/api/projects/{project}/events/stream"), names }
    }

    /// Calls `on_news` with each of them, and when the stream is open (again): what happened before is not told. Until the caller's owner is gone.
    #[cfg(feature = "hydrate")]
    pub fn follow(self, on_news: impl Fn() + 'static) {
        use leptos::{
            prelude::on_cleanup,
            wasm_bindgen::{JsCast, closure::Closure},
            web_sys::{Event, EventSource},
        };
        use send_wrapper::SendWrapper;

        let Ok(source) = EventSource::new(&self.url) else { return };
        let listener = Closure::<dyn Fn(Event)>::new(move |_| on_news());
        for name in self.names.iter().chain(&["open"]) {
            let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        let held = SendWrapper::new((source, listener));
        // The browser connects again by itself, for as long as the page is shown.
        on_cleanup(move || held.0.close());
    }

    #[cfg(not(feature = "hydrate"))]
    pub fn follow(self, on_news: impl Fn() + 'static) {
        let _ = (self, on_news);
    }
}
