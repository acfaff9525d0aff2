//! Which shots of the board are shown: a form whose answer is in the address, also without JavaScript.

use leptos::{ev, prelude::*};
use proto::production::{AssetId, AssetKind, BoardFilter, BoardState, ReviewState};

use super::{model::BoardModel, window::replace_query};
use crate::components::{
    production::{
        address::board_url,
        form::on_submit,
        words::{review_words, state_words},
    },
    reactive::{Erased, When, listener, memo, part},
    words::count,
};

#[component]
pub(super) fn FilterBar(model: BoardModel) -> impl IntoView {
    let filter = model.filter;
    let is_filtered = memo(move || filter.with(|filter| !filter.is_empty()));
    let shown = memo(move || model.lines.with(|lines| lines.shots.len()));
    let words = memo(move || {
        let live = || model.with(|board| board.shots.values().filter(|shot| !shot.is_gone).count());
        let all = if model.is_partial.get() { model.with(|board| board.shot_count) } else { live() };
        if is_filtered.get() { format!("{} of {}", shown.get(), count(all, "shot", "shots")) } else { count(all, "shot", "shots") }
    });
    // A reload, and whoever gets the address, see the same.
    Effect::new(move |before: Option<String>| {
        let query = filter.with(BoardFilter::query);
        if before.is_some_and(|before| before != query) {
            replace_query(&query);
        }
        query
    });
    let chosen_status = memo(move || filter.with(|filter| filter.status.map_or("", <&'static str>::from).to_owned()));
    let status = move |chosen: String| filter.update(|filter| filter.status = chosen.parse().ok());
    let chosen_state = memo(move || filter.with(|filter| filter.state.map_or("", BoardState::word).to_owned()));
    let state = move |chosen: String| {
        filter.update(|filter| filter.state = BoardState::ALL.into_iter().find(|state| state.word() == chosen));
    };
    let statuses = ReviewState::ALL.into_iter().map(|state| (<&'static str>::from(state).to_owned(), review_words(state).to_owned()));
    let states = BoardState::ALL.into_iter().map(|state| (state.word().to_owned(), state_words(state).0.to_owned()));
    view! {
        <form class="board-filter" role="search" aria-label="Shots" method="get" action=board_url(model.project) on:submit=on_submit(|| ())>
            <input
                type="search"
                name="q"
                aria-label="Find shots"
                placeholder="Find shots"
                autocomplete="off"
                value=filter.with_untracked(|filter| filter.text.clone())
                prop:value=memo(move || filter.with(|filter| filter.text.clone()))
                on:input=listener(move |event: ev::Event| filter.update(|filter| filter.text = event_target_value(&event)))
            />
            {choice("status", "Status", "Any status", chosen_status, statuses.collect(), status)}
            {choice("state", "State", "Any state", chosen_state, states.collect(), state)}
            {[AssetKind::Character, AssetKind::Location, AssetKind::Style].into_iter().map(|kind| asset_choice(model, kind)).collect_view()}
            <label class="board-check">
                <input
                    type="checkbox"
                    name="stale"
                    value="1"
                    checked=filter.with_untracked(|filter| filter.stale_only)
                    prop:checked=memo(move || filter.with(|filter| filter.stale_only))
                    on:change=listener(move |event: ev::Event| filter.update(|filter| filter.stale_only = event_target_checked(&event)))
                />
                "Stale"
            </label>
            <button class="button without-script">"Show"</button>
            <p class="board-count" role="status">{words}</p>
            <When holds=is_filtered>
                <a class="button" href=board_url(model.project) on:click=listener(move |event: ev::MouseEvent| {
                    event.prevent_default();
                    filter.set(BoardFilter::default());
                })>"Show all"</a>
            </When>
        </form>
    }
    .erased()
}

/// The assets of a kind, if there are any.
fn asset_choice(model: BoardModel, kind: AssetKind) -> AnyView {
    let filter = model.filter;
    let assets = memo(move || {
        model.with(|board| {
            let of_kind = board.assets.values().filter(|asset| asset.kind == kind && !asset.is_gone);
            let mut named: Vec<_> = of_kind.map(|asset| (asset.id, asset.name.clone())).collect();
            named.sort_by(|one, other| (&one.1, one.0).cmp(&(&other.1, other.0)));
            named
        })
    });
    let choose = move |chosen: String| filter.update(|filter| filter.set_asset(kind, chosen.parse().ok()));
    let (label, any, name) = match kind {
        AssetKind::Location => ("Location", "Any location", "location"),
        AssetKind::Style => ("Style", "Any style", "style"),
        _ => ("Character", "Any character", "character"),
    };
    let chosen = memo(move || filter.with(|filter| filter.asset(kind)).map(|asset: AssetId| asset.to_string()).unwrap_or_default());
    part(move || {
        let options: Vec<_> = assets.get().into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        if options.is_empty() { ().into_any() } else { choice(name, label, any, chosen, options, choose) }
    })
}

/// One of some values with their words, or any.
fn choice(
    name: &'static str,
    label: &'static str,
    any: &'static str,
    chosen: Memo<String>,
    options: Vec<(String, String)>,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    let option = move |(value, words): (String, String)| {
        let own = value.clone();
        let is_it = memo(move || chosen.with(|chosen| *chosen == own));
        view! { <option value=value selected=is_it.get_untracked() prop:selected=is_it>{words}</option> }.erased()
    };
    let options: Vec<_> = std::iter::once((String::new(), any.to_owned())).chain(options).map(option).collect();
    view! { <select name=name aria-label=label on:change=listener(move |event: ev::Event| choose(event_target_value(&event)))>{options}</select> }
        .erased()
}
