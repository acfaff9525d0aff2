//! Which outputs are selected: single ones, or all results but some.

use std::collections::BTreeSet;

use proto::gallery::{GalleryId, GalleryQuery, GallerySelection};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selected {
    /// All results are, but those in `ids`; otherwise only those in `ids`.
    pub all: bool,
    ids: BTreeSet<GalleryId>,
}

impl Selected {
    pub fn all() -> Self {
        Self { all: true, ids: BTreeSet::new() }
    }

    pub fn has(&self, id: GalleryId) -> bool {
        self.ids.contains(&id) != self.all
    }

    pub fn set(&mut self, id: GalleryId, selected: bool) {
        if selected == self.all {
            self.ids.remove(&id);
        } else {
            self.ids.insert(id);
        }
    }

    pub fn toggle(&mut self, id: GalleryId) {
        let selected = self.has(id);
        self.set(id, !selected);
    }

    /// Those that were selected one by one. `None`: all results are, but some.
    pub fn named(&self) -> Option<Vec<GalleryId>> {
        (!self.all).then(|| self.ids.iter().copied().collect())
    }

    /// How many there are. `total`: how many results there are.
    pub fn count(&self, total: u64) -> u64 {
        let ids = self.ids.len() as u64;
        if self.all { total.saturating_sub(ids) } else { ids }
    }

    pub fn is_empty(&self, total: u64) -> bool {
        self.count(total) == 0
    }

    /// What is sent to the server. `None`: nothing is selected.
    pub fn selection(&self, query: &GalleryQuery, upto: Option<GalleryId>, total: u64) -> Option<GallerySelection> {
        if self.is_empty(total) {
            return None;
        }
        let ids = self.ids.iter().copied().collect();
        if self.all {
            Some(GallerySelection::Results { query: query.clone(), upto: upto?, except: ids })
        } else {
            Some(GallerySelection::Ids(ids))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_some_are_selected() {
        let mut selected = Selected::all();
        selected.toggle(GalleryId(3));
        selected.set(GalleryId(4), false);
        selected.set(GalleryId(4), true);
        assert_eq!((selected.has(GalleryId(3)), selected.has(GalleryId(4)), selected.count(10)), (false, true, 9));
        let query = GalleryQuery { text: "red".into(), ..GalleryQuery::default() };
        let sent = GallerySelection::Results { query: query.clone(), upto: GalleryId(9), except: vec![GalleryId(3)] };
        assert_eq!(selected.selection(&query, Some(GalleryId(9)), 10), Some(sent));
    }

    #[test]
    fn single_ones_are_selected() {
        let mut selected = Selected::default();
        assert_eq!(selected.selection(&GalleryQuery::default(), None, 10), None);
        selected.toggle(GalleryId(3));
        selected.toggle(GalleryId(5));
        selected.toggle(GalleryId(3));
        assert_eq!(selected.selection(&GalleryQuery::default(), None, 10), Some(GallerySelection::Ids(vec![GalleryId(5)])));
    }
}
