//! The picture of the take that is looked at, or of the one that is being made.

use leptos::prelude::*;
use proto::production::{NodeStatus, Take, TakeState};

use super::model::ShotModel;
use crate::{
    base_path::with_base,
    components::{
        bar::Bar,
        icon::Icon,
        production::words::{quality_words, state_of, state_words, take_state_words},
        reactive::{Erased, When, listener, memo, part},
        stage::ZoomWindow,
        words::percent,
    },
};

/// The file of a take. `None`: there is none (yet).
pub(super) fn file_of(take: &Take) -> Option<String> {
    let output = take.output?;
    (take.state == TakeState::Completed).then(|| match take.output_id {
        Some(id) => with_base(&format!("/gallery/{id}/file")),
        None => with_base(&format!("/tasks/{}/outputs/{output}", take.task_id)),
    })
}

#[component]
pub(super) fn Viewer(model: ShotModel) -> impl IntoView {
    let live = model.client.live;
    let node = memo(move || model.node());
    let shown = memo(move || model.shown());
    let file = memo(move || shown.get().and_then(|take| Some((file_of(&take)?, take.path))));
    let state = memo(move || node.get().map(|node| state_of(node.run.status)).unwrap_or_default());
    let is_generating = memo(move || node.get().is_some_and(|node| node.run.status == NodeStatus::Generating));
    let task = memo(move || {
        let node = node.get()?;
        model.with(|view| view.running(&node.node_id).map(|take| take.task_id))
    });
    let progress = memo(move || {
        let told = task.get().and_then(|task| {
            live.with_progress(task, |task| {
                let step = task.current_node().and_then(|node| node.step());
                (percent(task), step.map(|(step, steps)| format!("step {step} of {steps}")).unwrap_or_default())
            })
        });
        told.unwrap_or_default()
    });
    let preview = memo(move || task.get().and_then(|task| live.preview(task)));
    let words = memo(move || {
        let word = state_words(state.get()).0;
        match (is_generating.get(), progress.get()) {
            (false, _) => word.to_owned(),
            (true, (percent, step)) if step.is_empty() => format!("{word} · {percent} %"),
            (true, (percent, step)) => format!("{word} · {percent} % · {step}"),
        }
    });
    let error = memo(move || node.get().and_then(|node| node.run.error.or(node.run.message)).filter(|_| state.get().word() == "error"));
    let has_error = memo(move || error.with(Option::is_some));
    let share = memo(move || u16::from(progress.get().0) * 10);
    let caption = memo(move || match shown.get() {
        Some(take) => {
            let is_current = node.get().and_then(|node| node.run.current_take) == Some(take.take_number);
            let current = if is_current { ", the current take" } else { "" };
            format!("T{:03}, {} quality{current}", take.take_number, quality_words(take.quality_preset).to_lowercase())
        }
        None => String::new(),
    });
    let is_picture = memo(move || file.get().is_some_and(|(_, path)| !is_video(&path)));
    let cancel = move |_: leptos::ev::MouseEvent| {
        if let Some(node) = node.get_untracked() {
            model.client.cancel(model.project, node.node_id);
        }
    };
    view! {
        <section class="card shot-viewer" data-state=memo(move || state.get().word()) aria-label="The take that is looked at">
            <div class="viewer-window">
                {part(move || match (file.get(), preview.get()) {
                    (_, Some(preview)) if is_generating.get() && model.looked_at.get().is_none() => {
                        view! { <img class="stage-picture" src=preview alt="Preview of the take that is being made" /> }.erased()
                    }
                    (Some((file, path)), _) if is_video(&path) => {
                        view! { <video class="stage-picture" src=file controls playsinline aria-label=caption></video> }.erased()
                    }
                    (Some((file, _)), _) => {
                        let alt = caption.get_untracked();
                        view! { <ZoomWindow holds=is_picture><img class="stage-picture" src=file alt=alt /></ZoomWindow> }.into_any()
                    }
                    (None, _) => {
                        let why = match shown.get() {
                            Some(take) => take_state_words(take.state).0,
                            None if is_generating.get() => "The first take is being made.",
                            None => "No take yet. Generate one.",
                        };
                        view! { <p class="note viewer-empty">{why}</p> }.erased()
                    }
                })}
            </div>
            <p class="shot-state" data-state=memo(move || state.get().word())>
                <span class="badge" class:turning=is_generating>
                    <Icon glyph=Signal::derive(move || state_words(state.get()).1) />
                </span>
                <span class="shot-state-word">{words}</span>
                <span class="note shot-state-more">{caption}</span>
                <When holds=is_generating>
                    <button type="button" class="button with-script" on:click=listener(cancel)>"Cancel"</button>
                </When>
            </p>
            <When holds=is_generating><Bar share class="shot-bar" /></When>
            <When holds=has_error><p class="problem" role="alert">{error}</p></When>
        </section>
    }
    .into_any()
}

fn is_video(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or_default();
    ["mp4", "webm", "mov", "mkv"].contains(&ending)
}
