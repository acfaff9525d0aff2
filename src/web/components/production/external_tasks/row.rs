//! One task of another program.

use leptos::{ev, prelude::*};

use super::super::page_data::PageData;
use super::{
    revoke::Asked,
    words::{attempt_words, progress_share, progress_words, state_look},
};
use crate::{
    base_path::with_base,
    components::{
        bar::Bar,
        icon::Icon,
        reactive::{Erased, listener, memo, part},
        words::ago,
    },
};
use proto::{
    external::{ExternalState, ExternalTask},
    production::views::{ExternalPage, JoinedShot},
};

/// Its parts change by themselves: the row stays, and what is unfolded stays open.
pub(super) fn task_row(data: PageData<ExternalPage>, number: u64, asked: RwSignal<Asked>) -> AnyView {
    let line = memo(move || data.with(|page| page.tasks.iter().find(|line| line.number == number).cloned()));
    let task = memo(move || line.with(|line| line.as_ref().map(|line| line.task.clone()).unwrap_or_default()));
    let shot = memo(move || line.with(|line| line.as_ref().and_then(|line| line.shot.clone())));
    let look = move || task.with(state_look);
    let name = memo(move || task.with(name_of));
    let share = memo(move || task.with(progress_share));
    let words = memo(move || {
        task.with(|task| {
            let said = task.message.clone().or_else(|| task.stage.clone()).unwrap_or_default();
            [progress_words(task), said].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · ")
        })
    });
    let facts = memo(move || {
        task.with(|task| {
            let worker = task.worker.clone().unwrap_or_else(|| "no worker yet".into());
            format!("{} · {worker} · heard {}", attempt_words(task.retries), ago(data.live.now().since(task.last_seen)))
        })
    });
    let error = memo(move || task.with(|task| task.error.clone()));
    let result = memo(move || task.with(|task| task.result.clone()));
    let revocable = memo(move || task.with(|task| task.source == "celery" && !task.state.is_final()));
    let ask = move |_: ev::MouseEvent| {
        let runs = matches!(task.with_untracked(|task| task.state), ExternalState::Started | ExternalState::Progress);
        asked.set(Some((task.with_untracked(|task| task.id.clone()), name.get_untracked(), runs)));
    };
    let id = memo(move || task.with(|task| task.id.clone()));
    view! {
        <li class="card external-task" data-tone=memo(move || look().0)>
            <div class="external-head">
                <span class="badge"><Icon glyph=memo(move || look().1) /></span>
                <h3>{name}</h3>
                <span class="state-word">
                    {memo(move || look().2)}" "<code>{memo(move || task.with(|task| task.state.as_str()))}</code>
                </span>
                {part(move || if revocable.get() {
                    view! {
                        <button type="button" class="button quiet with-script" aria-haspopup="dialog" on:click=listener(ask)>
                            "Revoke"<span class="visually-hidden">" "{name}</span>
                        </button>
                    }.erased()
                } else {
                    ().into_any()
                })}
            </div>
            {part(move || match share.get() {
                Some(_) => view! { <Bar share=memo(move || share.get().unwrap_or_default()) class="view-bar" /> }.into_any(),
                None => ().into_any(),
            })}
            <p class="external-words">{words}</p>
            <p class="note">{facts}</p>
            <p class="note">
                <span class="mono">{id}</span>
                {part(move || match shot.get() {
                    Some(JoinedShot { label, href }) => view! { <span>" · "<a href=with_base(&href)>{label}</a></span> }.erased(),
                    None => ().into_any(),
                })}
            </p>
            {part(move || match error.get() {
                None => ().into_any(),
                Some(error) => {
                    let traceback = error.traceback.map(|text| {
                        view! {
                            <details class="view-fold">
                                <summary>"Traceback"</summary>
                                <pre tabindex="0">{text}</pre>
                            </details>
                        }
                        .erased()
                    });
                    view! {
                        <div class="external-error">
                            <p class="problem"><strong>{error.kind}</strong>": "{error.message}</p>
                            {traceback}
                        </div>
                    }
                    .erased()
                }
            })}
            {part(move || match result.get() {
                None => ().into_any(),
                Some(result) => view! {
                    <details class="view-fold">
                        <summary>{if result.is_cut { "What it returned (the beginning)" } else { "What it returned" }}</summary>
                        <pre tabindex="0">{result.text}</pre>
                    </details>
                }.erased(),
            })}
        </li>
    }
    .erased()
}

fn name_of(task: &ExternalTask) -> String {
    task.name.clone().unwrap_or_else(|| format!("A task of {}", task.source))
}
