//! The execution order of nodes: ComfyUI's topological sort, which prefers nodes whose results a user sees soonest.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// Parses a link `[node, slot]`.
pub(super) fn as_link(value: &Value) -> Option<(&str, usize)> {
    let [node, slot] = value.as_array()?.as_slice() else {
        return None;
    };
    Some((node.as_str()?, usize::try_from(slot.as_u64()?).ok()?))
}

/// The inputs of a node, in the order of the client's JSON.
pub(super) fn inputs<'a>(graph: &'a Map<String, Value>, node: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    graph.get(node).and_then(|node| node["inputs"].as_object()).into_iter().flatten()
}

/// The nodes still to run.
pub(super) struct Pending<'a> {
    graph: &'a Map<String, Value>,
    /// In discovery order, outputs first.
    nodes: Vec<&'a str>,
    /// How many unfinished inputs each node has.
    waits_for: HashMap<&'a str, usize>,
    /// The nodes that depend on each node.
    blocks: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Pending<'a> {
    /// The nodes the outputs need, without cached ones: a cached output stays, to be reported again (fact 18).
    pub(super) fn new(graph: &'a Map<String, Value>, outputs: &[String], is_cached: impl Fn(&str) -> bool) -> Self {
        let mut pending = Self { graph, nodes: Vec::new(), waits_for: HashMap::new(), blocks: HashMap::new() };
        for output in outputs {
            if let Some((output, _)) = graph.get_key_value(output) {
                pending.add(output, &is_cached);
            }
        }
        pending
    }

    fn add(&mut self, output: &'a str, is_cached: &impl Fn(&str) -> bool) {
        let mut stack = vec![output];
        let mut links: Vec<(&'a str, &'a str)> = Vec::new();
        while let Some(node) = stack.pop() {
            if self.waits_for.contains_key(node) {
                continue;
            }
            self.nodes.push(node);
            self.waits_for.insert(node, 0);
            for (_, value) in inputs(self.graph, node) {
                let Some((from, _)) = as_link(value) else {
                    continue;
                };
                let Some((from, _)) = self.graph.get_key_value(from) else {
                    continue;
                };
                if !is_cached(from) {
                    stack.push(from);
                    links.push((from, node));
                }
            }
        }
        let mut seen = HashSet::new();
        for (from, to) in links {
            let blocked = self.blocks.entry(from).or_default();
            if seen.insert((from, to)) && !blocked.contains(&to) {
                blocked.push(to);
                *self.waits_for.entry(to).or_default() += 1;
            }
        }
    }

    /// Removes and returns the next node; `None` when all are done or the rest forms a cycle.
    pub(super) fn next(&mut self, is_output: impl Fn(&str) -> bool, is_async: impl Fn(&str) -> bool) -> Option<&'a str> {
        let ready: Vec<&'a str> = self.nodes.iter().copied().filter(|node| self.waits_for.get(node) == Some(&0)).collect();
        let blocked_by = |node: &str| self.blocks.get(node).map_or(&[][..], Vec::as_slice);
        let reaches = |depth: u8, node: &str| match depth {
            0 => is_output(node) || is_async(node),
            1 => blocked_by(node).iter().any(|next| is_output(next)),
            _ => blocked_by(node).iter().any(|next| blocked_by(next).iter().any(|after| is_output(after))),
        };
        let chosen = (0..3).find_map(|depth| ready.iter().copied().find(|node| reaches(depth, node))).or_else(|| ready.first().copied())?;
        self.nodes.retain(|node| *node != chosen);
        self.waits_for.remove(chosen);
        for blocked in self.blocks.remove(chosen).unwrap_or_default() {
            if let Some(count) = self.waits_for.get_mut(blocked) {
                *count -= 1;
            }
        }
        Some(chosen)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(graph: &Value, outputs: &[&str], cached: &[&str]) -> Vec<String> {
        let graph = graph.as_object().expect("a graph");
        let outputs: Vec<String> = outputs.iter().map(|&id| id.to_owned()).collect();
        let mut pending = Pending::new(graph, &outputs, |node| cached.contains(&node));
        let is_output = |node: &str| outputs.iter().any(|output| output == node);
        std::iter::from_fn(|| pending.next(is_output, |_| false).map(str::to_owned)).collect()
    }

    fn text_to_image() -> Value {
        json!({
            "3": {"inputs": {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
            "4": {"inputs": {}},
            "5": {"inputs": {"width": 64}},
            "6": {"inputs": {"clip": ["4", 1]}},
            "7": {"inputs": {"clip": ["4", 1]}},
            "8": {"inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
            "9": {"inputs": {"images": ["8", 0]}},
        })
    }

    #[test]
    fn nodes_run_in_the_recorded_order() {
        assert_eq!(order(&text_to_image(), &["9"], &[]), ["4", "5", "7", "6", "3", "8", "9"]);
    }

    #[test]
    fn cached_nodes_are_left_out_except_for_outputs() {
        assert_eq!(order(&text_to_image(), &["9"], &["4", "5", "6", "7"]), ["3", "8", "9"]);
        assert_eq!(order(&text_to_image(), &["9"], &["3", "4", "5", "6", "7", "8", "9"]), ["9"]);
    }
}
