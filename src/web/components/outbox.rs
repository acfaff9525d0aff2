//! The orders that wait to be sent, in the status bar: their number, and when opened each of them with a button to withdraw it.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    reactive::{Erased, When, listener, memo, part},
};
use crate::live::{Live, PendingOrder, use_live};

/// The pending orders. Nothing while there are none.
#[component]
pub(super) fn OutboxList() -> impl IntoView {
    let live = use_live();
    let waiting = memo(move || live.pending_orders());
    let summary = memo(move || waiting.with(|waiting| summary(waiting)));
    let any = memo(move || waiting.with(|waiting| !waiting.is_empty()));
    view! {
        <When holds=any>
            <details class="outbox">
                <summary class="button">
                    <Icon glyph=Glyph::Clock />
                    {memo(move || summary.get().0)}
                    <span class="outbox-words">" "{memo(move || summary.get().1)}</span>
                </summary>
                <ul class="card" aria-label="Waiting to be sent">
                    {part(move || waiting.get().into_iter().map(|order| row(live, order)).collect_view().into_any())}
                </ul>
            </details>
        </When>
    }
    .erased()
}

/// Their number and what they wait for.
fn summary(waiting: &[PendingOrder]) -> (usize, &'static str) {
    let refused = waiting.iter().filter(|order| order.refused).count();
    match waiting.len() - refused {
        0 if refused == 1 => (1, "was refused"),
        0 => (refused, "were refused"),
        1 => (1, "waits to be sent"),
        count => (count, "wait to be sent"),
    }
}

fn row(live: Live, order: PendingOrder) -> AnyView {
    let PendingOrder { id, label, note, refused, in_flight, not_stored } = order;
    let words = if refused { "Dismiss" } else { "Withdraw" };
    let note = match note {
        _ if in_flight => "Being sent…".to_owned(),
        Some(note) => note,
        None if not_stored => "Waits on this page; do not close it.".to_owned(),
        None => "Waits in this browser.".to_owned(),
    };
    let name = format!("{words}: {label}");
    view! {
        <li>
            <div>
                <p>{label}</p>
                <p class="note">{note}</p>
            </div>
            <button
                type="button"
                class="button quiet"
                aria-label=name
                disabled=in_flight
                on:click=listener(move |_| live.withdraw(id))
            >
                {words}
            </button>
        </li>
    }
    .erased()
}
