//! The events of a project, as they happen.

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
    _source: source::OpenSource,
}

/// Follows a project from the event after `from` on. Reconnects by itself, and then gets what it missed. `None`: this browser cannot, or this is the server.
pub(super) fn follow(project: ProjectId, from: u64, on_news: impl Fn(ProjectNews) + 'static) -> Option<ProjectFollower> {
    #[cfg(feature = "hydrate")]
    return Some(ProjectFollower { _source: source::open(project, from, on_news)? });
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (project, from, on_news);
        None
    }
}

#[cfg(feature = "hydrate")]
mod source {
    use std::rc::Rc;

    use leptos::{
        wasm_bindgen::{JsCast, closure::Closure},
        web_sys::{Event, EventSource, MessageEvent},
    };
    use proto::production::{PRODUCTION_EVENT_NAMES, ProjectId};
    use send_wrapper::SendWrapper;

    use super::ProjectNews;

    /// Closed when it is dropped.
    pub struct OpenSource(SendWrapper<(EventSource, Vec<Listener>)>);

    type Listener = Closure<dyn Fn(Event)>;

    impl Drop for OpenSource {
        fn drop(&mut self) {
            self.0.0.close();
        }
    }

    pub fn open(project: ProjectId, from: u64, on_news: impl Fn(ProjectNews) + 'static) -> Option<OpenSource> {
        let source = EventSource::new(&format!("/api/projects/{project}/events/stream?last_event_id={from}")).ok()?;
        let on_news = Rc::new(on_news);
        let listen = |name: &str| {
            let on_news = on_news.clone();
            let listener = Listener::new(move |event: Event| on_news(read(&event)));
            let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            listener
        };
        let listeners = PRODUCTION_EVENT_NAMES.iter().copied().chain(["project.reset"]).map(listen).collect();
        Some(OpenSource(SendWrapper::new((source, listeners))))
    }

    /// What cannot be read, such as an event of a newer Darkroom, may have changed anything.
    fn read(event: &Event) -> ProjectNews {
        let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string()).unwrap_or_default();
        serde_json::from_str(&data).map_or(ProjectNews::Incomplete, |record| ProjectNews::Event(Box::new(record)))
    }
}
