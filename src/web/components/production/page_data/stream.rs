//! What tells a page that something happened. What it is now is read from the server, so that news that come twice, late or not at all do no harm.

use leptos::prelude::on_cleanup;

use super::super::project_events::{self, ProjectNews};
use crate::base_path::with_base;
use proto::production::ProjectId;

/// What a page follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::components::production) enum NewsStream {
    /// Events of a project, of these names; empty: all of them.
    Project(ProjectId, &'static [&'static str]),
    /// Server-sent events at one of Darkroom's paths, of these names.
    Path(&'static str, &'static [&'static str]),
}

/// No event has a number as large: what happened is said to be unknown, so that everything is read, and from then on all news come.
const FROM_NOW: u64 = u64::MAX;

impl NewsStream {
    /// Calls `on_news` with each of them, and when the stream is open (again). Until the caller's owner is gone.
    pub fn follow(self, on_news: impl Fn() + 'static) {
        match self {
            Self::Project(project, names) => {
                let matters = move |news: &ProjectNews| match news {
                    ProjectNews::Incomplete => true,
                    ProjectNews::Event(record) => names.is_empty() || names.contains(&record.event.name()),
                };
                let follower = project_events::follow(project, FROM_NOW, move |news| {
                    if matters(&news) {
                        on_news();
                    }
                });
                on_cleanup(move || drop(follower));
            }
            Self::Path(path, names) => follow_url(&with_base(path), names, on_news),
        }
    }
}

#[cfg(feature = "hydrate")]
fn follow_url(url: &str, names: &[&str], on_news: impl Fn() + 'static) {
    use leptos::{
        wasm_bindgen::{JsCast, closure::Closure},
        web_sys::{Event, EventSource},
    };
    use send_wrapper::SendWrapper;

    let Ok(source) = EventSource::new(url) else { return };
    let listener = Closure::<dyn Fn(Event)>::new(move |_| on_news());
    for name in names.iter().chain(&["open"]) {
        let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    }
    let held = SendWrapper::new((source, listener));
    // The browser connects again by itself, for as long as the page is shown.
    on_cleanup(move || held.0.close());
}

#[cfg(not(feature = "hydrate"))]
fn follow_url(url: &str, names: &[&str], on_news: impl Fn() + 'static) {
    let _ = (url, names, on_news);
}
