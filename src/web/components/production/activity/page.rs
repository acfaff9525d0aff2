//! `/projects/{project}/activity`: which part of the history is shown is in the address.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    super::page_data::{NewsStream, PageData, frame},
    filters::filters,
    list::{ReadLines, lines},
    slider::slider,
};
use crate::{
    api::fetch_activity,
    base_path::with_base,
    components::{
        dom,
        reactive::{Erased, memo, part},
    },
};
use proto::production::{
    ProjectId,
    views::{ActivityPage, ActivityQuery},
};

pub(in crate::components::production) fn activity_view(project: ProjectId) -> AnyView {
    let location = use_location();
    let query = memo(move || {
        location.query.with(|query| ActivityQuery {
            kind: query.get("kind").and_then(|word| word.parse().ok()).unwrap_or_default(),
            upto: query.get("upto").and_then(|number| number.parse().ok()),
        })
    });
    let fetch = move || fetch_activity(project, query.get_untracked());
    let data = PageData::<ActivityPage>::follow(NewsStream::Project(project, &[]), move || Box::pin(fetch()));
    Effect::new(move |before: Option<ActivityQuery>| {
        let now = query.get();
        if before.is_some_and(|before| before != now) {
            data.refresh();
        }
        now
    });
    let title = memo(move || data.with(|page| page.project.title.clone()));
    let about = || "What happened, the newest first".to_owned();
    frame("Activity", about, Some((project, title)), data.stage, move || body(data, project, query))
}

fn body(data: PageData<ActivityPage>, project: ProjectId, query: Memo<ActivityQuery>) -> AnyView {
    let read = ReadLines::new();
    // What is read does not move: new lines come in by themselves only at the top of the page.
    Effect::new(move |_| {
        let (asked, lines) = data.with(|page| (page.query, page.lines.clone()));
        read.offer(asked, lines, dom::is_at_top());
    });
    // On the server, and for the first drawing in the browser, effects have not run.
    let (asked, first) = data.with_untracked(|page| (page.query, page.lines.clone()));
    read.offer(asked, first, true);
    let has_more = memo(move || data.with(|page| page.has_more));
    let last = memo(move || read.shown.with(|lines| lines.last().map(|line| line.number)));
    view! {
        <div class="activity-tools">
            {filters(project, query)}
            {slider(data, project, query)}
        </div>
        {lines(data, read)}
        <nav class="view-parts" aria-label="Parts of the history">
            {part(move || if query.get().upto.is_some() {
                let newest = ActivityQuery { upto: None, ..query.get() };
                view! { <a class="button" href=with_base(&newest.href(project))>"The newest"</a> }.erased()
            } else {
                ().into_any()
            })}
            {part(move || match last.get().filter(|_| has_more.get()) {
                Some(number) => {
                    let older = ActivityQuery { upto: Some(number.saturating_sub(1)), ..query.get() };
                    view! { <a class="button" href=with_base(&older.href(project))>"Older"</a> }.erased()
                }
                None => ().into_any(),
            })}
        </nav>
    }
    .into_any()
}
