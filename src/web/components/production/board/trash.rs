//! What was thrown away on the board, to be brought back.

use leptos::{ev, html, prelude::*};
use proto::production::{BoardTrash, TrashedItem};

use super::model::BoardModel;
use crate::components::{
    production::{address::board_url, form::button_form},
    reactive::{Erased, listener, memo, part},
    words::{ago, capitalized, count},
};

/// Read when it is opened. Without JavaScript a link opens it.
#[component]
pub(super) fn TrashList(model: BoardModel) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let toggled = move |_: ev::Event| {
        if details.get_untracked().is_some_and(|details| details.open()) && model.trash.with_untracked(Option::is_none) {
            model.read_trash();
        }
    };
    let is_open = model.trash.with_untracked(Option::is_some);
    view! {
        <details class="production-more" id="trash" open=is_open node_ref=details on:toggle=listener(toggled)>
            <summary>"Trash"</summary>
            {part(move || match model.trash.get() {
                None => view! {
                    <p class="note with-script" role="status">"Looking…"</p>
                    <p class="without-script"><a class="button" href=format!("{}?trash#trash", board_url(model.project))>"Show what was thrown away"</a></p>
                }.into_any(),
                Some(trash) => list(model, trash),
            })}
        </details>
    }
    .erased()
}

fn list(model: BoardModel, trash: BoardTrash) -> AnyView {
    let rows: Vec<_> = trash.items.into_iter().map(|item| row(model, item)).collect();
    if rows.is_empty() {
        return view! { <p class="note">"Nothing was thrown away. Chapters, scenes, shots, takes and beats can be restored from here for 30 days."</p> }.erased();
    }
    let mut words = format!("{}, kept for 30 days.", capitalized(&count(rows.len(), "thing", "things")));
    if trash.has_more {
        words.push_str(" There is more: it is listed when these are restored or removed.");
    }
    view! {
        <p class="note">{words}</p>
        <ul class="production-list" aria-label="In the trash">{rows}</ul>
    }
    .into_any()
}

fn row(model: BoardModel, item: TrashedItem) -> AnyView {
    let (label, word) = (format!("Restore {}", item.name), capitalized(item.kind_word()));
    let TrashedItem { kind, id, name, at } = item;
    let fields = match kind {
        Some(kind) => vec![("do", "restore".to_owned()), ("kind", kind.word().to_owned()), ("id", id.clone())],
        None => vec![("do", "restore-take".to_owned()), ("take", id.clone())],
    };
    let live = model.client.live;
    view! {
        <li>
            <span>{name}</span>
            <span class="note">{word}", "{memo(move || ago(live.now().since(at)))}</span>
            {button_form(board_url(model.project), fields, "button", Some(label), "Restore".into_any(), move || model.restore(kind, id.clone()))}
        </li>
    }
    .erased()
}
