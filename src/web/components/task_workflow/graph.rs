//! The graph of a workflow: boxes and links, lit as the task runs.

use leptos::{ev, prelude::*};

use super::graph_node::{NodeBox, focus_node};
use crate::{
    components::reactive::{Erased, listener, memo},
    live::use_live,
};
use proto::{
    graph::{GraphLink, GraphNode, WorkflowGraph},
    ids::TaskId,
};

/// The sizes in percent that the buttons go through.
const ZOOMS: [u32; 8] = [25, 35, 50, 70, 100, 140, 200, 300];
/// Where the buttons begin.
const FULL: u32 = 100;

/// The graph in a box that scrolls. At first it is as wide as that box, on a phone in its full size.
#[component]
pub(super) fn GraphView(task: TaskId, graph: WorkflowGraph) -> impl IntoView {
    let WorkflowGraph { width, height, nodes, links } = graph;
    let zoom = RwSignal::new(None::<u32>);
    // The node that the tab key goes to; the arrow keys choose it.
    let current = RwSignal::new(0_usize);
    let drawn: Vec<AnyView> = links.iter().map(|link| link_path(task, link, &nodes)).collect();
    let boxes: Vec<AnyView> =
        nodes.iter().cloned().enumerate().map(|(at, node)| view! { <NodeBox task node at current /> }.erased()).collect();
    let count = nodes.len();
    let (nodes, links) = (StoredValue::new(nodes), StoredValue::new(links));
    let on_key = move |event: ev::KeyboardEvent| {
        let next = nodes.with_value(|nodes| links.with_value(|links| step(nodes, links, current.get_untracked(), &event.key())));
        if let Some(next) = next {
            event.prevent_default();
            current.set(next);
            focus_node(next);
        }
    };
    let size = move |of: u32| memo(move || (of * zoom.get().unwrap_or(FULL) / FULL).to_string());
    view! {
        <div class="graph-tools with-script" role="group" aria-label="Size of the graph">
            {tool("Smaller", "−", move || zoom.update(|zoom| *zoom = smaller(*zoom)))}
            {tool("As wide as the page", "Fit", move || zoom.set(None))}
            {tool("Larger", "+", move || zoom.update(|zoom| *zoom = larger(*zoom)))}
        </div>
        <div class="graph-scroll" class:fit=memo(move || zoom.get().is_none())>
            <svg
                class="graph"
                viewBox=format!("0 0 {width} {height}")
                width=size(width)
                height=size(height)
                role="group"
                aria-label=format!("{count} nodes. The arrow keys go along the links.")
                on:keydown=listener(on_key)
            >
                <g aria-hidden="true">{drawn}</g>
                {boxes}
            </svg>
        </div>
    }
    .erased()
}

fn tool(label: &'static str, sign: &'static str, act: impl Fn() + 'static) -> AnyView {
    view! {
        <button type="button" class="button quiet" aria-label=label title=label on:click=listener(move |_| act())>
            {sign}
        </button>
    }
    .erased()
}

fn smaller(zoom: Option<u32>) -> Option<u32> {
    let now = zoom.unwrap_or(FULL);
    ZOOMS.iter().rev().copied().find(|other| *other < now).or(Some(now))
}

fn larger(zoom: Option<u32>) -> Option<u32> {
    let now = zoom.unwrap_or(FULL);
    // From the size of the box to the full one first.
    zoom.map_or(Some(FULL), |_| ZOOMS.iter().copied().find(|other| *other > now).or(Some(now)))
}

/// A curve, lit when what it brings is there.
fn link_path(task: TaskId, link: &GraphLink, nodes: &[GraphNode]) -> AnyView {
    let live = use_live();
    let ((x1, y1), (x2, y2)) = (link.start, link.end);
    let bend = (x1.abs_diff(x2) / 2).max(24);
    // A link that leads to the left begins and ends outside of its nodes, too.
    let path = format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, i64::from(x2) - i64::from(bend));
    let source = usize::try_from(link.from).ok().and_then(|from| nodes.get(from)).map(|node| node.id.clone());
    let lit = memo(move || {
        let settled = source.as_ref().and_then(|source| live.with_node(task, source, |node| node.state.is_settled()));
        settled.unwrap_or_default()
    });
    view! { <path class="graph-link" class:lit=lit d=path /> }.erased()
}

/// The node that an arrow key goes to: along a link, or up and down within a column.
fn step(nodes: &[GraphNode], links: &[GraphLink], at: usize, key: &str) -> Option<usize> {
    let here = nodes.get(at)?;
    let index = |end: u32| usize::try_from(end).ok();
    let of_column = |below: bool| {
        let others = nodes.iter().enumerate().filter(|(_, node)| node.x == here.x && node.y != here.y && (node.y > here.y) == below);
        others.min_by_key(|(_, node)| node.y.abs_diff(here.y)).map(|(other, _)| other)
    };
    match key {
        "ArrowRight" => {
            links.iter().filter(|link| index(link.from) == Some(at)).min_by_key(|link| link.start.1).and_then(|link| index(link.to))
        }
        "ArrowLeft" => {
            links.iter().filter(|link| index(link.to) == Some(at)).min_by_key(|link| link.end.1).and_then(|link| index(link.from))
        }
        "ArrowDown" => of_column(true),
        "ArrowUp" => of_column(false),
        "Home" => Some(0),
        "End" => nodes.len().checked_sub(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> (Vec<GraphNode>, Vec<GraphLink>) {
        let node = |id: &str, x, y| GraphNode { id: id.into(), title: id.into(), class: "A".into(), x, y, width: 10, height: 10 };
        let link = |from, to, start, end| GraphLink { from, to, start: (10, start), end: (100, end), input: "x".into() };
        (vec![node("a", 0, 0), node("b", 0, 50), node("c", 100, 20)], vec![link(1, 2, 55, 28), link(0, 2, 5, 22)])
    }

    #[test]
    fn arrow_keys_go_along_links_and_within_a_column() {
        let (nodes, links) = graph();
        let go = |at, key| step(&nodes, &links, at, key);
        assert_eq!([go(0, "ArrowRight"), go(2, "ArrowLeft"), go(0, "ArrowDown"), go(1, "ArrowUp")], [Some(2), Some(0), Some(1), Some(0)]);
        assert_eq!([go(2, "ArrowRight"), go(2, "ArrowDown"), go(0, "x"), go(7, "End")], [None; 4]);
        assert_eq!([go(1, "Home"), go(0, "End")], [Some(0), Some(2)]);
    }

    #[test]
    fn sizes_go_up_and_down_and_stop_at_both_ends() {
        assert_eq!([larger(None), larger(Some(100)), larger(Some(300))], [Some(100), Some(140), Some(300)]);
        assert_eq!([smaller(None), smaller(Some(50)), smaller(Some(25))], [Some(70), Some(35), Some(25)]);
    }
}
