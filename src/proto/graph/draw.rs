//! The drawing of a workflow, from the workflow alone.

use std::collections::HashMap;

use super::{
    layout::{LayoutSize, layout},
    model::{GraphLink, GraphNode, WorkflowGraph},
};
use crate::{
    comfy::{Catalog, Workflow},
    ids::NodeId,
};

const WIDTH: u32 = 216;
/// The least height of a node, and the distance of two links at its side.
const HEIGHT: u32 = 60;
const PORT: u32 = 16;
/// Around all nodes.
const MARGIN: u32 = 16;

impl WorkflowGraph {
    /// `catalogs` give the names of classes for people.
    #[must_use]
    pub fn of<'a>(workflow: &Workflow, catalogs: impl IntoIterator<Item = &'a Catalog>) -> Self {
        let catalogs: Vec<&Catalog> = catalogs.into_iter().collect();
        let order = workflow.order();
        let places: HashMap<&NodeId, usize> = order.iter().enumerate().map(|(at, id)| (id, at)).collect();
        let mut links = Vec::new();
        for (to, id) in order.iter().enumerate() {
            let node_links = workflow.0.get(id).into_iter().flat_map(|node| node.links());
            // Nodes that are not in the workflow are not drawn.
            links.extend(
                node_links
                    .filter_map(|(input, source, slot)| Some(DrawnLink { from: *places.get(&NodeId::from(source))?, to, slot, input })),
            );
        }
        let entries = count(order.len(), links.iter().map(|link| link.to));
        let exits = count(order.len(), links.iter().map(|link| link.from));
        let sizes: Vec<LayoutSize> =
            (0..order.len()).map(|at| LayoutSize { width: WIDTH, height: HEIGHT.max(PORT * (entries[at].max(exits[at]) + 1)) }).collect();
        let ends: Vec<(usize, usize)> = links.iter().map(|link| (link.from, link.to)).collect();
        let corners: Vec<(u32, u32)> = layout(&sizes, &ends).into_iter().map(|(x, y)| (x + MARGIN, y + MARGIN)).collect();
        let nodes: Vec<GraphNode> = order
            .iter()
            .enumerate()
            .filter_map(|(at, id)| {
                let node = workflow.0.get(id)?;
                let class = node.class_type();
                let known = || catalogs.iter().find_map(|catalog| catalog.class(class)).map(|class| class.display_name.as_str());
                let title = node.title().or_else(known).unwrap_or(class).to_owned();
                let ((x, y), LayoutSize { width, height }) = (corners[at], sizes[at]);
                Some(GraphNode { id: id.clone(), title, class: class.to_owned(), x, y, width, height })
            })
            .collect();
        let right = nodes.iter().map(|node| node.x + node.width).max().unwrap_or_default();
        let bottom = nodes.iter().map(|node| node.y + node.height).max().unwrap_or_default();
        let links = with_ends(&links, &nodes, &entries, &exits);
        Self { width: right + MARGIN, height: bottom + MARGIN, nodes, links }
    }
}

struct DrawnLink<'a> {
    from: usize,
    to: usize,
    slot: u64,
    input: &'a str,
}

fn count(nodes: usize, ends: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut counts = vec![0; nodes];
    ends.for_each(|end| counts[end] += 1);
    counts
}

/// The ends of the links, evenly along the sides of their nodes, in an order in which they cross little: by where the other end is.
fn with_ends(links: &[DrawnLink], nodes: &[GraphNode], entries: &[u32], exits: &[u32]) -> Vec<GraphLink> {
    let place = |at: usize, number: u32, of: u32| nodes.get(at).map_or(0, |node| node.y + node.height * (number + 1) / (of + 1));
    let mut starts = vec![0; links.len()];
    let mut ends = vec![0; links.len()];
    let (mut leaving, mut coming) = (vec![Vec::new(); nodes.len()], vec![Vec::new(); nodes.len()]);
    for (at, link) in links.iter().enumerate() {
        leaving[link.from].push(at);
        coming[link.to].push(at);
    }
    for (node, (mut leaving, mut coming)) in leaving.into_iter().zip(coming).enumerate() {
        leaving.sort_by_key(|&at: &usize| (links[at].slot, nodes.get(links[at].to).map(|node| node.y)));
        coming.sort_by_key(|&at: &usize| nodes.get(links[at].from).map(|node| node.y));
        for (number, at) in (0..).zip(leaving) {
            starts[at] = place(node, number, exits[node]);
        }
        for (number, at) in (0..).zip(coming) {
            ends[at] = place(node, number, entries[node]);
        }
    }
    let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let link = |(at, link): (usize, &DrawnLink)| {
        let (from, to) = (nodes.get(link.from)?, nodes.get(link.to)?);
        let (start, end) = ((from.x + from.width, starts[at]), (to.x, ends[at]));
        Some(GraphLink { from: index(link.from), to: index(link.to), start, end, input: link.input.to_owned() })
    };
    links.iter().enumerate().filter_map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::TextToImage;

    #[test]
    fn a_workflow_is_drawn_with_all_nodes_and_links() {
        let workflow = TextToImage::default().workflow();
        let graph = WorkflowGraph::of(&workflow, []);
        assert_eq!(graph.nodes.len(), workflow.0.len());
        let wanted: usize = workflow.0.values().map(|node| node.links().count()).sum();
        assert_eq!(graph.links.len(), wanted);
        for link in &graph.links {
            let (from, to) = (&graph.nodes[link.from as usize], &graph.nodes[link.to as usize]);
            assert_eq!((link.start.0, link.end.0), (from.x + from.width, to.x), "{link:?}");
            assert!((from.y..from.y + from.height).contains(&link.start.1), "{link:?} leaves {from:?}");
            assert!((to.y..to.y + to.height).contains(&link.end.1), "{link:?} comes to {to:?}");
        }
        assert!(graph.nodes.iter().all(|node| node.x + node.width < graph.width && node.y + node.height < graph.height), "{graph:?}");
    }

    #[test]
    fn links_to_nodes_that_are_not_there_are_left_out() {
        let workflow = Workflow::from_value(serde_json::json!({"1": {"class_type": "A", "inputs": {"x": ["9", 0]}}})).unwrap();
        let graph = WorkflowGraph::of(&workflow, []);
        assert_eq!((graph.nodes.len(), graph.links.len()), (1, 0));
    }
}
