//! The title and the favicon, which show the progress when the tab is in the background.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{dom, words::percent};
use crate::components::reactive::{Erased, memo};
use crate::live::use_live;
use proto::task::TaskState;

/// "42 % · Darkroom" while a task runs, else "Darkroom".
#[component]
pub fn PageTitle() -> impl IntoView {
    let live = use_live();
    let running = memo(move || {
        let task = live.active_task()?;
        live.with_progress(task, |task| (task.state == TaskState::Running).then(|| percent(task))).flatten()
    });
    Effect::new(move |before: Option<Option<u8>>| {
        // In steps of five percent: the favicon is too small for more, and drawing it is expensive.
        let now = running.get().map(|percent| percent / 5 * 5);
        match (before.flatten(), now) {
            (before, Some(now)) if before != Some(now) => dom::set_favicon(Some(&ring(now))),
            (Some(_), None) => dom::set_favicon(None),
            _ => {}
        }
        now
    });
    view! {
        <Title text=move || match running.get() {
            Some(percent) => format!("{percent} % · Darkroom"),
            None => "Darkroom".to_owned(),
        } />
    }
    .erased()
}

/// A ring that is full to `percent`, as a data url.
fn ring(percent: u8) -> String {
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' \
         fill='%23161312'/%3E%3Cg fill='none' stroke-width='5'%3E%3Ccircle cx='16' cy='16' r='10' stroke='%233a322d'/%3E%3Ccircle cx='16' \
         cy='16' r='10' stroke='%23ff6a3d' pathLength='100' stroke-dasharray='{percent} 100' transform='rotate(-90 16 16)'/%3E%3C/g%3E%3C/svg%3E"
    )
}
