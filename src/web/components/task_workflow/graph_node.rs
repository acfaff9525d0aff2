//! A node of the graph: a box with its name, what it does, and its progress.

use leptos::prelude::*;

use crate::{
    components::{
        reactive::{Erased, listener, memo},
        words::took,
    },
    live::use_live,
};
use proto::{
    graph::GraphNode,
    ids::TaskId,
    task::{Node, NodeState},
};

/// As many letters as fit.
const TITLE: usize = 25;
const BELOW: usize = 30;
/// Of the bar at the lower edge, and its distance to the sides.
const BAR: u32 = 4;
const INSET: u32 = 12;

#[component]
pub(super) fn NodeBox(
    task: TaskId,
    node: GraphNode,
    /// Its number in the graph.
    at: usize,
    current: RwSignal<usize>,
) -> impl IntoView {
    let live = use_live();
    let GraphNode { id, title, class, x, y, width, height } = node;
    let text_id = id.to_string();
    let now = memo(move || live.with_node(task, &id, Clone::clone));
    let state = memo(move || now.with(|node| node.as_ref().map_or(NodeState::Waiting, |node| node.state)));
    let below = {
        let class = class.clone();
        memo(move || now.with(|node| node.as_ref().map_or_else(|| class.clone(), below)))
    };
    let share = memo(move || now.with(|node| node.as_ref().map_or(0, share)));
    let label = {
        let title = title.clone();
        memo(move || format!("{title}, {}, {}", state.get().as_str(), below.get()))
    };
    let bar = width - 2 * INSET;
    view! {
        <g
            class="graph-node"
            id=node_id(at)
            data-graph-node=text_id
            data-state=memo(move || state.get().as_str())
            transform=format!("translate({x} {y})")
            role="img"
            aria-label=label
            tabindex=memo(move || if current.get() == at { "0" } else { "-1" })
            on:focus=listener(move |_| current.set(at))
        >
            <title>{format!("{title} ({class})")}</title>
            <rect class="graph-box" width=width height=height rx="10" />
            <text class="graph-title" x=INSET y="24">{shortened(&title, TITLE)}</text>
            <text class="graph-below" x=INSET y="42">{memo(move || shortened(&below.get(), BELOW))}</text>
            <rect class="graph-bar" x=INSET y=height - INSET width=memo(move || (bar * u32::from(share.get()) / 1000).to_string()) height=BAR rx="2" />
        </g>
    }
    .erased()
}

fn node_id(at: usize) -> String {
    format!("graph-node-{at}")
}

/// Puts the focus on a node.
pub(super) fn focus_node(at: usize) {
    crate::components::dom::focus_any(&node_id(at));
}

fn below(node: &Node) -> String {
    match node.state {
        NodeState::Running => node.step().map_or_else(|| node.class.clone(), |(value, max)| format!("Step {value} of {max}")),
        NodeState::Done => match node.started_at.zip(node.ended_at) {
            Some((from, to)) => format!("{} · {}", node.class, took(to.since(from))),
            None => node.class.clone(),
        },
        NodeState::Cached => format!("{} · cached", node.class),
        NodeState::Failed => format!("{} · failed", node.class),
        NodeState::Waiting => node.class.clone(),
    }
}

fn share(node: &Node) -> u16 {
    match node.state {
        NodeState::Running if node.has_bar() => node.permille(),
        NodeState::Done | NodeState::Cached => 1000,
        _ => 0,
    }
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters { text.to_owned() } else { text.chars().take(letters - 1).chain(['…']).collect() }
}
