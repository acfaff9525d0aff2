//! A layered layout: each node right of those it depends on, the nodes of a column ordered by the mean place of their neighbours.

use std::collections::VecDeque;

/// Width and height of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutSize {
    pub width: u32,
    pub height: u32,
}

/// Between two columns, and between two nodes of a column.
const COLUMN_GAP: u32 = 64;
const ROW_GAP: u32 = 24;
/// How often the columns are ordered by their neighbours, to the right and back.
const SWEEPS: usize = 6;
/// Precision of mean places: they are integers, and have this many parts per pixel.
const PARTS: i64 = 16;

/// The upper left corner of each node. `links` lead from a node to one that depends on it, by their places in `sizes`. In a circle of links,
/// one of them leads to the left.
#[must_use]
pub fn layout(sizes: &[LayoutSize], links: &[(usize, usize)]) -> Vec<(u32, u32)> {
    let graph = Neighbours::of(sizes.len(), links);
    let ranks = ranks(&graph);
    let mut columns = columns(&ranks);
    let mut tops = vec![0_i64; sizes.len()];
    columns.iter().for_each(|column| stack(column, sizes, &mut tops));
    for sweep in 0..SWEEPS {
        let last = columns.len().saturating_sub(1);
        for step in 0..columns.len() {
            // To the right by what a node needs, to the left by what needs it.
            let (at, sides) = if sweep % 2 == 0 { (step, &graph.before) } else { (last - step, &graph.after) };
            if let Some(column) = columns.get_mut(at) {
                arrange(column, sizes, sides, &mut tops);
            }
        }
    }
    let highest = tops.iter().copied().min().unwrap_or_default();
    let mut places = vec![(0, 0); sizes.len()];
    let mut left = 0;
    for column in &columns {
        for &node in column {
            places[node] = (left, u32::try_from(tops[node] - highest).unwrap_or(u32::MAX));
        }
        left += column.iter().map(|&node| sizes[node].width).max().unwrap_or_default() + COLUMN_GAP;
    }
    places
}

/// The nodes before and after each node.
struct Neighbours {
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

impl Neighbours {
    /// Links to nodes that do not exist, and from a node to itself, are left out.
    fn of(nodes: usize, links: &[(usize, usize)]) -> Self {
        let mut graph = Self { before: vec![Vec::new(); nodes], after: vec![Vec::new(); nodes] };
        for &(from, to) in links.iter().filter(|(from, to)| from != to && from.max(to) < &nodes) {
            graph.before[to].push(from);
            graph.after[from].push(to);
        }
        graph
    }
}

/// The column of each node: one more than the last of those that it needs. A node that needs nothing is directly left of the first that needs it.
fn ranks(graph: &Neighbours) -> Vec<usize> {
    let count = graph.before.len();
    let mut missing: Vec<usize> = graph.before.iter().map(Vec::len).collect();
    let mut ranks = vec![0_usize; count];
    let mut placed = vec![false; count];
    let mut ready: VecDeque<usize> = (0..count).filter(|&node| missing[node] == 0).collect();
    let mut next = 0;
    loop {
        // Only nodes of circles and those after them are left: the first of them is placed as if nothing were missing.
        let node = ready.pop_front().or_else(|| {
            next = (next..count).find(|&node| !placed[node])?;
            Some(next)
        });
        let Some(node) = node else { break };
        if std::mem::replace(&mut placed[node], true) {
            continue;
        }
        for &after in &graph.after[node] {
            if !placed[after] {
                ranks[after] = ranks[after].max(ranks[node] + 1);
                missing[after] = missing[after].saturating_sub(1);
                if missing[after] == 0 {
                    ready.push_back(after);
                }
            }
        }
    }
    for node in (0..count).filter(|&node| graph.before[node].is_empty()) {
        let first = graph.after[node].iter().map(|&after| ranks[after]).min();
        ranks[node] = first.and_then(|first| first.checked_sub(1)).unwrap_or(ranks[node]);
    }
    ranks
}

fn columns(ranks: &[usize]) -> Vec<Vec<usize>> {
    let mut columns = vec![Vec::new(); ranks.iter().max().map_or(0, |last| last + 1)];
    for (node, &rank) in ranks.iter().enumerate() {
        columns[rank].push(node);
    }
    columns
}

/// One below the other, in their order.
fn stack(column: &[usize], sizes: &[LayoutSize], tops: &mut [i64]) {
    let mut top = 0;
    for &node in column {
        tops[node] = top;
        top += i64::from(sizes[node].height) + i64::from(ROW_GAP);
    }
}

/// Orders a column by the mean place of the neighbours on one side, and moves each node towards it as far as the others leave room.
fn arrange(column: &mut [usize], sizes: &[LayoutSize], sides: &[Vec<usize>], tops: &mut [i64]) {
    let middle = |node: usize, tops: &[i64]| tops[node] * PARTS + i64::from(sizes[node].height) * PARTS / 2;
    let wanted = |node: usize, tops: &[i64]| {
        let count = i64::try_from(sides[node].len()).unwrap_or(i64::MAX);
        let sum: i64 = sides[node].iter().map(|&other| middle(other, tops)).sum();
        if count == 0 { middle(node, tops) } else { sum / count }
    };
    // Stable: nodes that want the same place keep their order.
    column.sort_by_cached_key(|&node| wanted(node, tops));
    let wanted: Vec<i64> = column.iter().map(|&node| wanted(node, tops) / PARTS - i64::from(sizes[node].height) / 2).collect();
    let mut free = i64::MIN;
    let mut moved = 0;
    for (&node, &top) in column.iter().zip(&wanted) {
        tops[node] = top.max(free);
        moved += tops[node] - top;
        free = tops[node] + i64::from(sizes[node].height) + i64::from(ROW_GAP);
    }
    // They were only moved down: all of them up by the mean of it, so that the column is level with its neighbours.
    let back = moved / i64::try_from(column.len()).unwrap_or(1).max(1);
    column.iter().for_each(|&node| tops[node] -= back);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes(count: usize) -> Vec<LayoutSize> {
        (0..count)
            .map(|at| LayoutSize { width: 100 + u32::try_from(at % 3).unwrap() * 40, height: 40 + u32::try_from(at % 5).unwrap() * 30 })
            .collect()
    }

    #[test]
    fn a_source_stands_beside_what_needs_it_and_a_chain_is_a_row() {
        // 0 → 1 → 2 → 3, and 4 → 3.
        let same = vec![LayoutSize { width: 100, height: 50 }; 5];
        let places = layout(&same, &[(0, 1), (1, 2), (2, 3), (4, 3)]);
        let columns: Vec<u32> = places.iter().map(|(x, _)| x / 164).collect();
        assert_eq!(columns, [0, 1, 2, 3, 2], "{places:?}");
        let row: Vec<u32> = places[..3].iter().map(|(_, y)| *y).collect();
        assert!(row.iter().all(|y| y.abs_diff(row[0]) <= 40), "{places:?}");
    }

    #[test]
    fn links_cross_no_more_than_they_must() {
        // Two chains whose first nodes come in the order of the file, whose second ones do not.
        let same = vec![LayoutSize { width: 100, height: 50 }; 4];
        let places = layout(&same, &[(0, 3), (1, 2)]);
        assert_eq!(places[0].1 < places[1].1, places[3].1 < places[2].1, "{places:?}");
    }

    #[test]
    fn circles_and_links_to_nothing_are_drawn_too() {
        assert_eq!(layout(&sizes(3), &[(0, 1), (1, 2), (2, 0), (1, 1), (7, 0)]).len(), 3);
        assert!(layout(&[], &[(0, 1)]).is_empty());
    }

    proptest! {
        #[test]
        fn no_two_nodes_overlap(count in 0_usize..40, links in proptest::collection::vec((0_usize..45, 0_usize..45), 0..80)) {
            let sizes = sizes(count);
            let places = layout(&sizes, &links);
            prop_assert_eq!(places.len(), count);
            for one in 0..count {
                for other in 0..one {
                    let ((ax, ay), (bx, by)) = (places[one], places[other]);
                    let apart = ax + sizes[one].width <= bx || bx + sizes[other].width <= ax || ay + sizes[one].height <= by || by + sizes[other].height <= ay;
                    prop_assert!(apart, "{} at {:?} and {} at {:?}", one, places[one], other, places[other]);
                }
            }
            prop_assert!(count == 0 || places.iter().any(|(_, y)| *y == 0), "begins at the top: {:?}", places);
        }

        #[test]
        fn without_circles_every_link_leads_to_the_right(count in 2_usize..40, links in proptest::collection::vec((0_usize..40, 0_usize..40), 0..80)) {
            let links: Vec<(usize, usize)> = links.into_iter().map(|(a, b)| (a % count, b % count)).filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect();
            let sizes = sizes(count);
            let places = layout(&sizes, &links);
            for (from, to) in links {
                prop_assert!(places[from].0 + sizes[from].width < places[to].0, "{} at {:?} → {} at {:?}", from, places[from], to, places[to]);
            }
        }
    }
}
