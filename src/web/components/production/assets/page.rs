//! `/projects/{project}/assets`.

use leptos::{ev, prelude::*};

use super::{
    super::page_data::{NewsStream, PageData, frame},
    asset_draft::AssetDraft,
    asset_form::asset_form,
    card::asset_card,
    trash::trash,
};
use crate::{
    api::fetch_assets,
    base_path::with_base,
    components::{
        reactive::{Erased, listener, memo, rows},
        words::count,
    },
};
use proto::production::{AssetKind, ProjectId, views::AssetsPage};

const EVENTS: &[&str] = &["project.updated", "project.deleted", "asset.changed", "cast.changed", "scene.changed"];

pub(in crate::components::production) fn assets_view(project: ProjectId) -> AnyView {
    let data = PageData::<AssetsPage>::follow(NewsStream::Project(project, EVENTS), move || Box::pin(fetch_assets(project)));
    let title = memo(move || data.with(|page| page.project.title.clone()));
    let about = move || {
        let number = data.with(|page| page.assets.len());
        format!("What the project shows again and again: {}", count(number, "asset", "assets"))
    };
    frame("Assets", about, Some((project, title)), data.stage, move || body(data, project))
}

fn body(data: PageData<AssetsPage>, project: ProjectId) -> AnyView {
    let draft = AssetDraft::new();
    let group = move |kind: AssetKind| {
        let keys = memo(move || {
            let of_kind = |page: &AssetsPage| {
                page.assets.iter().filter(|card| card.fields.kind == kind).map(|card| card.id.0.as_u128()).collect::<Vec<_>>()
            };
            data.with(of_kind)
        });
        let is_empty = memo(move || keys.with(Vec::is_empty));
        let (one, many) = kind.words();
        let title = format!("assets-{}", many.to_lowercase());
        let labelled = title.clone();
        view! {
            <section aria-labelledby=labelled>
                <div class="view-section-head">
                    <h2 id=title>{many}" "<span class="note">{memo(move || keys.with(Vec::len).to_string())}</span></h2>
                    <button type="button" class="button with-script" on:click=listener(move |_: ev::MouseEvent| draft.begin(kind))>
                        "New "{one.to_lowercase()}
                    </button>
                </div>
                <p class="note" hidden=memo(move || !is_empty.get())>{none(kind)}</p>
                <ul class="asset-grid" hidden=is_empty>{rows(keys, move |key| asset_card(data, draft, key))}</ul>
            </section>
        }
        .erased()
    };
    let option = |kind: AssetKind| {
        let word: &'static str = kind.into();
        view! { <option value=word>{kind.words().0}</option> }.erased()
    };
    view! {
        <form class="view-filters without-script" method="post" action=with_base(&format!("/projects/{project}/assets"))>
            <div class="field">
                <label for="plain-asset-name">"Name of a new asset"</label>
                <input id="plain-asset-name" name="name" type="text" autocomplete="off" required />
            </div>
            <div class="field">
                <label for="plain-asset-kind">"Kind"</label>
                <select id="plain-asset-kind" name="kind">{AssetKind::ALL.into_iter().map(option).collect_view()}</select>
            </div>
            <button type="submit" class="button">"Add"</button>
        </form>
        {AssetKind::ALL.into_iter().map(group).collect_view()}
        {trash(data, project)}
        {asset_form(data, project, draft)}
    }
    .into_any()
}

fn none(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Character => "No character yet. What prompts say of one, and its LoRA, is written here once for all of its shots.",
        AssetKind::Style => "No style yet. A style is how pictures look: its words come last in prompts.",
        AssetKind::Location => "No location yet. Scenes can have one for all of their shots.",
        AssetKind::Prop => "No prop yet.",
        AssetKind::Sound => "No sound yet.",
    }
}
