//! The form for a new grid.

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    axis::{AxisDraft, AxisEditor},
    base::base_of,
    words::{pictures, plan_words},
};
use crate::{
    api::{create_grid, plan_grid},
    base_path::{use_navigate, with_base},
    components::{
        form::use_form,
        reactive::{Erased, listener, memo, part, truth},
    },
};
use proto::{
    grid::{GridPlan, GridProblem, GridSpec},
    limits,
};

/// How long after the last change the server is asked what the grid would be.
const PAUSE: Duration = Duration::from_millis(350);

/// Chooses the axes of a grid of what Studio's form has.
#[component]
pub(super) fn NewGrid() -> impl IntoView {
    let form = use_form();
    let base = base_of(form);
    let axes = ["X", "Y", "Z"].map(AxisDraft::new);
    let name = RwSignal::new(String::new());
    let plan = RwSignal::new(None::<GridPlan>);
    let sending = RwSignal::new(false);
    let failure = RwSignal::new(String::new());
    let title = memo(move || base.with(|base| base.as_ref().and_then(|base| base.as_ref().ok()).map(|base| base.title.clone())));
    let fields = memo(move || {
        base.with(|base| base.as_ref().and_then(|base| base.as_ref().ok()).map(|base| base.fields.clone()).unwrap_or_default())
    });
    // The grid, and which of the three each of its axes is. `None`: something is missing or cannot be read.
    let spec = memo(move || {
        let base = base.get()?.ok()?;
        let mut used = Vec::new();
        let mut list = Vec::new();
        for (at, draft) in axes.iter().enumerate() {
            if let Some(axis) = draft.axis(&base.fields) {
                list.push(axis.ok()?);
                used.push(at);
            }
        }
        let typed = name.get();
        let name = if typed.trim().is_empty() { base.title.chars().take(limits::NAME).collect() } else { typed };
        (!list.is_empty()).then(|| (GridSpec { name, base: base.submission.clone(), axes: list }, used))
    });
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let spec = spec.get();
        plan.set(None);
        failure.set(String::new());
        asked.update_value(|asked| *asked += 1);
        let mine = asked.get_value();
        let is_newest = move || asked.try_get_value() == Some(mine);
        let Some((spec, _)) = spec else { return };
        set_timeout(
            move || {
                if is_newest() {
                    spawn_local(async move {
                        let planned = plan_grid(spec).await;
                        if is_newest()
                            && let Ok(planned) = planned
                        {
                            let _ = plan.try_set(Some(planned));
                        }
                    });
                }
            },
            PAUSE,
        );
    });
    let problems = memo(move || plan.with(|plan| plan.as_ref().map(|plan| plan.problems.clone()).unwrap_or_default()));
    let general = memo(move || {
        let of_grid = problems.with(|problems| {
            problems.iter().filter(|problem| problem.axis.is_none()).map(|problem| problem.message.clone()).collect::<Vec<_>>()
        });
        of_grid.into_iter().chain(Some(failure.get()).filter(|text| !text.is_empty())).collect::<Vec<_>>().join(" ")
    });
    let of_axis = move |at: usize| {
        Signal::derive(move || {
            let place = spec.with(|spec| spec.as_ref().and_then(|(_, used)| used.iter().position(|used| *used == at)));
            problems.with(|problems| {
                let is_here = |problem: &&GridProblem| place.is_some() && problem.axis.map(usize::from) == place;
                problems.iter().filter(is_here).cloned().collect::<Vec<_>>()
            })
        })
    };
    let count = memo(move || match (plan.get(), spec.get()) {
        (Some(plan), _) => plan_words(&plan),
        (None, Some((spec, _))) => pictures(spec.cells()),
        (None, None) => "Choose at least the field of X.".to_owned(),
    });
    let ready = memo(move || !sending.get() && spec.with(Option::is_some) && problems.with(Vec::is_empty));
    let navigate = StoredValue::new(use_navigate());
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some((spec, _)) = spec.get_untracked().filter(|_| ready.get_untracked()) else { return };
        sending.set(true);
        spawn_local(async move {
            match create_grid(spec).await {
                Ok(Ok(id)) => navigate.with_value(|navigate| navigate(&format!("/grids/{id}"), Default::default())),
                Ok(Err(problems)) => plan.update(|plan| plan.get_or_insert_default().problems = problems),
                Err(_) => failure.set("Darkroom cannot be reached, and nothing was made. Try again when it can be.".to_owned()),
            }
            let _ = sending.try_set(false);
        });
    };
    view! {
        <form class="card grid-new" aria-labelledby="new-grid" novalidate on:submit=listener(send)>
            <div class="grid-head">
                <h1 id="new-grid">"New grid"</h1>
                <a class="button" href=with_base("/grids")>"All grids"</a>
            </div>
            <p class="note">
                "One picture for every combination of values. Everything else is as in the form of "<a href=with_base("/")>"Studio"</a>"."
            </p>
            <noscript><p class="note">"This form needs JavaScript. Programs make grids with POST /api/grids."</p></noscript>
            {part(move || match base.get() {
                Some(Err(why)) => view! { <p class="field-problem" role="alert">{why}" "<a href=with_base("/")>"Go to Studio"</a></p> }.erased(),
                _ => ().into_any(),
            })}
            <div class="field">
                <label for="grid-name">"Name"</label>
                <input
                    id="grid-name"
                    type="text"
                    autocomplete="off"
                    maxlength=limits::NAME.to_string()
                    placeholder=memo(move || title.get().unwrap_or_default())
                    prop:value=name
                    on:input=listener(move |event| name.set(event_target_value(&event)))
                />
            </div>
            <div class="grid-axes">
                {axes.into_iter().enumerate().map(|(at, draft)| view! {
                    <AxisEditor draft fields=fields.into() problems=of_axis(at) />
                }.erased()).collect_view()}
            </div>
            <p class="field-problem" role="alert" hidden=memo(move || general.with(String::is_empty))>{general}</p>
            <div class="grid-foot">
                <p role="status">{count}</p>
                <button type="submit" class="generate" aria-disabled=truth(move || !ready.get())>
                    {memo(move || if sending.get() { "Making…" } else { "Make the grid" })}
                </button>
            </div>
        </form>
    }
    .erased()
}
