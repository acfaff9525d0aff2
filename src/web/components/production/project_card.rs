//! One project in the list.

use leptos::prelude::*;
use proto::production::{BoardCounts, ProjectCard};

use super::{address::board_url, form::button_form, projects_model::ProjectsModel};
use crate::{
    base_path::with_base,
    components::{
        bar::Bar,
        reactive::memo,
        words::{ago, count},
    },
    live::use_live,
};

/// Its title, how far it is, and what can be done with it.
#[component]
pub(super) fn ProjectTile(model: ProjectsModel, card: ProjectCard) -> impl IntoView {
    let live = use_live();
    let project = card.project.0;
    let (id, url) = (project.id, board_url(project.id));
    let title = project.fields.title.clone();
    let is_archived = project.archived_at.is_some();
    let changed = card.changed_at.0;
    let changed = memo(move || format!("Changed {}", ago(live.now().since(changed))));
    let picture = match card.thumbnail {
        Some(thumbnail) => view! { <img src=with_base(&thumbnail) alt="" loading="lazy" width="320" height="180" /> }.into_any(),
        None => view! { <span class="project-no-picture note">"No takes yet"</span> }.into_any(),
    };
    let description = project.fields.description.clone();
    let archive = {
        let project = project.clone();
        move || model.archive(&project, !is_archived)
    };
    let (word, order) = if is_archived { ("Take up again", "unarchive") } else { ("Put away", "archive") };
    let named = title.clone();
    let trash = move || model.trash(id, named.clone(), true);
    view! {
        <li class="project-card card" data-project-id=id.to_string()>
            <a class="project-picture" href=url.clone() tabindex="-1" aria-hidden="true">{picture}</a>
            <div class="project-words">
                <h2><a href=url.clone()>{title.clone()}</a></h2>
                <p class="project-description note">{description}</p>
                <Counts counts=card.counts />
                <p class="note">{changed}</p>
            </div>
            <div class="production-buttons">
                {button_form(url.clone(), vec![("do", order.into())], "button", Some(format!("{word}: {title}")), word.into_any(), archive)}
                {button_form(url, vec![("do", "trash-project".into())], "button", Some(format!("Throw away: {title}")), "Throw away".into_any(), trash)}
            </div>
        </li>
    }
    .into_any()
}

/// How many shots there are, and how far they are.
#[component]
fn Counts(counts: BoardCounts) -> impl IntoView {
    let share = (counts.completed * 1_000).checked_div(counts.shots).and_then(|share| u16::try_from(share).ok()).unwrap_or_default();
    let mut words = vec![count(counts.shots as usize, "shot", "shots")];
    let of =
        [(counts.completed, "with a take"), (counts.approved, "approved"), (counts.generating, "generating"), (counts.errors, "failed")];
    words.extend(of.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")));
    view! {
        <p class="project-counts">{words.join(" · ")}</p>
        <Bar share=Signal::derive(move || share) class="project-bar" />
    }
    .into_any()
}
