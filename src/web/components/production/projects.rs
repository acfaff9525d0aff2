//! The list of projects.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use proto::production::{AsJson, ProductionChange, ProductionEvent, Project, ProjectId};

use super::{
    address::board_url,
    conflict::ConflictPanel,
    form::{button_form, fields, on_submit},
    project_card::ProjectTile,
    project_nav::productions_nav,
    projects_model::ProjectsModel,
};
use crate::{
    base_path::{use_navigate, with_base},
    components::{
        boundary::Boundary,
        dom,
        reactive::{Erased, When, memo, part},
    },
};

/// The id of the title of a new project.
const NEW_TITLE: &str = "new-project";

/// Projects, the form for a new one, those that are put away, and the trash.
#[component]
pub(super) fn ProjectsPage() -> impl IntoView {
    let model = ProjectsModel::new();
    let open = memo(move || model.list.get().map(|list| list.open).unwrap_or_default());
    let archived = memo(move || model.list.get().map(|list| list.archived).unwrap_or_default());
    let trashed = memo(move || model.list.get().map(|list| list.trashed).unwrap_or_default());
    let is_empty = memo(move || model.list.with(|list| list.as_ref().is_some_and(|list| list.open.is_empty())));
    let is_loading = memo(move || model.list.with(Option::is_none) && model.failed.with(String::is_empty));
    let has_failed = memo(move || model.failed.with(|failed| !failed.is_empty()));
    view! {
        <div class="production-page">
            {productions_nav()}
            <div class="project-head">
                <h1>"Projects"</h1>
                <NewProject model />
            </div>
            <ConflictPanel client=model.client />
            <When holds=has_failed><p class="problem" role="alert">{model.failed}</p></When>
            <When holds=is_loading><p class="note" role="status">"Loading…"</p></When>
            {part(move || match model.removed.get() {
                None => ().into_any(),
                Some((project, title)) => view! {
                    <p class="production-undo" role="status">
                        {format!("“{title}” is in the trash.")}
                        {button_form(board_url(project), vec![("do", "restore-project".into())], "button", None, "Undo".into_any(), {
                            let title = title.clone();
                            move || model.trash(project, title.clone(), false)
                        })}
                    </p>
                }.into_any(),
            })}
            <When holds=is_empty>
                <div class="production-empty">
                    <h2>"No projects yet"</h2>
                    <p>"A project holds a film, an episode or a series of pictures: its chapters, scenes and shots on one board, the characters, places and styles they show, and every take that is made for them."</p>
                    <p class="note">"Give it a title above, and make the first one."</p>
                </div>
            </When>
            <Boundary name="The projects">
                {part(move || {
                    let cards = open.get();
                    let cards: Vec<_> = cards.into_iter().map(|card| view! { <ProjectTile model card /> }.into_any()).collect();
                    if cards.is_empty() { ().into_any() } else { view! { <ul class="project-cards" aria-label="Projects">{cards}</ul> }.into_any() }
                })}
                {part(move || {
                    let cards = archived.get();
                    if cards.is_empty() {
                        return ().into_any();
                    }
                    let count = cards.len();
                    let cards: Vec<_> = cards.into_iter().map(|card| view! { <ProjectTile model card /> }.into_any()).collect();
                    view! {
                        <details class="production-more">
                            <summary>{format!("Put away ({count})")}</summary>
                            <ul class="project-cards" aria-label="Projects that are put away">{cards}</ul>
                        </details>
                    }.into_any()
                })}
                {part(move || trash_list(model, trashed.get()))}
            </Boundary>
        </div>
    }
    .into_any()
}

fn trash_list(model: ProjectsModel, trashed: Vec<AsJson<Project>>) -> AnyView {
    if trashed.is_empty() {
        return ().into_any();
    }
    let count = trashed.len();
    let row = |AsJson(project): AsJson<Project>| {
        let (id, title) = (project.id, project.fields.title);
        let label = format!("Restore {title}");
        let named = title.clone();
        let restore = move || model.trash(id, named.clone(), false);
        view! {
            <li>
                <span>{title}</span>
                {button_form(board_url(id), vec![("do", "restore-project".into())], "button", Some(label), "Restore".into_any(), restore)}
            </li>
        }
        .into_any()
    };
    let rows: Vec<_> = trashed.into_iter().map(row).collect();
    view! {
        <details class="production-more">
            <summary>{format!("In the trash ({count})")}</summary>
            <p class="note">"Projects can be restored for 30 days."</p>
            <ul class="production-list" aria-label="Projects in the trash">{rows}</ul>
        </details>
    }
    .into_any()
}

#[component]
fn NewProject(model: ProjectsModel) -> impl IntoView {
    let navigate = use_navigate();
    let made = RwSignal::new(None::<ProjectId>);
    Effect::new(move |_| {
        if let Some(project) = made.get() {
            navigate(&board_url(project), NavigateOptions::default());
        }
    });
    let act = move || {
        let title = dom::typed(NEW_TITLE).unwrap_or_default();
        let change = ProductionChange::CreateProject { fields: fields(&[("title", title.into())]) };
        model.client.send("The project is not made", change, move |event| {
            if let ProductionEvent::ProjectCreated { data } = event {
                let _ = made.try_set(Some(data.id));
            }
        });
    };
    view! {
        <form class="production-new" method="post" action=with_base("/projects") on:submit=on_submit(act)>
            <label class="visually-hidden" for=NEW_TITLE>"Title of a new project"</label>
            <input id=NEW_TITLE name="title" required maxlength="200" placeholder="Title of a new project" autocomplete="off" />
            <button class="button accent">"Make project"</button>
        </form>
    }
    .erased()
}
