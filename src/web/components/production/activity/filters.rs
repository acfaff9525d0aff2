//! Which kind of events is shown. A form, so that it works without JavaScript, too.

use leptos::{ev, prelude::*};
use leptos_router::NavigateOptions;

use crate::{
    base_path::{use_navigate, with_base},
    components::reactive::{Erased, listener, memo},
};
use proto::production::{
    ProjectId,
    views::{ActivityKind, ActivityQuery},
};

pub(super) fn filters(project: ProjectId, query: Memo<ActivityQuery>) -> AnyView {
    let navigate = StoredValue::new(use_navigate());
    let choose = move |event: ev::Event| {
        let kind = event_target_value(&event).parse().unwrap_or_default();
        let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
        let href = ActivityQuery { kind, ..query.get_untracked() }.href(project);
        navigate.with_value(|navigate| navigate(&href, options));
    };
    let option = move |kind: ActivityKind| {
        let word: &'static str = kind.into();
        let is_it = memo(move || query.get().kind == kind);
        view! { <option value=word selected=is_it.get_untracked() prop:selected=is_it>{kind.words()}</option> }.erased()
    };
    view! {
        <form class="view-filters" method="get" action=with_base(&format!("/projects/{project}/activity"))>
            <div class="field">
                <label for="activity-kind">"Kind"</label>
                <select id="activity-kind" name="kind" on:change=listener(choose)>
                    {ActivityKind::ALL.into_iter().map(option).collect_view()}
                </select>
            </div>
            <button type="submit" class="button without-script">"Show"</button>
        </form>
    }
    .erased()
}
