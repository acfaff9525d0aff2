//! Every place where a graph appears: the main graph once, a subgraph once for each node that stands for it.

use std::{cell::Cell, collections::HashMap};

use super::{
    file::FileGraphs,
    node::{EditorNode, NodeRole, Nodes},
    outcome::EditorError,
};
use crate::limits;

pub(super) struct Tree<'t, 'a> {
    pub(super) file: &'t FileGraphs<'a>,
    pub(super) nodes: &'t Nodes<'a>,
    pub(super) places: Vec<GraphUse>,
    /// By graph and id, the position of a node.
    ids: HashMap<(usize, &'t str), usize>,
    /// Links and nodes that were followed.
    steps: Cell<usize>,
}

/// One appearance of a graph.
#[derive(Debug)]
pub(super) struct GraphUse {
    pub(super) graph: usize,
    /// The place and node that it is inside of.
    pub(super) parent: Option<(usize, usize)>,
    /// Precedes the ids of its nodes: empty, or `12:3:`.
    path: String,
    /// The places of the subgraphs in it, by the node that stands for each.
    children: HashMap<usize, usize>,
}

impl<'t, 'a> Tree<'t, 'a> {
    /// # Errors
    /// Too many nodes.
    pub(super) fn grow(file: &'t FileGraphs<'a>, nodes: &'t Nodes<'a>) -> Result<Self, EditorError> {
        let ids =
            nodes.iter().flat_map(|(&graph, nodes)| nodes.iter().enumerate().map(move |(at, node)| ((graph, node.file.id.as_str()), at)));
        let mut tree = Self { file, nodes, places: Vec::new(), ids: ids.collect(), steps: Cell::new(0) };
        let mut count = 0;
        let mut unplaced = vec![(0, None::<(usize, usize)>, String::new())];
        while let Some((graph, parent, path)) = unplaced.pop() {
            let place = tree.places.len();
            if let Some((outer, node)) = parent
                && let Some(outer) = tree.places.get_mut(outer)
            {
                outer.children.insert(node, place);
            }
            let nodes = tree.nodes_of(graph);
            // A place counts, too: subgraphs without nodes could contain each other without end.
            count += nodes.len() + 1;
            if count > limits::EDITOR_NODES {
                return Err(EditorError::TooManyNodes);
            }
            // The last is taken first.
            for (at, node) in nodes.iter().enumerate().rev() {
                if let NodeRole::Subgraph(inner) = node.role {
                    unplaced.push((inner, Some((place, at)), format!("{path}{}:", node.file.id)));
                }
            }
            tree.places.push(GraphUse { graph, parent, path, children: HashMap::new() });
        }
        Ok(tree)
    }

    /// Counts what is followed.
    ///
    /// # Errors
    /// It is too much.
    pub(super) fn count(&self, steps: usize) -> Result<(), EditorError> {
        self.steps.set(self.steps.get().saturating_add(steps));
        if self.steps.get() > limits::EDITOR_STEPS { Err(EditorError::TooManyLinks) } else { Ok(()) }
    }

    fn nodes_of(&self, graph: usize) -> &'t [EditorNode<'a>] {
        self.nodes.get(&graph).map(Vec::as_slice).unwrap_or_default()
    }

    fn graph_of(&self, place: usize) -> usize {
        self.places.get(place).map(|place| place.graph).unwrap_or_default()
    }

    pub(super) fn nodes_at(&self, place: usize) -> &'t [EditorNode<'a>] {
        self.nodes_of(self.graph_of(place))
    }

    pub(super) fn node(&self, place: usize, node: usize) -> Option<&'t EditorNode<'a>> {
        self.nodes_at(place).get(node)
    }

    pub(super) fn graph(&self, place: usize) -> Option<&'t super::file::EditorGraph<'a>> {
        self.file.graphs.get(self.graph_of(place))
    }

    pub(super) fn find(&self, place: usize, id: &str) -> Option<usize> {
        self.ids.get(&(self.graph_of(place), id)).copied()
    }

    pub(super) fn parent(&self, place: usize) -> Option<(usize, usize)> {
        self.places.get(place)?.parent
    }

    /// The place of the graph that the node stands for.
    pub(super) fn child(&self, place: usize, node: usize) -> Option<usize> {
        self.places.get(place)?.children.get(&node).copied()
    }

    /// The id of a node in the prompt: those of the nodes that it is inside of, then its own, with colons.
    pub(super) fn id(&self, place: usize, node: usize) -> String {
        let path = self.places.get(place).map(|place| place.path.as_str()).unwrap_or_default();
        let own = self.node(place, node).map(|node| node.file.id.as_str()).unwrap_or_default();
        format!("{path}{own}")
    }
}
