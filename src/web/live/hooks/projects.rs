//! The events of a project.

use std::sync::Arc;

use leptos::prelude::*;

use crate::live::state::use_live;
use proto::production::ProjectId;

/// Calls `on_event` with each event of a project after the event `from`: its number (0: progress, which is told once) and the event as JSON. `None`: what happened
/// up to that number is not known completely, and is to be read anew. Over reconnects nothing is missed, nor while the page polls. Until the component that calls
/// this is unmounted.
pub fn use_project_events(project: ProjectId, from: u64, on_event: impl Fn(u64, Option<&str>) + Send + Sync + 'static) {
    let live = use_live();
    let number = live.follow_project(project, from, Arc::new(on_event));
    on_cleanup(move || live.unfollow_project(number));
}
