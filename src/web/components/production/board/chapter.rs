//! The head of a chapter: its title, and the form for a new scene.

use leptos::{ev, prelude::*};

use super::{
    add::AddForm,
    drag,
    model::{BoardModel, BoardObject},
    moves,
    rename::{MoreMenu, Rename},
};
use crate::components::{
    production::address::board_url,
    reactive::{listener, memo, part},
    words::count,
};
use proto::production::{ChapterId, ObjectKind};

#[component]
pub(super) fn ChapterHead(model: BoardModel, chapter: ChapterId) -> impl IntoView {
    let this = BoardObject::Chapter(chapter);
    let title = memo(move || model.with(|board| board.chapters.get(&chapter).map(|chapter| chapter.title.clone()).unwrap_or_default()));
    let scenes = memo(move || count(model.with(|board| board.scenes_of(chapter).len()), "scene", "scenes"));
    let is_renamed = memo(move || model.renamed.get() == Some(this));
    let on_key = move |event: ev::KeyboardEvent| {
        let step = match (event.alt_key(), event.key().as_str()) {
            (true, "ArrowUp") => -1,
            (true, "ArrowDown") => 1,
            _ => return,
        };
        event.prevent_default();
        moves::step_chapter(model, chapter, step);
    };
    view! {
        <div
            class="board-chapter"
            id=format!("chapter-{chapter}")
            data-chapter-id=chapter.to_string()
            class:drop-here=memo(move || drag::accepts(model, this))
            on:keydown=listener(on_key)
            on:dragover=drag::over(model, this)
            on:drop=drag::dropped(model, this)
        >
            {part(move || if is_renamed.get() {
                view! { <Rename model object=this title /> }.into_any()
            } else {
                view! { <h2>{title}</h2> }.into_any()
            })}
            <p class="note">{scenes}</p>
            <div class="board-tools">
                <AddForm model kind=ObjectKind::Scene parent=chapter.to_string() action=board_url(model.project) label="Add scene" />
                <MoreMenu model object=this title />
            </div>
        </div>
    }
    .into_any()
}
