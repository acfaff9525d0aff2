//! When each node ran and for how long, beside how long it usually takes.

use leptos::prelude::*;

use crate::{
    components::{
        reactive::{Erased, memo, part},
        words::{count, took},
    },
    live::use_live,
};
use proto::{
    ids::TaskId,
    task::{NodeState, Task},
    time::Timestamp,
};

/// The width of the drawing of a row, in its own units.
const SPAN: u64 = 1000;
/// So that a node that took no time is seen.
const LEAST: u64 = 4;

/// One node that ran.
#[derive(Clone, Debug, PartialEq)]
struct TimelineRow {
    title: String,
    state: NodeState,
    /// From the start of the task to the start of the node, and how long it ran: milliseconds.
    from: u64,
    took: u64,
    /// What is usual, and what a slow run takes. `None`: no run of it was seen before this one.
    usual: Option<(u64, u64)>,
}

/// What is drawn: the rows, the milliseconds that they span, and how many nodes were cached.
#[derive(Clone, Debug, Default, PartialEq)]
struct TimelineRows {
    rows: Vec<TimelineRow>,
    span: u64,
    cached: usize,
}

/// The nodes in the order in which they started. Nothing before the first.
#[component]
pub(super) fn Timeline(task: TaskId) -> impl IntoView {
    let live = use_live();
    let running = memo(move || live.with_task(task, |task| task.started_at.is_some() && !task.state.is_final()).unwrap_or_default());
    let drawn = memo(move || {
        let now = if running.get() { live.now() } else { Timestamp::default() };
        live.with_progress(task, |task| rows(task, now)).unwrap_or_default()
    });
    part(move || {
        let TimelineRows { rows, span, cached } = drawn.get();
        if rows.is_empty() && cached == 0 {
            return ().into_any();
        }
        let row = |row: TimelineRow| {
            let (x, width) = bar(row.from, row.took, span);
            let usual = row.usual.map(|(usual, _)| {
                let (x, width) = bar(row.from, usual, span);
                view! { <rect class="timeline-usual" x=x y="9" width=width height="3" /> }.erased()
            });
            view! {
                <li data-state=row.state.as_str() data-slow=if is_slow(&row) { "true" } else { "false" }>
                    <span class="timeline-name">{row.title.clone()}</span>
                    <span class="timeline-time">{words(&row)}</span>
                    <svg class="timeline-bar" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="timeline-took" x=x y="0" width=width height="7" />
                        {usual}
                    </svg>
                </li>
            }
            .erased()
        };
        view! {
            <section class="card task-timeline" aria-labelledby="task-timeline">
                <h2 id="task-timeline">"Timeline"</h2>
                <ol class="timeline" aria-label="Nodes in the order in which they started">{rows.into_iter().map(row).collect_view()}</ol>
                {(cached > 0).then(|| view! { <p class="note">{format!("{} from the cache.", count(cached, "node", "nodes"))}</p> }.erased())}
            </section>
        }
        .erased()
    })
}

/// Where a bar begins and how wide it is, of [`SPAN`]: a node that started at `from` and ran for `took`, of `span` milliseconds. Also at the
/// very end it is wide enough to be seen.
fn bar(from: u64, took: u64, span: u64) -> (u64, u64) {
    let at = |ms: u64| ms.saturating_mul(SPAN) / span.max(1);
    let x = at(from).min(SPAN - LEAST);
    (x, at(took).max(LEAST).min(SPAN - x))
}

fn rows(task: &Task, now: Timestamp) -> TimelineRows {
    let Some(start) = task.started_at else { return TimelineRows::default() };
    let ran = task.nodes.iter().filter_map(|node| {
        let from = node.started_at?;
        let until = node.ended_at.or(task.ended_at).unwrap_or(now);
        // Only a whole second of a node that runs is shown, so that a row does not change with every step.
        let took = if node.state == NodeState::Running { until.since(from) / 1000 * 1000 } else { until.since(from) };
        let usual = node.slow_ms.map(|slow| (u64::from(node.expected_ms), u64::from(slow)));
        Some(TimelineRow { title: node.title.clone(), state: node.state, from: from.since(start), took, usual })
    });
    let mut rows: Vec<TimelineRow> = ran.filter(|row| row.state != NodeState::Cached).collect();
    rows.sort_by_key(|row| row.from);
    let span = rows.iter().map(|row| row.from + row.took.max(row.usual.map_or(0, |(usual, _)| usual))).max().unwrap_or_default();
    TimelineRows { rows, span, cached: task.nodes.iter().filter(|node| node.state == NodeState::Cached).count() }
}

/// It took longer than slow runs of it do.
fn is_slow(row: &TimelineRow) -> bool {
    row.usual.is_some_and(|(usual, slow)| row.took > slow.max(usual * 3 / 2))
}

fn words(row: &TimelineRow) -> String {
    let usual = row.usual.map(|(usual, _)| format!(" · usually {}", took(usual))).unwrap_or_default();
    let slow = if is_slow(row) { " · slower than usual" } else { "" };
    match row.state {
        NodeState::Failed => format!("failed after {}{usual}", took(row.took)),
        NodeState::Waiting => format!("stopped after {}{usual}", took(row.took)),
        _ => format!("{}{usual}{slow}", took(row.took)),
    }
}

#[cfg(test)]
mod tests {
    use proto::{
        comfy::Catalog,
        recipe::TextToImage,
        task::{Durations, TaskState},
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_bar_is_seen_and_ends_within_the_drawing() {
        for (from, took, span) in [(0, 0, 0), (998, 2, 1000), (1000, 0, 1000), (0, 1000, 1000), (5000, 9, 1000), (u64::MAX, u64::MAX, 1)] {
            let (x, width) = bar(from, took, span);
            assert!(width >= LEAST && x + width <= SPAN, "{from} {took} of {span}: {x} {width}");
        }
        assert_eq!(bar(250, 500, 1000), (250, 500));
    }

    fn task() -> Task {
        let workflow = TextToImage::default().workflow();
        let mut task = Task::new(TaskId(Uuid::nil()), "a", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        (task.state, task.started_at) = (TaskState::Running, Some(Timestamp(1_000)));
        for (at, node) in task.nodes.iter_mut().enumerate() {
            node.state = NodeState::Cached;
            node.title = format!("node {at}");
        }
        task
    }

    #[test]
    fn nodes_are_listed_by_their_start_beside_what_is_usual() {
        let mut task = task();
        let all = task.nodes.len();
        let mut ran = |at: usize, from: u64, to: Option<u64>, state: NodeState, usual: (u32, Option<u32>)| {
            let node = &mut task.nodes[at];
            (node.state, node.started_at, node.ended_at) = (state, Some(Timestamp(from)), to.map(Timestamp));
            (node.expected_ms, node.slow_ms) = usual;
        };
        ran(1, 3_000, None, NodeState::Running, (1_000, Some(2_000)));
        ran(0, 1_500, Some(3_000), NodeState::Done, (900, None));
        let TimelineRows { rows, span, cached } = rows(&task, Timestamp(9_700));
        let seen: Vec<_> = rows.iter().map(|row| (row.title.as_str(), row.from, words(row))).collect();
        assert_eq!(seen, [("node 0", 500, "1.5 s".to_owned()), ("node 1", 2_000, "6.0 s · usually 1.0 s · slower than usual".to_owned())]);
        assert_eq!((span, cached), (8_000, all - 2));
    }

    #[test]
    fn a_task_that_has_not_started_has_no_timeline() {
        let task = Task { started_at: None, ..task() };
        assert_eq!(rows(&task, Timestamp(5)), TimelineRows::default());
    }
}
