//! One cell of the table: its picture, or how far it is.

use std::collections::HashMap;

use leptos::prelude::*;

use super::{model::GridModel, words::state_words};
use crate::{
    base_path::with_base,
    components::{
        bar::Bar,
        icon::{Glyph, Icon},
        reactive::{Erased, listener, memo, part},
        words::percent,
    },
    live::use_live,
};
use proto::{
    grid::{GridCell, GridCellState},
    ids::TaskId,
};

/// The id of the button of a cell.
pub(super) fn cell_id(column: usize, row: usize) -> String {
    format!("cell-{column}-{row}")
}

/// The cell with these values. `at`: its column and row. `current`: the cell that the keyboard is at.
#[component]
pub(super) fn CellButton(
    model: GridModel,
    values: Vec<String>,
    at: (usize, usize),
    current: RwSignal<(usize, usize)>,
    opened: RwSignal<Option<Vec<String>>>,
    positions: Memo<HashMap<TaskId, usize>>,
) -> impl IntoView {
    let live = use_live();
    let wanted = StoredValue::new(values);
    let cell = memo(move || wanted.with_value(|values| model.cell(values)));
    let state = memo(move || cell.get().map(|cell| model.state(&cell)));
    let task = memo(move || cell.with(|cell| cell.as_ref().and_then(|cell| cell.task)));
    let share = memo(move || task.get().and_then(|task| live.with_progress(task, |task| task.permille)).unwrap_or_default());
    let about = memo(move || match state.get() {
        Some(GridCellState::Queued) => match task.get().and_then(|task| positions.with(|positions| positions.get(&task).copied())) {
            Some(place) => format!("number {place} in the queue"),
            None => state_words(GridCellState::Queued).to_owned(),
        },
        Some(GridCellState::Running) => match task.get().and_then(|task| live.with_progress(task, percent)) {
            Some(percent) => format!("{percent} %"),
            None => state_words(GridCellState::Running).to_owned(),
        },
        Some(state) => state_words(state).to_owned(),
        None => String::new(),
    });
    // Not the percentage: a screen reader would read the name anew with each step.
    let name = memo(move || {
        let values = wanted.with_value(|values| values.join(", "));
        format!("{values}: {}", state.get().map(state_words).unwrap_or_default())
    });
    let picture = memo(move || picture(&cell.get()?, state.get()?));
    let preview = memo(move || task.get().filter(|_| state.get() == Some(GridCellState::Running)).and_then(|task| live.preview(task)));
    let message = memo(move || {
        cell.with(|cell| cell.as_ref().and_then(|cell| cell.message.clone())).filter(|_| state.get().is_some_and(GridCellState::has_failed))
    });
    view! {
        <button
            type="button"
            class="grid-cell"
            id=cell_id(at.0, at.1)
            data-state=memo(move || state.get().map(<&str>::from).unwrap_or_default())
            aria-label=name
            tabindex=memo(move || if current.get() == at { "0" } else { "-1" })
            on:focus=listener(move |_| current.set(at))
            on:click=listener(move |_| opened.set(Some(wanted.get_value())))
        >
            {part(move || match (picture.get(), preview.get()) {
                (Some(url), _) | (None, Some(url)) => view! { <img src=url alt="" loading="lazy" /> }.erased(),
                (None, None) => match state.get() {
                    Some(GridCellState::Failed | GridCellState::Refused) => view! { <Icon glyph=Glyph::Alert /> }.erased(),
                    Some(GridCellState::Cancelled | GridCellState::Removed) => view! { <Icon glyph=Glyph::Minus /> }.erased(),
                    Some(GridCellState::Running) => view! { <Icon glyph=Glyph::Picture /> }.erased(),
                    _ => view! { <Icon glyph=Glyph::Clock /> }.erased(),
                },
            })}
            {part(move || if picture.with(Option::is_some) {
                ().into_any()
            } else {
                let why = message.get();
                view! { <span class="grid-about">{about}{why.map(|why| view! { <span class="grid-why">{why}</span> }.erased())}</span> }.erased()
            })}
            {part(move || if state.get() == Some(GridCellState::Running) {
                view! { <Bar share class="grid-bar" /> }.erased()
            } else {
                ().into_any()
            })}
        </button>
    }
    .erased()
}

/// The address of the small picture of a finished cell.
fn picture(cell: &GridCell, state: GridCellState) -> Option<String> {
    let (task, output) = cell.task.zip(cell.picture).filter(|_| state == GridCellState::Completed)?;
    Some(with_base(&format!("/tasks/{task}/outputs/{output}?thumb=320")))
}
