//! The settings of a task.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::live::use_live;
use proto::{ids::TaskId, recipe::Field};

/// Every field of the built-in form, as it was sent.
#[component]
pub fn RecipeFacts(task: TaskId) -> impl IntoView {
    let live = use_live();
    let recipe = memo(move || live.with_task(task, |task| task.recipe.clone()).flatten());
    part(move || {
        let Some(recipe) = recipe.get() else { return ().into_any() };
        let row = |field: Field| {
            let value = recipe.field(field);
            (!value.is_empty()).then(|| view! { <div data-field=field.name()><dt>{field.label()}</dt><dd>{value}</dd></div> }.erased())
        };
        view! {
            <h2>"Settings"</h2>
            <dl class="facts recipe">{Field::ALL.into_iter().filter_map(row).collect_view()}</dl>
        }
        .erased()
    })
}
