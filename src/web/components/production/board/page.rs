//! The page of a board.

use leptos::prelude::*;
use proto::{
    limits,
    production::{BoardFilter, ObjectKind, ProjectId},
};

use super::{add::AddForm, filter::FilterBar, list::BoardList, model::BoardModel, toolbar::SelectionBar, trash::TrashList};
use crate::components::{
    boundary::Boundary,
    production::{address::board_url, conflict::ConflictPanel, form::button_form, project_nav::ProjectNav},
    reactive::{When, memo, part},
};

#[component]
pub(in crate::components::production) fn BoardPage(project: ProjectId) -> impl IntoView {
    let model = BoardModel::new(project);
    let title = memo(move || model.with(|board| board.project.0.fields.title.clone()));
    let is_there = memo(move || model.board.with(Option::is_some));
    let has_failed = memo(move || model.failed.with(|failed| !failed.is_empty()));
    let is_loading = memo(move || !is_there.get() && !has_failed.get());
    let is_empty = memo(move || is_there.get() && model.with(|board| board.chapters_in_order().is_empty()));
    // Also where a filter of the address lets a server draw none of them.
    let has_shots = memo(move || model.with(|board| board.shot_count > 0));
    let finds_nothing = memo(move || {
        is_there.get()
            && !is_empty.get()
            && model.lines.with(|lines| lines.shots.is_empty())
            && model.filter.with(|filter| !filter.is_empty())
    });
    // A filter leaves out others, which are no more of the same.
    let is_cut = memo(move || model.is_partial.get() && model.with(|board| board.shots.len() >= limits::BOARD_FIRST_SHOTS));
    let all_url = memo(move || match model.filter.with(BoardFilter::query) {
        none if none.is_empty() => format!("{}?all", board_url(project)),
        query => format!("{}{query}&all", board_url(project)),
    });
    view! {
        <div class="production-page board-page">
            <ProjectNav project title />
            <h1 class="visually-hidden">{memo(move || format!("Board of {}", title.get()))}</h1>
            <p class="visually-hidden" role="status">{model.client.said}</p>
            <ConflictPanel client=model.client />
            <When holds=has_failed><p class="problem" role="alert">{model.failed}</p></When>
            <When holds=is_loading><p class="note" role="status">"Loading…"</p></When>
            {part(move || match model.removed.get() {
                None => ().into_any(),
                Some(thrown) => {
                    let fields = vec![("do", "restore".into()), ("kind", thrown.kind.word().into()), ("id", thrown.id.clone())];
                    let words = format!("“{}” is in the trash.", thrown.name);
                    let undo = move || model.restore(Some(thrown.kind), thrown.id.clone());
                    view! {
                        <p class="production-undo" role="status">
                            {words}
                            {button_form(board_url(project), fields, "button", None, "Undo".into_any(), undo)}
                        </p>
                    }.into_any()
                }
            })}
            <When holds=is_there>
                <div class="board-head">
                    <When holds=has_shots><FilterBar model /></When>
                    <AddForm model kind=ObjectKind::Chapter parent=String::new() action=board_url(project) label="Add chapter" />
                </div>
            </When>
            <When holds=is_empty>
                <div class="production-empty">
                    <h2>"An empty board"</h2>
                    <p>"A chapter is an act or an episode. Scenes are in chapters, and shots in scenes: each shot is a card here, with the take that was chosen for it."</p>
                    <p class="note">"Begin with the first one: “Add chapter”, above."</p>
                </div>
            </When>
            <When holds=finds_nothing><p class="note" role="status">"No shot is like this."</p></When>
            <Boundary name="The board"><BoardList model /></Boundary>
            <When holds=is_cut>
                <p class="without-script"><a class="button" href=all_url>"Show all shots"</a></p>
            </When>
            <When holds=has_shots>
                <p class="note with-script board-help">
                    "Drag cards and scenes, or move the one with the focus: Alt and an arrow. Arrows alone go from card to card."
                </p>
            </When>
            <When holds=is_there><TrashList model /></When>
            <SelectionBar model />
        </div>
    }
    .into_any()
}
