//! What the heads of chapters and scenes have in common.

use leptos::{ev, prelude::*};

use super::{
    model::{BoardModel, BoardObject},
    moves,
    rename::Rename,
};
use crate::components::reactive::{listener, memo, part};

/// Its title, or the field in which it is renamed. `heading`: draws the title.
pub(super) fn title_or_rename(
    model: BoardModel,
    object: BoardObject,
    title: Memo<String>,
    heading: fn(Memo<String>) -> AnyView,
) -> AnyView {
    let is_renamed = memo(move || model.renamed.get() == Some(object));
    part(move || if is_renamed.get() { view! { <Rename model object title /> }.into_any() } else { heading(title) })
}

/// With Alt, the arrows up and down move it.
pub(super) fn moved_by_keys(model: BoardModel, object: BoardObject) -> Box<dyn FnMut(ev::KeyboardEvent)> {
    listener(move |event: ev::KeyboardEvent| {
        let step = match (event.alt_key(), event.key().as_str()) {
            (true, "ArrowUp") => -1,
            (true, "ArrowDown") => 1,
            _ => return,
        };
        event.prevent_default();
        moves::step(model, object, step);
    })
}
