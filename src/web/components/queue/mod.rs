//! The queue: what runs, what waits and in which order, what is held back, and whose prompts share the ComfyUIs.
//!
//! Only the page of the queue uses what is here.

mod act;
mod clear;
mod drag;
mod focus;
mod foreign;
mod head;
mod list;
mod order;
mod row;

use leptos::prelude::*;

use super::reactive::{Erased, When, memo};
use crate::{
    components::{boundary::Boundary, standing::Counts},
    live::use_live,
};
use foreign::ForeignPrompts;
use head::QueueHead;
use list::QueueList;

/// All of it.
#[component]
pub fn Queue() -> impl IntoView {
    let live = use_live();
    let some = memo(move || live.with_all(Counts::of).all() > 0);
    view! {
        <section class="queue card" aria-labelledby="queue-title">
            <QueueHead />
            <When holds=some fallback=|| view! { <Empty /> }.erased()>
                <Boundary name="The list of tasks"><QueueList /></Boundary>
            </When>
        </section>
        <Boundary name="The list of other clients' prompts"><ForeignPrompts /></Boundary>
    }
    .erased()
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="queue-empty">
            <h2>"Nothing runs and nothing waits"</h2>
            <p class="note">
                "What you generate while something runs waits here. Until it starts you can put it in another order, hold it back, or take it away."
            </p>
            <a class="button" href="/">"Go to Studio"</a>
        </div>
    }.erased()
}
