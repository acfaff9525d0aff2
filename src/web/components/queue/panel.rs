//! The queue and the prompts of other clients.

use leptos::prelude::*;

use super::{foreign::ForeignPrompts, head::QueueHead, list::QueueList};
use crate::{
    base_path::with_base,
    components::{
        boundary::Boundary,
        queue_position::QueueCounts,
        reactive::{Erased, When, memo},
    },
    live::use_live,
};

/// The page of the queue.
#[component]
pub fn QueuePanel() -> impl IntoView {
    let live = use_live();
    let some = memo(move || live.with_all(QueueCounts::of).all() > 0);
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
            <a class="button" href=with_base("/")>"Go to Studio"</a>
        </div>
    }.erased()
}
