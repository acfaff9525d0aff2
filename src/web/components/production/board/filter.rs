//! Which shots of the board are shown.

use leptos::{ev, prelude::*};
use proto::production::{AssetKind, BoardFilter, BoardState, ReviewState};

use super::model::BoardModel;
use crate::components::{
    production::words::{review_words, state_words},
    reactive::{Erased, When, listener, memo, part},
    words::count,
};

const STATES: [BoardState; 4] = [BoardState::Idle, BoardState::Generating, BoardState::Completed, BoardState::Error];

#[component]
pub(super) fn FilterBar(model: BoardModel) -> impl IntoView {
    let filter = model.filter;
    let is_filtered = memo(move || filter.with(|filter| !filter.is_empty()));
    let shown = memo(move || model.lines.with(|lines| lines.shots.len()));
    let words = memo(move || {
        let all = model.with(|board| board.shots.values().filter(|shot| !shot.is_gone).count());
        if is_filtered.get() { format!("{} of {}", shown.get(), count(all, "shot", "shots")) } else { count(all, "shot", "shots") }
    });
    let characters = memo(move || {
        model.with(|board| {
            let mut named: Vec<_> = board
                .assets
                .values()
                .filter(|asset| asset.kind == AssetKind::Character && !asset.is_gone)
                .map(|asset| (asset.id, asset.name.clone()))
                .collect();
            named.sort_by(|one, other| one.1.cmp(&other.1));
            named
        })
    });
    let status = move |event: ev::Event| {
        let chosen = event_target_value(&event).parse::<ReviewState>().ok();
        filter.update(|filter| filter.status = chosen);
    };
    let state = move |event: ev::Event| {
        let chosen = event_target_value(&event);
        filter.update(|filter| filter.state = STATES.into_iter().find(|state| state.word() == chosen));
    };
    let asset = move |event: ev::Event| {
        let chosen = event_target_value(&event).parse().ok();
        filter.update(|filter| filter.asset = chosen);
    };
    let statuses: Vec<_> = ReviewState::ALL
        .into_iter()
        .map(|state| {
            let word: &'static str = state.into();
            view! { <option value=word>{review_words(state)}</option> }.erased()
        })
        .collect();
    let states: Vec<_> =
        STATES.into_iter().map(|state| view! { <option value=state.word()>{state_words(state).0}</option> }.erased()).collect();
    view! {
        <search class="board-filter with-script" aria-label="Shots">
            <input
                type="search"
                aria-label="Find shots"
                placeholder="Find shots"
                prop:value=memo(move || filter.with(|filter| filter.text.clone()))
                on:input=listener(move |event: ev::Event| filter.update(|filter| filter.text = event_target_value(&event)))
            />
            <select
                aria-label="Status"
                prop:value=memo(move || filter.with(|filter| filter.status.map_or("", |status| <&'static str>::from(status))))
                on:change=listener(status)
            >
                <option value="">"Any status"</option>
                {statuses}
            </select>
            <select
                aria-label="State"
                prop:value=memo(move || filter.with(|filter| filter.state.map_or("", BoardState::word)))
                on:change=listener(state)
            >
                <option value="">"Any state"</option>
                {states}
            </select>
            {part(move || {
                let characters = characters.get();
                if characters.is_empty() {
                    return ().into_any();
                }
                let chosen = filter.with_untracked(|filter| filter.asset);
                let options: Vec<_> = characters.into_iter().map(|(id, name)| {
                    view! { <option value=id.to_string() selected=chosen == Some(id)>{name}</option> }.erased()
                }).collect();
                view! {
                    <select aria-label="Character" on:change=listener(asset)>
                        <option value="" selected=chosen.is_none()>"Any character"</option>
                        {options}
                    </select>
                }.erased()
            })}
            <label class="board-check">
                <input
                    type="checkbox"
                    prop:checked=memo(move || filter.with(|filter| filter.stale_only))
                    on:change=listener(move |event: ev::Event| filter.update(|filter| filter.stale_only = event_target_checked(&event)))
                />
                "Stale"
            </label>
            <p class="board-count" role="status">{words}</p>
            <When holds=is_filtered>
                <button type="button" class="button" on:click=listener(move |_| filter.set(BoardFilter::default()))>"Show all"</button>
            </When>
        </search>
    }
    .erased()
}
