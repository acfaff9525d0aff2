//! What machines do for a shot: idle, generating, completed, or an error; each with an icon and a word.

use leptos::prelude::*;

use super::model::BoardModel;
use crate::components::{
    bar::Bar,
    icon::Icon,
    production::words::state_words,
    reactive::{Erased, When, memo},
    words::{count, percent},
};
use proto::{
    production::{BoardState, ShotId},
    task::TaskState,
};

#[component]
pub(super) fn CardState(model: BoardModel, shot: ShotId, state: Memo<BoardState>) -> impl IntoView {
    let live = model.client.live;
    let progress = memo(move || {
        if state.get() != BoardState::Generating {
            return None;
        }
        let of_task = model.fact(shot, |facts| facts.task).and_then(|task| {
            live.with_progress(task, |task| match task.state {
                TaskState::Running => {
                    let step = task.current_node().and_then(|node| node.step());
                    (percent(task), step.map(|(step, steps)| format!("step {step} of {steps}")).unwrap_or_default())
                }
                _ => (0, "waiting".to_owned()),
            })
        });
        of_task.or_else(|| model.fact(shot, |facts| facts.told.clone())).or_else(|| Some((0, String::new())))
    });
    let words = memo(move || match (state.get(), progress.get(), model.fact(shot, |facts| facts.takes)) {
        (BoardState::Generating, Some((percent, step)), _) if step.is_empty() => format!("{percent} %"),
        (BoardState::Generating, Some((percent, step)), _) => format!("{percent} % · {step}"),
        (BoardState::Error, ..) => model.fact(shot, |facts| facts.error.clone()).unwrap_or_default(),
        (_, _, 0) => String::new(),
        (_, _, takes) => count(takes as usize, "take", "takes"),
    });
    let glyph = memo(move || state_words(state.get()).1);
    let is_generating = memo(move || state.get() == BoardState::Generating);
    let share = memo(move || progress.get().map_or(0, |(percent, _)| u16::from(percent) * 10));
    view! {
        <p class="shot-state" data-state=memo(move || state.get().word())>
            <span class="badge" class:turning=is_generating><Icon glyph=Signal::derive(move || glyph.get()) /></span>
            <span class="shot-state-word">{memo(move || state_words(state.get()).0)}</span>
            <span class="shot-state-more note" title=words>{words}</span>
        </p>
        <When holds=is_generating><Bar share class="shot-bar" /></When>
    }
    .erased()
}
