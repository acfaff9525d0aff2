//! All takes of a node.

use leptos::{ev, prelude::*};
use proto::{
    gallery::{CompareAddress, CompareMode, GalleryQuery},
    limits,
    production::{ProductionNode, TakeId},
};
use uuid::Uuid;

use super::{model::ShotModel, take::TakeCard};
use crate::{
    base_path::with_base,
    components::{
        production::{address::shot_url, form::button_form},
        reactive::{Erased, When, listener, memo, part, rows},
        words::count,
    },
};

#[component]
pub(super) fn TakesPanel(model: ShotModel) -> impl IntoView {
    let in_trash = RwSignal::new(false);
    let nodes = memo(move || model.with(|view| view.live_nodes().into_iter().cloned().collect::<Vec<ProductionNode>>()));
    let node = memo(move || model.node().map(|node| node.node_id));
    let takes = memo(move || -> Vec<u128> {
        let Some(node) = node.get() else { return Vec::new() };
        model.with(|view| view.takes_of(&node, in_trash.get()).iter().map(|take| take.id.0.as_u128()).collect())
    });
    let trashed = memo(move || {
        let node = node.get();
        model.with(|view| node.map_or(0, |node| view.takes_of(&node, true).len()))
    });
    let has_trash = memo(move || trashed.get() > 0 || in_trash.get());
    let is_empty = memo(move || takes.with(Vec::is_empty));
    let heading = memo(move || count(takes.with(Vec::len), "take", "takes"));
    let choose_node = move |event: ev::Event| {
        model.looked_at.set(None);
        model.compared.update(std::collections::BTreeSet::clear);
        model.node.set(event_target_value(&event).parse().ok());
    };
    view! {
        <section class="card shot-takes" aria-labelledby="takes-title">
            <div class="shot-takes-head">
                <h2 id="takes-title">{heading}</h2>
                {part(move || {
                    let nodes = nodes.get();
                    if nodes.len() < 2 {
                        return ().into_any();
                    }
                    let now = node.get_untracked();
                    let options: Vec<_> = nodes.into_iter().map(|node| {
                        let name = if node.fields.title.is_empty() { node.node_id.to_string() } else { node.fields.title.clone() };
                        let selected = Some(&node.node_id) == now.as_ref();
                        view! { <option value=node.node_id.to_string() selected=selected>{name}</option> }.erased()
                    }).collect();
                    view! { <select class="with-script" aria-label="Node" on:change=listener(choose_node)>{options}</select> }.erased()
                })}
                <CompareLink model />
                <When holds=has_trash>
                    <button
                        type="button"
                        class="button with-script"
                        aria-pressed=memo(move || in_trash.get().to_string())
                        on:click=listener(move |_: ev::MouseEvent| in_trash.update(|in_trash| *in_trash = !*in_trash))
                    >
                        {memo(move || format!("Trash ({})", trashed.get()))}
                    </button>
                </When>
            </div>
            {part(move || match model.removed.get() {
                None => ().into_any(),
                Some(take) => undo_line(model, take),
            })}
            <ul class="take-list" aria-label="Takes">
                {rows(takes, move |take| view! { <TakeCard model take=TakeId(Uuid::from_u128(take)) /> }.into_any())}
            </ul>
            <When holds=is_empty>
                <p class="note">{memo(move || if in_trash.get() { "No take is in the trash." } else { "No takes yet." })}</p>
            </When>
        </section>
    }
    .into_any()
}

fn undo_line(model: ShotModel, take: TakeId) -> AnyView {
    let number = untrack(|| model.take(take)).map_or(0, |take| take.take_number);
    let fields = vec![("do", "restore-take".to_owned()), ("take", take.to_string())];
    view! {
        <p class="production-undo" role="status">
            {format!("T{number:03} is in the trash.")}
            {button_form(shot_url(model.project, model.shot), fields, "button", None, "Undo".into_any(), move || model.trash(take, false))}
        </p>
    }
    .into_any()
}

/// While two to four takes are selected that are in the gallery: its page compares them.
#[component]
fn CompareLink(model: ShotModel) -> impl IntoView {
    let url = memo(move || {
        let chosen = model.compared.get();
        let mut takes: Vec<_> = model.with(|view| view.takes.0.iter().filter(|take| chosen.contains(&take.id)).cloned().collect());
        takes.sort_by_key(|take| take.take_number);
        let ids: Vec<_> = takes.iter().filter_map(|take| take.output_id).collect();
        let fits = (2..=limits::GALLERY_COMPARED).contains(&ids.len());
        fits.then(|| with_base(&CompareAddress { ids, mode: CompareMode::default(), pair: (0, 1) }.url(&GalleryQuery::default())))
    });
    let some = memo(move || !model.compared.with(std::collections::BTreeSet::is_empty));
    part(move || match (url.get(), some.get()) {
        (Some(url), _) => view! { <a class="button with-script" href=url>"Compare"</a> }.erased(),
        (None, true) => view! { <span class="note with-script">"Select two to four takes to compare them."</span> }.erased(),
        (None, false) => ().into_any(),
    })
}
