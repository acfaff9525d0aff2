//! Renaming in place, and what else can be done with a chapter, a scene or a shot.

use leptos::{ev, html, prelude::*};
use serde_json::json;

use super::{
    model::{BoardModel, BoardObject},
    moves,
};
use crate::components::{
    icon::{Glyph, Icon},
    production::form::{fields, on_submit},
    reactive::{Erased, listener, memo},
};
use proto::production::{ObjectKind, ProductionChange};

impl BoardObject {
    pub fn kind(self) -> ObjectKind {
        match self {
            Self::Chapter(_) => ObjectKind::Chapter,
            Self::Scene(_) => ObjectKind::Scene,
            Self::Shot(_) => ObjectKind::Shot,
        }
    }

    pub fn id(self) -> String {
        match self {
            Self::Chapter(id) => id.to_string(),
            Self::Scene(id) => id.to_string(),
            Self::Shot(id) => id.to_string(),
        }
    }

    pub fn version(self, model: BoardModel) -> Option<u32> {
        model.with_untracked(|board| match self {
            Self::Chapter(id) => board.chapters.get(&id).map(|object| object.version),
            Self::Scene(id) => board.scenes.get(&id).map(|object| object.version),
            Self::Shot(id) => board.shots.get(&id).map(|object| object.version),
        })
    }
}

/// The title as a field. Enter keeps it, Escape leaves it as it was.
#[component]
pub(super) fn Rename(model: BoardModel, object: BoardObject, title: Memo<String>) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    // The one that was read: somebody else may change it meanwhile.
    let version = object.version(model);
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
            field.select();
        }
    });
    let act = move || {
        let Some(field) = field.get_untracked() else { return };
        let text = field.value();
        let change = ProductionChange::Change {
            project: model.project,
            kind: object.kind(),
            id: object.id(),
            version,
            fields: fields(&[("title", json!(text))]),
        };
        model.renamed.set(None);
        if text != title.get_untracked() {
            model.send("Not renamed", change);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            model.renamed.set(None);
        }
    };
    view! {
        <form class="board-rename" on:submit=on_submit(act) on:keydown=listener(on_key)>
            <input aria-label="Title" maxlength="200" value=title.get_untracked() autocomplete="off" node_ref=field />
            <button class="button">"Rename"</button>
        </form>
    }
    .erased()
}

/// What else can be done with it: the same as by dragging and by keys, for everybody.
#[component]
pub(super) fn MoreMenu(model: BoardModel, object: BoardObject, title: Memo<String>) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    let step = move |by: isize| {
        close();
        moves::step(model, object, by);
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            close();
        }
    };
    let rename = move |_: ev::MouseEvent| {
        close();
        model.renamed.set(Some(object));
    };
    let trash = move |_: ev::MouseEvent| {
        close();
        model.throw_away(object.kind(), object.id(), title.get_untracked());
    };
    view! {
        <details class="board-add board-more with-script" node_ref=details on:keydown=listener(on_key)>
            <summary class="icon-button" aria-label=memo(move || format!("More for {}", title.get()))><Icon glyph=Glyph::More /></summary>
            <div class="board-pop">
                <button type="button" class="button" on:click=listener(rename)>"Rename"</button>
                <button type="button" class="button" on:click=listener(move |_| step(-1))>"Move earlier"</button>
                <button type="button" class="button" on:click=listener(move |_| step(1))>"Move later"</button>
                <button type="button" class="button" on:click=listener(trash)>"Throw away"</button>
            </div>
        </details>
    }
    .erased()
}
