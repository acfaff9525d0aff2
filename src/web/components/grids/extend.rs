//! More values of an axis: columns, rows and sheets.

use leptos::{ev, prelude::*};

use super::model::GridModel;
use crate::components::reactive::{Erased, listener, memo, part, truth};
use proto::grid::{GridAction, parse_values};

#[component]
pub(super) fn Extend(model: GridModel) -> impl IntoView {
    let axis = RwSignal::new(0_usize);
    let text = RwSignal::new(String::new());
    let wrong = RwSignal::new(String::new());
    let labels = memo(move || model.with(|view| view.axes.iter().map(|axis| axis.label.clone()).collect::<Vec<_>>()).unwrap_or_default());
    let kinds = memo(move || model.with(|view| view.axes.iter().map(|axis| axis.kind).collect::<Vec<_>>()).unwrap_or_default());
    let busy = truth(move || model.busy.get());
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let at = axis.get_untracked();
        let kind = kinds.with_untracked(|kinds| kinds.get(at).copied().unwrap_or_default());
        match text.with_untracked(|text| parse_values(kind, text)) {
            Ok(values) if values.is_empty() => wrong.set("Write at least one value.".to_owned()),
            Ok(values) => {
                let place = u16::try_from(at).unwrap_or_default();
                model.act(GridAction::Extend { axis: place, values }, move || text.set(String::new()));
            }
            Err(error) => wrong.set(error.message),
        }
    };
    let option = |(at, label): (usize, String)| {
        let what = ["column", "row", "sheet"].get(at).copied().unwrap_or_default();
        view! { <option value=at.to_string()>{format!("{label} ({what})")}</option> }.erased()
    };
    view! {
        <form class="grid-extend" novalidate on:submit=listener(send)>
            <div class="field">
                <label for="extend-axis">"Add to"</label>
                <select id="extend-axis" on:change=listener(move |event| axis.set(event_target_value(&event).parse().unwrap_or_default()))>
                    {part(move || labels.get().into_iter().enumerate().map(option).collect_view().into_any())}
                </select>
            </div>
            <div class="field">
                <label for="extend-values">"More values"</label>
                <textarea
                    id="extend-values"
                    rows="1"
                    aria-describedby="extend-problem"
                    prop:value=text
                    on:input=listener(move |event| {
                        wrong.set(String::new());
                        text.set(event_target_value(&event));
                    })
                ></textarea>
            </div>
            <button type="submit" class="button" aria-disabled=busy>"Add"</button>
            <p class="field-problem" id="extend-problem" role="alert" hidden=memo(move || wrong.with(String::is_empty))>{wrong}</p>
        </form>
    }
    .erased()
}
