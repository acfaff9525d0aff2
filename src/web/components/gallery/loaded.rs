//! The tiles that the page has: parts of a long list, loaded as they are scrolled to.

use std::collections::BTreeMap;

use proto::{
    gallery::{GalleryId, GalleryTile},
    limits,
};

/// Tiles are requested in parts of this length.
pub(super) const PART: u64 = limits::GALLERY_FIRST_TILES as u64;
/// Parts that are kept, the nearest to where the page is.
const KEPT_PARTS: usize = 60;

/// A tile that is not there yet is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LoadedTiles {
    parts: BTreeMap<u64, Vec<GalleryTile>>,
}

impl LoadedTiles {
    /// `offset` is a multiple of [`PART`].
    pub fn insert(&mut self, offset: u64, tiles: Vec<GalleryTile>) {
        let part = offset / PART;
        self.parts.insert(part, tiles);
        while self.parts.len() > KEPT_PARTS {
            let (first, last) = (self.parts.first_key_value().map(|(key, _)| *key), self.parts.last_key_value().map(|(key, _)| *key));
            let (Some(first), Some(last)) = (first, last) else { break };
            self.parts.remove(if part - first > last - part { &first } else { &last });
        }
    }

    pub fn get(&self, index: u64) -> Option<&GalleryTile> {
        let at = usize::try_from(index % PART).unwrap_or(usize::MAX);
        self.parts.get(&(index / PART))?.get(at)
    }

    pub fn has_part(&self, part: u64) -> bool {
        self.parts.contains_key(&part)
    }

    /// The place of an output in the list, if it is loaded.
    pub fn index_of(&self, id: GalleryId) -> Option<u64> {
        self.parts.iter().find_map(|(part, tiles)| {
            let at = tiles.iter().position(|tile| tile.id == id)?;
            Some(part * PART + at as u64)
        })
    }

    /// Those that are loaded, in order.
    pub fn all(&self) -> impl Iterator<Item = &GalleryTile> {
        self.parts.values().flatten()
    }

    /// Changes the tiles that `pick` chooses.
    pub fn change(&mut self, pick: impl Fn(&GalleryTile) -> bool, change: impl Fn(&mut GalleryTile)) {
        for tile in self.parts.values_mut().flatten().filter(|tile| pick(tile)) {
            change(tile);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles(from: u64, count: u64) -> Vec<GalleryTile> {
        let tile = |id| GalleryTile { id: GalleryId(id), kind: None, width: 0, height: 0, star: false, rating: 0, label: String::new() };
        (from..from + count).map(tile).collect()
    }

    #[test]
    fn a_tile_is_found_by_its_place_and_by_its_id() {
        let mut loaded = LoadedTiles::default();
        loaded.insert(PART, tiles(500, PART));
        loaded.insert(0, tiles(0, 7));
        assert_eq!(loaded.get(PART + 3).map(|tile| tile.id), Some(GalleryId(503)));
        assert_eq!(loaded.index_of(GalleryId(503)), Some(PART + 3));
        assert_eq!((loaded.get(6).is_some(), loaded.get(7), loaded.get(3 * PART)), (true, None, None));
    }

    #[test]
    fn the_parts_that_are_far_away_are_forgotten() {
        let mut loaded = LoadedTiles::default();
        for part in 0..100 {
            loaded.insert(part * PART, tiles(part * PART, PART));
        }
        assert_eq!(loaded.parts.len(), KEPT_PARTS);
        assert!(loaded.has_part(99) && loaded.has_part(40) && !loaded.has_part(39));
    }

    #[test]
    fn only_what_is_chosen_changes() {
        let mut loaded = LoadedTiles::default();
        loaded.insert(0, tiles(0, 3));
        loaded.change(|tile| tile.id.0 > 0, |tile| tile.star = true);
        assert_eq!([0, 1, 2].map(|at| loaded.get(at).unwrap().star), [false, true, true]);
    }
}
