//! The top of the queue: how many there are, whether it is paused, and what can be done with all of it.

use leptos::prelude::*;

use super::clear::ClearWaiting;
use crate::{
    components::{
        command::command,
        icon::{Glyph, Icon},
        notes::{Readiness, readiness},
        reactive::memo,
        standing::Counts,
    },
    live::use_live,
    proto::wire::Command,
};

/// Title, counts, and the buttons for the whole queue.
#[component]
pub(super) fn QueueHead() -> impl IntoView {
    let live = use_live();
    let counts = memo(move || live.with_all(Counts::of).words());
    let pill = |words: String| {
        let state = words.split(' ').next_back().unwrap_or_default().to_owned();
        view! { <li class="pill" data-state=state>{words}</li> }
    };
    view! {
        <div class="queue-head">
            <h1 id="queue-title" tabindex="-1">"Queue"</h1>
            <ul class="queue-counts" aria-label="In the queue">{move || counts.get().into_iter().map(pill).collect_view()}</ul>
            <div class="queue-all with-script">
                <PauseQueue />
                <ClearWaiting />
            </div>
        </div>
        <Notice />
    }
}

#[component]
fn PauseQueue() -> impl IntoView {
    let live = use_live();
    let paused = memo(move || live.with_all(|all| all.queue_paused));
    let busy = RwSignal::new(false);
    let toggle = move |_| {
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
        <button type="button" class="button" id="pause-queue" aria-busy=move || busy.get().to_string() on:click=toggle>
            <Icon glyph=Signal::derive(move || if paused.get() { Glyph::Play } else { Glyph::Pause }) />
            {move || if paused.get() { "Resume queue" } else { "Pause queue" }}
        </button>
    }
}

/// Why nothing is sent, when nothing is.
#[component]
fn Notice() -> impl IntoView {
    let live = use_live();
    let paused = memo(move || live.with_all(|all| all.queue_paused));
    let unreachable = memo(move || readiness(&live.backends()) == Readiness::Unreachable);
    move || match (paused.get(), unreachable.get()) {
        (true, _) => view! {
            <p class="queue-notice" role="status">
                <Icon glyph=Glyph::Pause />
                <span><strong>"The queue is paused: "</strong>"nothing is sent to ComfyUI. What runs goes on."</span>
            </p>
        }
        .into_any(),
        (false, true) => view! {
            <p class="queue-notice" role="status">
                <Icon glyph=Glyph::Alert />
                <span><strong>"No ComfyUI can be reached. "</strong>"Tasks are kept, and sent when one is back."</span>
            </p>
        }
        .into_any(),
        _ => ().into_any(),
    }
}
