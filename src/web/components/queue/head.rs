//! The top of the queue: counts, a notice, and the buttons for the whole queue.

use leptos::{ev, prelude::*};

use super::clear::ClearWaiting;
use crate::{
    components::{
        command::send_command,
        icon::{Glyph, Icon},
        notes::{Readiness, readiness},
        queue_position::QueueCounts,
        reactive::{Erased, listener, memo, part, truth},
    },
    live::{hooks::use_execution_queue, use_live},
};
use proto::wire::Command;

/// Title, counts, and the buttons for the whole queue.
#[component]
pub(super) fn QueueHead() -> impl IntoView {
    let live = use_live();
    let counts = memo(move || live.with_all(QueueCounts::of));
    let pill =
        |(number, state): (usize, &'static str)| view! { <li class="pill" data-standing=state>{format!("{number} {state}")}</li> }.erased();
    view! {
        <div class="queue-head">
            <h1 id="queue-title" tabindex="-1">"Queue"</h1>
            <ul class="queue-counts" aria-label="In the queue">{part(move || counts.get().labelled().map(pill).collect_view().into_any())}</ul>
            <div class="queue-all with-script">
                <PauseQueue />
                <ClearWaiting />
            </div>
        </div>
        <Notice />
    }.erased()
}

#[component]
fn PauseQueue() -> impl IntoView {
    let live = use_live();
    let paused = use_execution_queue().paused;
    let busy = RwSignal::new(false);
    let toggle = move |_: ev::MouseEvent| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let to = !paused.get_untracked();
        let refused = if to { "The queue was not paused" } else { "The queue was not resumed" };
        let then = Box::new(move |_| {
            let _ = busy.try_set(false);
        });
        send_command(live, Command::PauseQueue { paused: to }, refused, None, then);
    };
    view! {
        <button type="button" class="button" id="pause-queue" aria-busy=truth(move || busy.get()) on:click=listener(toggle)>
            <Icon glyph=Signal::derive(move || if paused.get() { Glyph::Play } else { Glyph::Pause }) />
            {memo(move || if paused.get() { "Resume queue" } else { "Pause queue" })}
        </button>
    }
    .erased()
}

/// Why nothing is sent, while nothing is sent.
#[component]
fn Notice() -> impl IntoView {
    let live = use_live();
    let paused = use_execution_queue().paused;
    let unreachable = memo(move || readiness(&live.backends()) == Readiness::Unreachable);
    part(move || match (paused.get(), unreachable.get()) {
        (true, _) => view! {
            <p class="queue-notice" role="status">
                <Icon glyph=Glyph::Pause />
                <span><strong>"The queue is paused: "</strong>"nothing is sent to ComfyUI. What runs goes on."</span>
            </p>
        }
        .erased(),
        (false, true) => view! {
            <p class="queue-notice" role="status">
                <Icon glyph=Glyph::Alert />
                <span><strong>"No ComfyUI can be reached. "</strong>"Tasks are kept, and sent when one is back."</span>
            </p>
        }
        .erased(),
        _ => ().into_any(),
    })
}
