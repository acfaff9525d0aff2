//! A cell that was opened: its picture as large as the window allows, its values, and what can be done with it.

use leptos::{html, prelude::*};

use super::{cell::cell_id, model::GridModel, words::state_words};
use crate::{
    base_path::with_base,
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, memo, part, truth},
    },
};
use proto::grid::{GridAction, GridAxis, GridCellState};

#[component]
pub(super) fn CellDetail(
    model: GridModel,
    /// The values of the opened cell.
    opened: RwSignal<Option<Vec<String>>>,
    current: RwSignal<(usize, usize)>,
    axes: Memo<Vec<GridAxis>>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let is_open = opened.with(Option::is_some);
        if let Some(dialog) = dialog.get()
            && dialog.open() != is_open
        {
            if is_open {
                let _ = dialog.show_modal();
            } else {
                dialog.close();
            }
        }
    });
    // Also with the Escape key.
    let closed = move |_| {
        opened.set(None);
        let (column, row) = current.get_untracked();
        dom::focus(&cell_id(column, row));
    };
    let cell = memo(move || opened.get().and_then(|values| model.cell(&values)));
    let state = memo(move || cell.get().map(|cell| model.state(&cell)));
    let task = memo(move || cell.with(|cell| cell.as_ref().and_then(|cell| cell.task)));
    let picture = memo(move || cell.get().and_then(|cell| cell.task.zip(cell.picture)));
    let again = move |new_seed: bool| {
        listener(move |_: leptos::ev::MouseEvent| {
            if let Some(cell) = cell.get_untracked() {
                model.act(GridAction::Again { cell: cell.number, new_seed }, move || opened.set(None));
            }
        })
    };
    let can_again = memo(move || state.get().is_some_and(GridCellState::is_final));
    let has_seed = memo(move || can_again.get() && model.with(|view| view.has_free_seed).unwrap_or_default());
    let title = memo(move || opened.get().unwrap_or_default().join(", "));
    let busy = truth(move || model.busy.get());
    view! {
        <dialog class="grid-detail" node_ref=dialog aria-labelledby="cell-title" on:close=listener(closed)>
            <div class="grid-head">
                <h2 id="cell-title">{title}</h2>
                <button type="button" class="icon-button" aria-label="Close" title="Close" on:click=listener(move |_| opened.set(None))>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
            {part(move || picture.get().map(|(task, output)| view! {
                <img class="grid-large" src=with_base(&format!("/tasks/{task}/outputs/{output}")) alt=format!("Result: {}", title.get_untracked()) />
            }.erased()).into_any())}
            <dl class="grid-values">
                {part(move || {
                    let values = opened.get().unwrap_or_default();
                    let pair = |(axis, value): (GridAxis, String)| view! { <div><dt>{axis.label}</dt><dd>{value}</dd></div> }.erased();
                    axes.get().into_iter().zip(values).map(pair).collect_view().into_any()
                })}
                <div><dt>"State"</dt><dd>{memo(move || state.get().map(state_words).unwrap_or_default())}</dd></div>
                {part(move || cell.get().and_then(|cell| cell.message).map(|why| view! { <div><dt>"Reason"</dt><dd>{why}</dd></div> }.erased()).into_any())}
            </dl>
            <div class="grid-actions">
                {part(move || task.get().map(|task| view! { <a class="button" href=with_base(&format!("/tasks/{task}"))>"Open the task"</a> }.erased()).into_any())}
                <When holds=can_again>
                    <button type="button" class="button" aria-disabled=busy on:click=again(false)><Icon glyph=Glyph::Again />"Make again"</button>
                </When>
                <When holds=has_seed>
                    <button type="button" class="button" aria-disabled=busy on:click=again(true)><Icon glyph=Glyph::Dice />"Again with a new seed"</button>
                </When>
            </div>
        </dialog>
    }
    .erased()
}
