//! The head of a chapter: its title, and the form for a new scene.

use leptos::prelude::*;

use super::{
    add::AddForm,
    drag,
    head::{moved_by_keys, title_or_rename},
    model::{BoardModel, BoardObject},
    rename::MoreMenu,
};
use crate::components::{production::address::board_url, reactive::memo, words::count};
use proto::production::{ChapterId, ObjectKind};

#[component]
pub(super) fn ChapterHead(model: BoardModel, chapter: ChapterId) -> impl IntoView {
    let this = BoardObject::Chapter(chapter);
    let title = memo(move || model.with(|board| board.chapters.get(&chapter).map(|chapter| chapter.title.clone()).unwrap_or_default()));
    let scenes = memo(move || count(model.with(|board| board.scenes_of(chapter).len()), "scene", "scenes"));
    view! {
        <div
            class="board-chapter"
            id=format!("chapter-{chapter}")
            data-chapter-id=chapter.to_string()
            class:drop-here=memo(move || drag::accepts(model, this))
            on:keydown=moved_by_keys(model, this)
            on:dragover=drag::over(model, this)
            on:drop=drag::dropped(model, this)
        >
            {title_or_rename(model, this, title, |title| view! { <h2>{title}</h2> }.into_any())}
            <p class="note">{scenes}</p>
            <div class="board-tools">
                <AddForm model kind=ObjectKind::Scene parent=chapter.to_string() action=board_url(model.project) label="Add scene" />
                <MoreMenu model object=this title />
            </div>
        </div>
    }
    .into_any()
}
