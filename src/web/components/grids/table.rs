//! A grid as a live table: columns are X, rows are Y, and Z has a tab for each value.

use leptos::{ev, prelude::*};

use super::{
    cell::{CellButton, cell_id},
    detail::CellDetail,
    extend::Extend,
    model::GridModel,
    none::NoGrid,
    words::{counts_words, heading},
};
use crate::{
    base_path::{use_navigate, with_base},
    components::{
        boundary::Boundary,
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, memo, part, truth},
    },
};
use proto::{
    grid::{GridAction, GridAxis, GridCounts},
    ids::GridId,
};

/// The page of one grid.
#[component]
pub(super) fn GridPage(id: GridId) -> impl IntoView {
    view! { <Boundary name="The grid"><Grid id /></Boundary> }.erased()
}

#[component]
fn Grid(id: GridId) -> impl IntoView {
    let model = GridModel::follow(id);
    let there = memo(move || model.is_there());
    part(move || match there.get() {
        None => view! { <p class="note" role="status">"Loading…"</p> }.erased(),
        Some(false) => view! { <NoGrid /> }.erased(),
        Some(true) => view! { <Shown model /> }.erased(),
    })
}

#[component]
fn Shown(model: GridModel) -> impl IntoView {
    let sheet = RwSignal::new(0_usize);
    let opened = RwSignal::new(None::<Vec<String>>);
    let current = RwSignal::new((0_usize, 0_usize));
    // The table is made anew when its axes change, not with each state.
    let axes = memo(move || model.axes());
    let has_sheets = memo(move || axes.with(|axes| axes.len() > 2));
    view! {
        <section class="card grid-page" aria-labelledby="grid-title">
            <Head model />
            <When holds=has_sheets>{sheet_tabs(axes, sheet)}</When>
            {part(move || table(model, &axes.get(), sheet.get(), current, opened))}
            <Extend model />
        </section>
        <CellDetail model opened current axes />
    }
    .erased()
}

/// The name, the counts, and what can be done with the whole.
#[component]
fn Head(model: GridModel) -> impl IntoView {
    let name = memo(move || model.with(|view| view.head.name.clone()).unwrap_or_default());
    let counts = memo(move || model.with(|view| GridCounts::of(&view.cells)).unwrap_or_default());
    let paused = memo(move || model.with(|view| view.head.paused).unwrap_or_default());
    let unfinished = memo(move || counts.get().unfinished > 0);
    let failed = memo(move || counts.get().failed + counts.get().cancelled > 0);
    let hold = memo(move || unfinished.get() || paused.get());
    let busy = truth(move || model.busy.get());
    let sure = RwSignal::new(false);
    let navigate = StoredValue::new(use_navigate());
    let remove = move |_| {
        if sure.get_untracked() {
            model.act(GridAction::Remove, move || navigate.with_value(|navigate| navigate("/grids", Default::default())));
        } else {
            sure.set(true);
        }
    };
    let act = move |action: GridAction| listener(move |_: ev::MouseEvent| model.act(action.clone(), || ()));
    view! {
        <div class="grid-head">
            <h1 id="grid-title">{name}</h1>
            <p class="note" role="status">{memo(move || counts_words(counts.get()))}{memo(move || if paused.get() { " · paused" } else { "" })}</p>
            <div class="grid-actions">
                <a class="button" href=with_base("/grids")>"All grids"</a>
                <When holds=hold>
                    <button type="button" class="button" aria-disabled=busy on:click=listener(move |_| {
                        model.act(if paused.get_untracked() { GridAction::Resume } else { GridAction::Pause }, || ());
                    })>
                        {memo(move || if paused.get() { "Resume grid" } else { "Pause grid" })}
                    </button>
                </When>
                <When holds=unfinished>
                    <button type="button" class="button" aria-disabled=busy on:click=act(GridAction::CancelRest)>"Cancel the rest"</button>
                </When>
                <When holds=failed>
                    <button type="button" class="button" aria-disabled=busy on:click=act(GridAction::FailedAgain)>
                        <Icon glyph=Glyph::Again />"Make failed again"
                    </button>
                </When>
                <a class="button" href=with_base(&format!("/api/grids/{}/sheet.png", model.id)) download="grid.png" rel="external">
                    <Icon glyph=Glyph::Download />"Download sheet"
                </a>
                <button type="button" class="button" aria-disabled=busy on:click=listener(remove)>
                    {memo(move || if sure.get() { "Really remove? The pictures stay" } else { "Remove grid" })}
                </button>
            </div>
        </div>
    }
    .erased()
}

/// A tab for each value of Z.
fn sheet_tabs(axes: Memo<Vec<GridAxis>>, sheet: RwSignal<usize>) -> AnyView {
    part(move || {
        let Some(axis) = axes.get().into_iter().nth(2) else { return ().into_any() };
        let label = axis.label.clone();
        let tab = |(at, value): (usize, String)| {
            let is_it = memo(move || sheet.get() == at);
            let id = format!("sheet-{at}");
            view! {
                <input type="radio" class="visually-hidden" id=id.clone() name="sheet" prop:checked=is_it on:change=listener(move |_| sheet.set(at)) />
                <label for=id>{format!("{label}: {}", heading(&value))}</label>
            }
            .erased()
        };
        view! {
            <fieldset class="tabs grid-sheets">
                <legend class="visually-hidden">{axis.label}</legend>
                {axis.values.into_iter().enumerate().map(tab).collect_view()}
            </fieldset>
        }
        .erased()
    })
}

fn table(
    model: GridModel,
    axes: &[GridAxis],
    sheet: usize,
    current: RwSignal<(usize, usize)>,
    opened: RwSignal<Option<Vec<String>>>,
) -> AnyView {
    let values = |at: usize| axes.get(at).map(|axis| axis.values.clone()).unwrap_or_default();
    let (columns, rows, sheets) = (values(0), values(1), values(2));
    let labels: Vec<String> = axes.iter().take(2).map(|axis| axis.label.clone()).collect();
    let label = labels.join(" × ");
    let corner = labels.iter().rev().cloned().collect::<Vec<_>>().join(" \\ ");
    let has_rows = axes.len() > 1;
    let size = (columns.len(), if has_rows { rows.len() } else { 1 });
    if untrack(|| current.get()).0 >= size.0 || untrack(|| current.get()).1 >= size.1 {
        current.set((0, 0));
    }
    let positions = model.positions();
    let row = |at: usize| {
        let cell = |(column, x): (usize, &String)| {
            let values: Vec<String> = [Some(x), rows.get(at), sheets.get(sheet)].into_iter().flatten().cloned().collect();
            view! { <td role="gridcell"><CellButton model values at=(column, at) current opened positions /></td> }.erased()
        };
        view! {
            <tr role="row">
                {has_rows.then(|| view! { <th scope="row" role="rowheader">{rows.get(at).map(|value| heading(value)).unwrap_or_default()}</th> }.erased())}
                {columns.iter().enumerate().map(cell).collect_view()}
            </tr>
        }
        .erased()
    };
    view! {
        <div class="grid-scroll">
            <table class="grid-table" role="grid" aria-label=label on:keydown=listener(move |event| move_focus(&event, current, size))>
                <thead>
                    <tr role="row">
                        {has_rows.then(|| view! { <th role="columnheader" class="grid-corner">{corner}</th> }.erased())}
                        {columns.iter().map(|value| view! { <th scope="col" role="columnheader">{heading(value)}</th> }.erased()).collect_view()}
                    </tr>
                </thead>
                <tbody>{(0..size.1).map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .erased()
}

/// Moves the focus with the arrow keys, Home and End.
fn move_focus(event: &ev::KeyboardEvent, current: RwSignal<(usize, usize)>, (columns, rows): (usize, usize)) {
    let (column, row) = current.get_untracked();
    let (last_column, last_row) = (columns.saturating_sub(1), rows.saturating_sub(1));
    let next = match event.key().as_str() {
        "ArrowLeft" => (column.saturating_sub(1), row),
        "ArrowRight" => ((column + 1).min(last_column), row),
        "ArrowUp" => (column, row.saturating_sub(1)),
        "ArrowDown" => (column, (row + 1).min(last_row)),
        "Home" if event.ctrl_key() => (0, 0),
        "End" if event.ctrl_key() => (last_column, last_row),
        "Home" => (0, row),
        "End" => (last_column, row),
        _ => return,
    };
    event.prevent_default();
    current.set(next);
    dom::focus(&cell_id(next.0, next.1));
}
