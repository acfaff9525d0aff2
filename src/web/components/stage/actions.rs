//! The actions for a task that has ended.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};

use super::output::{filename, url};
use crate::components::reactive::{Erased, When, listener, memo, part};
use crate::{
    components::{
        form::use_form,
        icon::{Glyph, Icon},
    },
    live::use_live,
};
use proto::{ids::TaskId, task::OutputKind};

/// Use its settings again, download or open its result, or go to its page.
#[component]
pub(crate) fn ResultActions(task: TaskId) -> impl IntoView {
    let live = use_live();
    let form = use_form();
    let path = use_location().pathname;
    let navigate = use_navigate();
    let recipe = memo(move || live.with_task(task, |task| task.recipe.clone()).flatten());
    let file = memo(move || {
        let first = live.with_task(task, |task| {
            let output = task.pictures().next().or_else(|| task.outputs.iter().find(|output| output.kind != OutputKind::Text))?;
            Some((url(task.id, output.id), filename(output)))
        });
        first.flatten()
    });
    let here = format!("/tasks/{task}");
    let elsewhere = memo({
        let here = here.clone();
        move || path.get() != here
    });
    let reuse = StoredValue::new(move || {
        if let Some(recipe) = recipe.get_untracked() {
            form.fill(&recipe);
            if path.get_untracked() != "/" {
                navigate("/", leptos_router::NavigateOptions::default());
            }
        }
    });
    view! {
        <div class="actions">
            <When holds=memo(move || recipe.with(Option::is_some))>
                <button type="button" class="button with-script" on:click=listener(move |_| reuse.with_value(|reuse| reuse()))>
                    <Icon glyph=Glyph::Sliders />
                    "Use these settings"
                </button>
            </When>
            {part(move || file.get().map(|(url, name)| view! {
                <a class="button" href=url.clone() download=name><Icon glyph=Glyph::Download />"Download"</a>
                <a class="button" href=url target="_blank"><Icon glyph=Glyph::Expand />"Open full size"</a>
            }.erased()).into_any())}
            <When holds=elsewhere>
                <a class="button" href=here.clone()><Icon glyph=Glyph::Page />"Task page"</a>
            </When>
        </div>
    }
    .erased()
}
