//! The top of the queue: how many there are, whether it is paused, and what can be done with all of it.

use leptos::{ev, prelude::*};

use super::clear::ClearWaiting;
use crate::{
    components::{
        command::command,
        icon::{Glyph, Icon},
        notes::{Readiness, readiness},
        reactive::{Erased, listener, memo, part, truth},
        standing::Counts,
    },
    live::{hooks::use_execution_queue, use_live},
};
use proto::wire::Command;

/// Title, counts, and the buttons for the whole queue.
#[component]
pub(super) fn QueueHead() -> impl IntoView {
    let live = use_live();
    let counts = memo(move || live.with_all(Counts::of).words());
    let pill = |words: &str| {
        let state = words.split(' ').next_back().unwrap_or_default().to_owned();
        view! { <li class="pill" data-standing=state>{words.to_owned()}</li> }.erased()
    };
    view! {
        <div class="queue-head">
            <h1 id="queue-title" tabindex="-1">"Queue"</h1>
            <ul class="queue-counts" aria-label="In the queue">{part(move || counts.get().split(", ").filter(|words| !words.is_empty()).map(pill).collect_view().into_any())}</ul>
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
        command(live, Command::PauseQueue { paused: to }, refused, None, then);
    };
    view! {
        <button type="button" class="button" id="pause-queue" aria-busy=truth(move || busy.get()) on:click=listener(toggle)>
            <Icon glyph=Signal::derive(move || if paused.get() { Glyph::Play } else { Glyph::Pause }) />
            {memo(move || if paused.get() { "Resume queue" } else { "Pause queue" })}
        </button>
    }
    .erased()
}

/// Why nothing is sent, when nothing is.
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
