//! The narrative structure of the project, and another one, after a question that says that nothing is deleted.

use leptos::{ev, html, prelude::*};

use super::super::page_data::{PageData, send};
use crate::{
    api::switch_structure,
    components::reactive::{Erased, listener, memo, part},
    live::ToastKind,
};
use proto::production::{ProjectId, views::StoryPage};

pub(super) fn structure_choice(data: PageData<StoryPage>, project: ProjectId) -> AnyView {
    let now = memo(move || data.with(|page| page.structure.id.clone()));
    let options = memo(move || data.with(|page| page.structures.clone()));
    // The one that is asked about.
    let asked = RwSignal::new(None::<(String, String)>);
    let (dialog, select) = (NodeRef::<html::Dialog>::new(), NodeRef::<html::Select>::new());
    let choose = move |event: ev::Event| {
        let id = event_target_value(&event);
        let found = options.with_untracked(|options| options.iter().find(|(known, _)| *known == id).cloned());
        if let Some(dialog) = dialog.get_untracked()
            && let Some(found) = found.filter(|_| id != now.get_untracked())
        {
            asked.set(Some(found));
            let _ = dialog.show_modal();
        }
    };
    // The choice that was not made is taken back.
    let closed = move |_: ev::Event| {
        if let Some(select) = select.get_untracked() {
            select.set_value(&now.get_untracked());
        }
    };
    let switch = move |_: ev::MouseEvent| {
        let Some((id, _)) = asked.get_untracked() else { return };
        let version = data.with_untracked(|page| page.project.version);
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        send(data.busy, switch_structure(project, version, id), move |done| {
            if let Err(problem) = done {
                data.live.toast(ToastKind::Bad, "The structure was not changed", problem.words(), None);
            }
            data.refresh();
        });
    };
    let title = memo(move || asked.with(|asked| asked.as_ref().map(|(_, title)| title.clone()).unwrap_or_default()));
    let option = move |(id, title): (String, String)| {
        let own = id.clone();
        let is_it = memo(move || now.with(|now| *now == own));
        view! { <option value=id selected=is_it.get_untracked() prop:selected=is_it>{title}</option> }.erased()
    };
    view! {
        <div class="field story-structure">
            <label for="story-structure">"Narrative structure"</label>
            <select id="story-structure" node_ref=select on:change=listener(choose)>
                {part(move || options.get().into_iter().map(option).collect_view().into_any())}
            </select>
        </div>
        <dialog class="ask card" aria-labelledby="structure-title" node_ref=dialog on:close=listener(closed)>
            <h2 id="structure-title">"Tell the story as “"{title}"”?"</h2>
            <p class="note">
                "Beats and chapters go to the steps at their places. Nothing is deleted: every beat stays, those that were reached stay so, and a switch back restores the steps that they have now."
            </p>
            <form method="dialog" class="ask-actions">
                <button type="submit" class="button" autofocus>"Keep it as it is"</button>
                <button type="button" class="button primary" on:click=listener(switch)>"Switch"</button>
            </form>
        </dialog>
    }
    .into_any()
}
