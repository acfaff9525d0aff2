//! The rows in order, and the listeners for all of them.

use leptos::{ev, html, prelude::*, web_sys};
use uuid::Uuid;

use super::{
    act::{RowCommands, closest, task_of},
    drag::Drag,
    focus::Focus,
    order::{self, MoveTarget},
    row::QueueRow,
};
use crate::{
    components::reactive::{Erased, listener, memo, rows},
    live::use_live,
};
use proto::ids::TaskId;

/// All unfinished tasks by their state, then in the order in which they will be sent.
#[component]
pub(super) fn QueueList() -> impl IntoView {
    let live = use_live();
    let order = memo(move || live.with_all(order::rows));
    let line = memo(move || live.with_all(order::line).iter().map(|(task, _)| task.0.as_u128()).collect::<Vec<_>>());
    let status = RwSignal::new(String::new());
    let commands = RowCommands { live, status };
    let drag = Drag::new(commands);
    let list = NodeRef::<html::Ul>::new();
    let in_list = move |with: &dyn Fn(&web_sys::Element)| {
        if let Some(list) = list.get_untracked() {
            with(&list);
        }
    };

    let focus = Focus::new();
    let keys = Signal::derive(move || {
        focus.remember();
        order.get()
    });
    Effect::new(move |_| {
        let rows = order.get();
        request_animation_frame(move || focus.restore(&rows));
    });

    let key = move |event: ev::KeyboardEvent| {
        let target = match event.key().as_str() {
            "ArrowUp" => MoveTarget::Up,
            "ArrowDown" => MoveTarget::Down,
            "Home" => MoveTarget::Top,
            _ => return,
        };
        if let (true, Some(task)) = (event.alt_key(), closest(&event, "[data-task-id]").and_then(|row| task_of(&row))) {
            event.prevent_default();
            commands.move_to(task, target, None);
        }
    };
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            in_list(&|list| drag.cancel(list));
        }
    });
    on_cleanup(move || escape.remove());

    view! {
        <div class="queue-columns" aria-hidden="true">
            <span></span>
            <span>"Task"</span>
            <span>"State"</span>
            <span>"Progress"</span>
            <span>"Backend"</span>
            <span>"When"</span>
        </div>
        <ul
            class="queue-rows"
            role="list"
            aria-label="Tasks in the queue"
            node_ref=list
            on:click=listener(move |event: ev::MouseEvent| commands.press(&event))
            on:change=listener(move |event| commands.prioritize(&event))
            on:keydown=key
            on:pointerdown=listener(move |event| drag.start(&event))
            on:pointermove=listener(move |event| in_list(&|list| drag.follow(&event, list)))
            on:pointerup=listener(move |_| in_list(&|list| drag.drop(list)))
            on:pointercancel=listener(move |_| in_list(&|list| drag.cancel(list)))
        >
            {rows(keys, move |key| view! { <QueueRow task=TaskId(Uuid::from_u128(key)) line /> }.erased())}
        </ul>
        <p class="visually-hidden" role="status" aria-label="Queue">{status}</p>
    }
    .erased()
}
