//! The slider back in time: over the numbers of the events that are kept.

use leptos::{ev, prelude::*};
use leptos_router::NavigateOptions;

use super::super::page_data::PageData;
use crate::{
    base_path::use_navigate,
    components::{
        reactive::{Erased, listener, memo},
        words::ago,
    },
};
use proto::production::{
    ProjectId,
    views::{ActivityPage, ActivityQuery},
};

pub(super) fn slider(data: PageData<ActivityPage>, project: ProjectId, query: Memo<ActivityQuery>) -> AnyView {
    let navigate = StoredValue::new(use_navigate());
    let ends = memo(move || data.with(|page| (page.oldest, page.newest)));
    let value = memo(move || {
        let (oldest, newest) = ends.get();
        query.get().upto.unwrap_or(newest).clamp(oldest, newest.max(oldest))
    });
    let choose = move |event: ev::Event| {
        let Ok(number) = event_target_value(&event).parse::<u64>() else { return };
        // At its end it follows what is new.
        let upto = Some(number).filter(|number| *number < ends.get_untracked().1);
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        let href = ActivityQuery { upto, ..query.get_untracked() }.href(project);
        navigate.with_value(|navigate| navigate(&href, options));
    };
    let words = memo(move || match query.get().upto {
        None => "now".to_owned(),
        Some(_) => {
            let at = data.with(|page| page.lines.first().map(|line| line.at));
            at.map_or_else(|| "before the first event".to_owned(), |at| ago(data.live.now().since(at)))
        }
    });
    let disabled = memo(move || {
        let (oldest, newest) = ends.get();
        oldest >= newest
    });
    view! {
        <div class="field activity-slider with-script">
            <label for="activity-time">"Back in time: "<strong>{words}</strong></label>
            <input
                id="activity-time"
                type="range"
                step="1"
                min=memo(move || ends.get().0.to_string())
                max=memo(move || ends.get().1.to_string())
                prop:value=memo(move || value.get().to_string())
                aria-valuetext=words
                disabled=disabled
                on:change=listener(choose)
            />
        </div>
    }
    .erased()
}
