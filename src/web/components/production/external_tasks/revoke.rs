//! Revoking a task, after a question that says what it means.

use leptos::{ev, html, prelude::*};

use super::super::page_data::{PageData, send};
use crate::{
    api::revoke_external,
    components::reactive::{Erased, listener, memo, part},
    live::ToastKind,
};
use proto::production::views::ExternalPage;

/// What is asked about: the id of a task and its name, and whether it runs.
pub(super) type Asked = Option<(String, String, bool)>;

/// The question. It is shown as soon as `asked` names a task.
pub(super) fn revoke_dialog(data: PageData<ExternalPage>, asked: RwSignal<Asked>) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if asked.with(Option::is_some)
            && let Some(dialog) = dialog.get_untracked()
        {
            let _ = dialog.show_modal();
        }
    });
    let name = memo(move || asked.with(|asked| asked.as_ref().map(|(_, name, _)| name.clone()).unwrap_or_default()));
    let runs = memo(move || asked.with(|asked| asked.as_ref().is_some_and(|(_, _, runs)| *runs)));
    let closed = move |_: ev::Event| asked.set(None);
    let revoke = move |terminate: bool| {
        let Some((id, ..)) = asked.get_untracked() else { return };
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        send(data.busy, revoke_external(id, terminate), move |done| match done {
            Ok(()) => {
                data.live.toast(
                    ToastKind::Good,
                    "Workers were told",
                    "What becomes of the task is shown as soon as Celery tells it.",
                    None,
                );
                data.refresh();
            }
            Err(problem) => data.live.toast(ToastKind::Bad, "Not revoked", problem.words(), None),
        });
    };
    view! {
        <dialog class="ask card" aria-labelledby="revoke-title" node_ref=dialog on:close=listener(closed)>
            <h2 id="revoke-title">"Revoke "{name}"?"</h2>
            {part(move || if runs.get() {
                view! { <p class="note">"A worker runs it. Stopping it ends that process at once, and what it made so far may be lost."</p> }.erased()
            } else {
                view! { <p class="note">"No worker will begin it. Workers that are not there now do not hear of it."</p> }.erased()
            })}
            <form method="dialog" class="ask-actions">
                <button type="submit" class="button">"Keep it"</button>
                <button type="button" class="button danger" on:click=listener(move |_: ev::MouseEvent| revoke(false))>
                    {memo(move || if runs.get() { "Only if it is tried again" } else { "Revoke it" })}
                </button>
                {part(move || if runs.get() {
                    view! {
                        <button type="button" class="button danger" on:click=listener(move |_: ev::MouseEvent| revoke(true))>"Stop it"</button>
                    }.erased()
                } else {
                    ().into_any()
                })}
            </form>
        </dialog>
    }
    .erased()
}
