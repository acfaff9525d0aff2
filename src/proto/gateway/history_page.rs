//! Which part of the history a client asks for (fact 44).

/// `GET /history?max_items=&offset=`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    pub max_items: Option<i64>,
    pub offset: Option<i64>,
}

impl HistoryPage {
    /// Reads the two parameters. `None`: one is no number, at which ComfyUI's server fails.
    #[must_use]
    pub fn parse(max_items: Option<&str>, offset: Option<&str>) -> Option<Self> {
        let number = |text: Option<&str>| text.map(|text| text.trim().parse::<i64>()).transpose().ok();
        Some(Self { max_items: number(max_items)?, offset: number(offset)? })
    }

    /// The first entry and how many, of so many in all, the oldest first: `max_items` alone means the newest, with an offset it counts from the oldest. Without
    /// either the newest `most`.
    #[must_use]
    pub fn range(self, length: usize, most: usize) -> (usize, usize) {
        let all = i64::try_from(length).unwrap_or(i64::MAX);
        let start = match (self.offset, self.max_items) {
            (None | Some(..0), Some(max)) => all.saturating_sub(max),
            (None | Some(..0), None) => all.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX)),
            (Some(offset), _) => offset,
        };
        let start = usize::try_from(start.clamp(0, all)).unwrap_or(length);
        // ComfyUI counts after it has added an entry, so it gives one also where none is wanted.
        let wanted = self.max_items.map_or(most, |max| usize::try_from(max.max(1)).unwrap_or(most));
        (start, wanted.min(most).min(length - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(max_items: Option<&str>, offset: Option<&str>) -> (usize, usize) {
        HistoryPage::parse(max_items, offset).unwrap().range(10, 1_000)
    }

    #[test]
    fn the_newest_or_from_the_oldest() {
        assert_eq!(range(None, None), (0, 10));
        assert_eq!(range(Some("3"), None), (7, 3));
        assert_eq!(range(Some("3"), Some("2")), (2, 3));
        assert_eq!(range(None, Some("8")), (8, 2));
        assert_eq!(range(Some("30"), None), (0, 10));
        assert_eq!(range(None, Some("100")), (10, 0), "past the end");
        assert_eq!(HistoryPage::parse(None, None).unwrap().range(10, 4), (6, 4), "bounded: the newest");
        assert_eq!(HistoryPage::parse(Some("x"), None), None);
    }
}
