//! Short messages at the bottom right. A failure stays until it is dismissed; the others disappear, but not while they have the pointer or
//! the focus.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    boundary::Boundary,
    icon::{Glyph, Icon},
    reactive::{Erased, listener, memo, part, rows},
};
use crate::{
    base_path::with_base,
    live::{Toast, ToastKind, use_live},
};

const SHOWN_FOR: Duration = Duration::from_secs(6);

/// The stack, newest at the bottom.
#[component]
pub fn Toasts() -> impl IntoView {
    let live = use_live();
    let keys = memo(move || live.toasts().iter().map(|toast| u128::from(toast.id)).collect::<Vec<_>>());
    let row = move |key| {
        let toast = untrack(|| live.toasts()).into_iter().find(|toast| u128::from(toast.id) == key);
        toast.map(|toast| view! { <ToastCard toast /> }.erased()).into_any()
    };
    view! {
        <div class="toasts" role="region" aria-label="Notifications">
            <Boundary name="The list of notifications">{rows(keys, row)}</Boundary>
        </div>
    }
    .erased()
}

#[component]
fn ToastCard(toast: Toast) -> impl IntoView {
    let live = use_live();
    let Toast { id, kind, .. } = toast;
    let of =
        move |read: fn(&Toast) -> String| memo(move || live.toasts().iter().find(|toast| toast.id == id).map(read).unwrap_or_default());
    // A message about tasks that are done grows.
    let (title, text) = (of(|toast| toast.title.clone()), of(|toast| toast.text.clone()));
    let link = of(|toast| toast.task.map(|task| with_base(&format!("/tasks/{task}"))).unwrap_or_default());
    let held = RwSignal::new(false);
    Effect::new(move |_| {
        // Shown for as long again when it grows.
        title.track();
        if kind == ToastKind::Bad || held.get() {
            return;
        }
        if let Ok(timer) = set_timeout_with_handle(move || live.dismiss(id), SHOWN_FOR) {
            on_cleanup(move || timer.clear());
        }
    });
    let (tone, glyph) = match kind {
        ToastKind::Good => ("good", Glyph::Check),
        ToastKind::Waiting => ("waiting", Glyph::Clock),
        ToastKind::Bad => ("bad", Glyph::Bang),
    };
    view! {
        <div
            class="toast card"
            data-tone=tone
            role=if kind == ToastKind::Bad { "alert" } else { "status" }
            on:pointerenter=listener(move |_| held.set(true))
            on:pointerleave=listener(move |_| held.set(false))
            on:focusin=listener(move |_| held.set(true))
            on:focusout=listener(move |_| held.set(false))
        >
            <span class="badge"><Icon glyph /></span>
            <div class="toast-words">
                <p class="toast-title">
                    {part(move || match link.get() {
                        link if link.is_empty() => title.into_any(),
                        link => view! { <a href=link>{title}</a> }.erased(),
                    })}
                </p>
                <p class="note">{text}</p>
            </div>
            <button type="button" class="icon-button" aria-label="Dismiss" on:click=listener(move |_| live.dismiss(id))>
                <Icon glyph=Glyph::Cross />
            </button>
        </div>
    }
    .erased()
}
