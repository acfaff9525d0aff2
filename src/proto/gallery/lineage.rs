//! Where the outputs of a lineage are drawn: a column for each generation, the oldest on the left, and a line from each source to what was made
//! from it. All lengths in CSS pixels, as in the stylesheet of the gallery.

use super::LineageGraph;

/// The side of a picture, and the space between two of a column and between two columns.
const SIDE: u32 = 56;
const BETWEEN_ROWS: u32 = 8;
const BETWEEN_COLUMNS: u32 = 32;

/// One generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageColumn {
    pub generation: i8,
    /// Its nodes, from the top.
    pub nodes: Vec<usize>,
    /// How many more there are: one more cell at the bottom says so.
    pub left_out: u64,
}

/// The columns, each of which is in the middle of the height, and the lines between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageDrawing {
    pub columns: Vec<LineageColumn>,
    pub width: u32,
    pub height: u32,
    /// Paths of SVG.
    pub lines: Vec<String>,
}

impl LineageGraph {
    #[must_use]
    pub fn drawing(&self) -> LineageDrawing {
        let mut columns: Vec<LineageColumn> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            match columns.iter_mut().find(|column| column.generation == node.generation) {
                Some(column) => column.nodes.push(at),
                None => columns.push(LineageColumn { generation: node.generation, nodes: vec![at], left_out: 0 }),
            }
        }
        columns.sort_by_key(|column| column.generation);
        for column in &mut columns {
            let more = self.left_out.iter().find(|more| more.generation == column.generation);
            column.left_out = more.map_or(0, |more| more.count);
        }
        let length = |cells: u32, between: u32| (cells * (SIDE + between)).saturating_sub(between);
        let rows = |column: &LineageColumn| count(column.nodes.len()) + u32::from(column.left_out > 0);
        let height = length(columns.iter().map(rows).max().unwrap_or(0), BETWEEN_ROWS);
        let width = length(count(columns.len()), BETWEEN_COLUMNS);
        // The left edge and the middle of a node.
        let place = |node: u32| {
            let at = columns.iter().position(|column| column.nodes.contains(&(node as usize)))?;
            let row = columns[at].nodes.iter().position(|other| *other == node as usize)?;
            let top = (height - length(rows(&columns[at]), BETWEEN_ROWS)) / 2;
            Some((count(at) * (SIDE + BETWEEN_COLUMNS), top + count(row) * (SIDE + BETWEEN_ROWS) + SIDE / 2))
        };
        let line = |(from, to): &(u32, u32)| {
            let ((left, from), (right, to)) = (place(*from)?, place(*to)?);
            let start = left + SIDE;
            let bend = BETWEEN_COLUMNS / 2;
            Some(format!("M{start} {from}C{} {from} {} {to} {right} {to}", start + bend, right.saturating_sub(bend)))
        };
        let lines = self.edges.iter().filter_map(line).collect();
        LineageDrawing { columns, width, height, lines }
    }
}

fn count(cells: usize) -> u32 {
    u32::try_from(cells).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{LineageLeftOut, LineageNode, LineageSource};

    fn graph(generations: &[i8], edges: &[(u32, u32)], left_out: &[(i8, u64)]) -> LineageGraph {
        LineageGraph {
            nodes: generations.iter().map(|generation| LineageNode { generation: *generation, source: LineageSource::Gone }).collect(),
            edges: edges.to_vec(),
            left_out: left_out
                .iter()
                .map(|(generation, count)| LineageLeftOut { generation: *generation, count: *count, outputs: vec![] })
                .collect(),
        }
    }

    #[test]
    fn generations_are_columns_from_the_oldest_to_the_newest() {
        let drawing = graph(&[0, -1, 1, 1, -2], &[(1, 0), (0, 2), (0, 3), (4, 1)], &[]).drawing();
        let columns: Vec<_> = drawing.columns.iter().map(|column| (column.generation, column.nodes.clone())).collect();
        assert_eq!(columns, [(-2, vec![4]), (-1, vec![1]), (0, vec![0]), (1, vec![2, 3])]);
        assert_eq!((drawing.width, drawing.height), (4 * 56 + 3 * 32, 2 * 56 + 8));
        // Single ones are in the middle of the height.
        assert_eq!(
            drawing.lines,
            ["M144 60C160 60 160 60 176 60", "M232 60C248 60 248 28 264 28", "M232 60C248 60 248 92 264 92", "M56 60C72 60 72 60 88 60"]
        );
    }

    #[test]
    fn what_is_left_out_has_a_cell() {
        let drawing = graph(&[0, 1], &[(0, 1)], &[(1, 18)]).drawing();
        assert_eq!((drawing.columns[1].left_out, drawing.height), (18, 2 * 56 + 8));
        assert_eq!(drawing.lines, ["M56 60C72 60 72 28 88 28"]);
    }

    #[test]
    fn an_edge_to_nowhere_and_an_empty_graph_draw_nothing() {
        assert_eq!(graph(&[0], &[(0, 9)], &[]).drawing().lines, Vec::<String>::new());
        assert_eq!(LineageGraph::default().drawing(), LineageDrawing { columns: vec![], width: 0, height: 0, lines: vec![] });
    }
}
