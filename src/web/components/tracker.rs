//! The progress of one task: percentage, what it does, the time left, and the bar of the running node.

use leptos::prelude::*;

use super::{
    bar::Bar,
    cancel::CancelButton,
    hold::HoldButtons,
    queue_position::{CANCELLING, QueuePosition, queue_position, retry_words, status_words, time_words},
    stage::ResultActions,
    status_bar::{banner_task, lost},
    words,
};
use crate::components::reactive::{Erased, When, memo, truth};
use crate::live::use_live;
use proto::{
    ids::TaskId,
    task::{Node, QueueState, Task, TaskState, step_words},
    time::Timestamp,
};

/// The progress of one task. Its height does not change while the task runs.
#[component]
pub fn ProgressTracker(
    task: TaskId,
    /// The result on the stage, if a person chose one.
    chosen: RwSignal<Option<u32>>,
    /// On the page of this task.
    #[prop(optional)]
    own_page: bool,
) -> impl IntoView {
    let live = use_live();
    let percent = memo(move || live.with_progress(task, words::percent).unwrap_or_default());
    let share = memo(move || live.with_progress(task, |task| task.permille).unwrap_or_default());
    let state = memo(move || live.with_task(task, |task| task.state));
    let is_final = memo(move || state.get().is_some_and(TaskState::is_final));
    let words = memo(move || live.with_progress(task, |task| headline(task, queue_position(live, task.id))).unwrap_or_default());
    let more = memo(move || {
        let cancelling = live.with_task(task, |task| task.cancelling).unwrap_or_default();
        if cancelling { format!("{CANCELLING}.") } else { retry_words(live, task).filter(|_| !is_final.get()).unwrap_or_default() }
    });
    let lost = lost(live);
    let left = memo(move || {
        let left = live.with_progress(task, |task| aside(task, queue_position(live, task.id), live.now())).unwrap_or_default();
        // Without a connection the estimate cannot be trusted.
        if lost.get() && !is_final.get() { "waiting for news".into() } else { left }
    });
    let value_text = memo(move || match left.get() {
        left if left.is_empty() => format!("{} %, {}", percent.get(), words.get()),
        left => format!("{} %, {}, {left}", percent.get(), words.get()),
    });
    view! {
        <section class="tracker card" aria-label="Progress" data-state=memo(move || state.get().map(words::state_label).unwrap_or_default())>
            <div class="tracker-head">
                <p class="tracker-number">{percent}" %"</p>
                <p class="tracker-words">{words}</p>
                <p class="tracker-left">{left}</p>
            </div>
            <div
                role="progressbar"
                aria-label="Task progress"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=memo(move || percent.get().to_string())
                aria-valuetext=value_text
            >
                <Bar share class="tracker-bar" />
            </div>
            <p class="note tracker-more" data-none=truth(move || more.with(String::is_empty))>{more}</p>
            <div class="tracker-foot">
                <When holds=memo(move || !is_final.get()) fallback=move || view! { <ResultActions task chosen /> }.erased()>
                    <StepBar task />
                    {own_page.then(|| view! { <HoldButtons task /> }.erased())}
                    <CancelUnlessInBanner task />
                </When>
            </div>
        </section>
    }
    .erased()
}

/// The bar of the running node, with its pace.
#[component]
fn StepBar(task: TaskId) -> impl IntoView {
    let live = use_live();
    let node = memo(move || live.with_progress(task, |task| task.current_node().filter(|node| node.has_bar()).cloned()).flatten());
    let share = memo(move || node.with(|node| node.as_ref().map_or(0, Node::permille)));
    let some = memo(move || node.with(Option::is_some));
    let step = memo(move || node.with(|node| node.as_ref().and_then(Node::step).map(|(value, max)| format!("Step {value} of {max}"))));
    let lost = lost(live);
    let pace = memo(move || node.with(|node| node.as_ref().filter(|_| !lost.get()).and_then(|node| pace(node, live.now()))));
    view! {
        <When holds=some fallback=move || view! { <p class="note tracker-note">{memo(move || live.with_task(task, note).unwrap_or_default())}</p> }.erased()>
            <p class="note">{step}</p>
            <Bar share class="step-bar" />
            <p class="note">{pace}</p>
        </When>
    }.erased()
}

/// The cancel button, unless the banner above has one for the same task.
#[component]
fn CancelUnlessInBanner(task: TaskId) -> impl IntoView {
    let banner = banner_task();
    let lost = lost(use_live());
    let elsewhere = memo(move || !lost.get() && banner() == Some(task));
    view! {
        <When holds=memo(move || !elsewhere.get())>
            <CancelButton task />
        </When>
    }
    .erased()
}

/// What the task does, without the step: the step bar shows that.
fn headline(task: &Task, position: QueuePosition) -> String {
    match task.current_node() {
        _ if task.cancelling => "Cancelling".into(),
        Some(node) if task.state == TaskState::Running => step_words(&node.class, &node.title),
        _ => status_words(task, position),
    }
}

fn aside(task: &Task, position: QueuePosition, now: Timestamp) -> String {
    match (task.started_at, task.ended_at) {
        (Some(started), Some(ended)) => format!("took {}", words::took(ended.since(started))),
        _ => time_words(task, position, now),
    }
}

fn pace(node: &Node, now: Timestamp) -> Option<String> {
    let (value, _) = node.step()?;
    words::pace(value, now.since(node.started_at?))
}

fn note(task: &Task) -> &'static str {
    match QueueState::of(task) {
        Some(QueueState::Waiting) => "It is kept, and sent as soon as a backend takes it.",
        Some(QueueState::Paused) => "It is held back until somebody resumes it.",
        Some(QueueState::Sent) => "It starts when what was there before it is done.",
        _ => "No step is counted yet.",
    }
}
