//! A link to the dailies for those who have no access: made, copied, and ended.

use leptos::{ev, prelude::*};

use super::super::page_data::{PageData, send};
use crate::{
    api::{share_dailies, unshare_dailies},
    base_path::with_base,
    components::{
        dom,
        reactive::{Erased, listener, memo, part, truth},
    },
    live::ToastKind,
};
use proto::production::{ProjectId, views::DailiesPage};

pub(super) fn share(data: PageData<DailiesPage>, project: ProjectId) -> AnyView {
    let is_shared = memo(move || data.with(|page| page.is_shared));
    // The link is known only while the page that made it is open: of its token only a hash is stored.
    let link = RwSignal::new(String::new());
    let make = move |_: ev::MouseEvent| {
        send(data.busy, share_dailies(project), move |made| match made {
            Ok(path) => {
                link.set(dom::origin() + &with_base(&path));
                data.refresh();
            }
            Err(problem) => data.live.toast(ToastKind::Bad, "No link was made", problem.words(), None),
        });
    };
    let end = move |_: ev::MouseEvent| {
        send(data.busy, unshare_dailies(project), move |done| match done {
            Ok(()) => {
                link.set(String::new());
                data.refresh();
            }
            Err(problem) => data.live.toast(ToastKind::Bad, "The link still works", problem.words(), None),
        });
    };
    let copy = move |_: ev::MouseEvent| {
        dom::copy(link.get_untracked(), move |copied| {
            let (kind, title) =
                if copied { (ToastKind::Good, "Copied") } else { (ToastKind::Bad, "Not copied: mark the link, and copy it") };
            data.live.toast(kind, title, "", None);
        });
    };
    let busy = truth(move || data.busy.get());
    view! {
        <details class="card view-fold dailies-share with-script">
            <summary>{memo(move || if is_shared.get() { "A link leads here" } else { "Share a link" })}</summary>
            <p class="note">
                "Whoever has the link sees the current takes with their notes and drawings, without signing in, and can change nothing. It works until it is ended or replaced."
            </p>
            {part(move || if link.with(String::is_empty) {
                ().into_any()
            } else {
                view! {
                    <div class="field">
                        <label for="dailies-link">"The link, shown only now"</label>
                        <input id="dailies-link" type="text" readonly=true prop:value=link />
                    </div>
                    <button type="button" class="button" on:click=listener(copy)>"Copy"</button>
                }.into_any()
            })}
            <div class="review-buttons">
                <button type="button" class="button" aria-disabled=busy on:click=listener(make)>
                    {memo(move || if is_shared.get() { "Replace the link" } else { "Make a link" })}
                </button>
                {part(move || if is_shared.get() {
                    view! { <button type="button" class="button danger" aria-disabled=busy on:click=listener(end)>"End the link"</button> }.erased()
                } else {
                    ().into_any()
                })}
            </div>
        </details>
    }
    .erased()
}
