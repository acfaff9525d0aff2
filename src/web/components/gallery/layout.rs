//! Which rows of a long grid are drawn: a million tiles in a few hundred elements. All lengths in CSS pixels.

/// A grid of square tiles of equal size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GridLayout {
    pub columns: u32,
    /// From the top of a row to the top of the next.
    pub row_height: u32,
    pub tiles: u64,
}

/// What is drawn of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DrawnRows {
    /// The first tile, and how many.
    pub first: u64,
    pub count: u64,
    /// The heights of what is not drawn, above and below.
    pub above: u64,
    pub below: u64,
}

/// Rows that are drawn above and below what is visible, so that scrolling does not show empty places at once.
const SPARE_ROWS: u64 = 4;
/// Browsers do not lay out taller elements reliably: Firefox ends at 17.8 million pixels.
const MAX_HEIGHT: u64 = 16_000_000;

impl GridLayout {
    /// `width`: of the grid. `least`: the smallest width of a tile. `gap`: between tiles.
    pub fn new(width: u32, least: u32, gap: u32, tiles: u64) -> Self {
        let columns = ((width + gap) / (least + gap).max(1)).max(1);
        let side = (width + gap) / columns;
        Self { columns, row_height: side.max(1), tiles }
    }

    /// How many tiles can be reached by scrolling.
    pub fn reachable(self) -> u64 {
        let rows = MAX_HEIGHT / u64::from(self.row_height);
        self.tiles.min(rows * u64::from(self.columns))
    }

    fn rows(self) -> u64 {
        self.reachable().div_ceil(u64::from(self.columns))
    }

    /// The tiles to draw when `top` pixels of the grid are above the window, which shows `height` pixels.
    pub fn drawn(self, top: u64, height: u64) -> DrawnRows {
        let row = u64::from(self.row_height);
        let rows = self.rows();
        let first = (top / row).saturating_sub(SPARE_ROWS).min(rows.saturating_sub(1));
        let last = ((top + height).div_ceil(row) + SPARE_ROWS).min(rows);
        let columns = u64::from(self.columns);
        let end = (last * columns).min(self.reachable());
        DrawnRows { first: first * columns, count: end.saturating_sub(first * columns), above: first * row, below: (rows - last) * row }
    }

    /// How far the grid must be scrolled so that tile `index` is visible in a window that shows `height` pixels from `top` on. `None`: it is.
    pub fn scroll_to(self, index: u64, top: u64, height: u64) -> Option<u64> {
        let row = u64::from(self.row_height);
        let (start, end) = (index / u64::from(self.columns) * row, (index / u64::from(self.columns) + 1) * row);
        if start < top {
            Some(start)
        } else if end > top + height {
            Some(end.saturating_sub(height))
        } else {
            None
        }
    }
}

/// The id of the link of a tile.
pub(super) fn tile_id(index: u64) -> String {
    format!("tile-{index}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_fill_the_width() {
        let layout = GridLayout::new(1000, 180, 8, 100);
        assert_eq!((layout.columns, layout.row_height), (5, 201));
        assert_eq!(GridLayout::new(320, 104, 4, 1).columns, 3);
        assert_eq!(GridLayout::new(0, 104, 4, 1).columns, 1);
    }

    #[test]
    fn an_empty_grid_draws_nothing() {
        assert_eq!(GridLayout::new(1000, 180, 8, 0).drawn(0, 800), DrawnRows { first: 0, count: 0, above: 0, below: 0 });
    }

    #[test]
    fn a_million_tiles_stay_below_the_limit_of_browsers() {
        let layout = GridLayout::new(320, 104, 4, 1_000_000);
        let drawn = layout.drawn(0, 700);
        assert!(drawn.below < MAX_HEIGHT);
        assert!(layout.reachable() < 1_000_000);
    }

    proptest! {
        #[test]
        fn what_is_visible_is_drawn_and_the_height_never_changes(width in 0_u32..4000, tiles in 0_u64..200_000, top in 0_u64..20_000_000, height in 1_u64..3000) {
            let layout = GridLayout::new(width, 120, 6, tiles);
            let drawn = layout.drawn(top, height);
            let row = u64::from(layout.row_height);
            let columns = u64::from(layout.columns);
            let rows = layout.reachable().div_ceil(columns);
            prop_assert_eq!(drawn.above + drawn.count.div_ceil(columns) * row + drawn.below, rows * row);
            prop_assert!(drawn.first + drawn.count <= layout.reachable());
            prop_assert!(drawn.count <= (height / row + 3 + 2 * SPARE_ROWS) * columns);
            // Each visible row, as far as there are rows.
            for visible in [top / row, (top + height - 1) / row] {
                if visible < rows {
                    let tile = visible * columns;
                    prop_assert!(drawn.first <= tile && tile < drawn.first + drawn.count);
                }
            }
        }

        #[test]
        fn a_tile_that_is_scrolled_to_is_visible(index in 0_u64..100_000, top in 0_u64..5_000_000, height in 400_u64..3000) {
            let layout = GridLayout::new(1000, 120, 6, 100_000);
            let top = layout.scroll_to(index, top, height).unwrap_or(top);
            prop_assert_eq!(layout.scroll_to(index, top, height), None);
        }
    }
}
