//! Assets in the trash.

use leptos::{ev, prelude::*};

use super::super::page_data::{PageData, send};
use crate::{
    api::change_production,
    components::{
        reactive::{Erased, listener, memo, part},
        words::count,
    },
    live::ToastKind,
};
use proto::production::{
    ObjectKind, ProductionChange, ProjectId,
    views::{AssetCard, AssetsPage},
};

pub(super) fn trash(data: PageData<AssetsPage>, project: ProjectId) -> AnyView {
    let trashed = memo(move || data.with(|page| page.trashed.clone()));
    let row = move |card: AssetCard| {
        let (id, name) = (card.id.to_string(), card.fields.name.clone());
        let restore = move |_: ev::MouseEvent| {
            let change = ProductionChange::Restore { project, kind: ObjectKind::Asset, id: id.clone() };
            send(data.busy, change_production(change), move |done| {
                if let Err(problem) = done {
                    data.live.toast(ToastKind::Bad, "Not restored", problem.words(), None);
                }
                data.refresh();
            });
        };
        view! {
            <li>
                <span>{card.fields.name}</span>
                <span class="note">{card.fields.kind.words().0}</span>
                <button type="button" class="button quiet with-script" on:click=listener(restore)>
                    "Restore"<span class="visually-hidden">" "{name}</span>
                </button>
            </li>
        }
        .erased()
    };
    part(move || match trashed.get() {
        trashed if trashed.is_empty() => ().into_any(),
        trashed => view! {
            <details class="card view-fold">
                <summary>{format!("Trash: {}, kept for 30 days", count(trashed.len(), "asset", "assets"))}</summary>
                <ul class="trashed">{trashed.into_iter().map(row).collect_view()}</ul>
            </details>
        }
        .erased(),
    })
}
