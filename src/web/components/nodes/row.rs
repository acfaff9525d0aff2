//! One node: name and class, state, bar, time. A change of a node updates its row only.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo};
use crate::{
    components::{
        bar::Bar,
        icon::{Glyph, Icon},
        words::{took, whole},
    },
    live::use_live,
};
use proto::{
    ids::{NodeId, TaskId},
    task::{Node, NodeState},
    time::Timestamp,
};

/// A row of the list of nodes.
#[component]
pub(super) fn NodeRow(task: TaskId, node: NodeId) -> impl IntoView {
    let live = use_live();
    let id = node.to_string();
    let node = memo(move || live.with_node(task, &node, Clone::clone));
    let state = memo(move || node.with(|node| node.as_ref().map_or(NodeState::Waiting, |node| node.state)));
    let open = memo(move || live.with_task(task, |task| !task.state.is_final()).unwrap_or_default());
    let title = memo(move || node.with(|node| node.as_ref().map(|node| node.title.clone())));
    let below = memo(move || node.with(|node| node.as_ref().map(below)));
    let share = memo(move || node.with(|node| node.as_ref().map_or(0, share)));
    let time = memo(move || {
        // Only the row of a running node subscribes to the clock.
        let now = if state.get() == NodeState::Running { live.now() } else { Timestamp::default() };
        node.with(|node| node.as_ref().map(|node| time(node, open.get(), now)))
    });
    view! {
        <li class="node" data-node-id=id data-state=memo(move || state.get().as_str())>
            <span class="badge"><Icon glyph=Signal::derive(move || glyph(state.get())) /></span>
            <span class="node-name">{title}</span>
            <span class="node-below">{below}</span>
            <span class="node-time">
                <span class="visually-hidden">{memo(move || state.get().as_str())}" "</span>
                {time}
            </span>
            <Bar share class="node-bar" />
        </li>
    }
    .erased()
}

fn glyph(state: NodeState) -> Glyph {
    match state {
        NodeState::Waiting => Glyph::Minus,
        NodeState::Running => Glyph::Arc,
        NodeState::Cached | NodeState::Done => Glyph::Check,
        NodeState::Failed => Glyph::Bang,
    }
}

fn has_bar(node: &Node) -> bool {
    node.state == NodeState::Running && node.has_bar()
}

fn below(node: &Node) -> String {
    match node.step().filter(|_| node.state == NodeState::Running) {
        Some((value, max)) => format!("Step {value} of {max}"),
        None => node.class.clone(),
    }
}

fn share(node: &Node) -> u16 {
    if has_bar(node) { node.permille() } else { 0 }
}

fn time(node: &Node, open: bool, now: Timestamp) -> String {
    let spent = |until: Timestamp| node.started_at.map_or(0, |from| until.since(from));
    match node.state {
        NodeState::Cached => "cached".into(),
        NodeState::Failed => "failed".into(),
        NodeState::Running => whole(spent(now)),
        NodeState::Done => node.ended_at.map(|end| took(spent(end))).unwrap_or_default(),
        NodeState::Waiting if node.ended_at.is_some() => "stopped".into(),
        NodeState::Waiting if open && node.expected_ms >= 100 => format!("~{}", took(u64::from(node.expected_ms))),
        NodeState::Waiting => String::new(),
    }
}
