//! The shortest way to a page that is asked for by its number: from the nearest place in the results of which it is known how many are before it.

use proto::gallery::GalleryOrder;

/// Results with ids from the first to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CountedPart {
    pub ids: (i64, i64),
    pub results: u64,
}

/// Results are passed over and then read, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    /// Within these ids, from the first to before the second.
    pub ids: (i64, i64),
    /// The order in which they are read, which need not be that of the page.
    pub order: GalleryOrder,
    pub passed_over: u64,
    pub read: u64,
}

/// To `limit` results after the first `offset`. `parts`: all results, the oldest first, without gaps. `None`: there are none.
pub(super) fn walk(parts: &[CountedPart], order: GalleryOrder, offset: u64, limit: u64) -> Option<Walk> {
    let (first, last) = (parts.first()?.ids.0, parts.last()?.ids.1);
    let total: u64 = parts.iter().map(|part| part.results).sum();
    let read = limit.min(total.saturating_sub(offset));
    if read == 0 {
        return None;
    }
    // As numbers from the oldest on.
    let from = match order {
        GalleryOrder::Oldest => offset,
        GalleryOrder::Newest => total - offset - read,
    };
    let before = from + read;
    let mut place = 0;
    let places = std::iter::once((first, 0)).chain(parts.iter().map(|part| {
        place += part.results;
        (part.ids.1, place)
    }));
    let ways = places.flat_map(|(id, place)| {
        let up = from.checked_sub(place).map(|passed_over| Walk { ids: (id, last), order: GalleryOrder::Oldest, passed_over, read });
        let down = place.checked_sub(before).map(|passed_over| Walk { ids: (first, id), order: GalleryOrder::Newest, passed_over, read });
        [up, down].into_iter().flatten()
    });
    ways.min_by_key(|way| way.passed_over)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(results: &[i64], walk: Walk, order: GalleryOrder) -> Vec<i64> {
        let mut within: Vec<i64> = results.iter().copied().filter(|id| (walk.ids.0..walk.ids.1).contains(id)).collect();
        if walk.order == GalleryOrder::Newest {
            within.reverse();
        }
        let (skip, take) = (usize::try_from(walk.passed_over).unwrap(), usize::try_from(walk.read).unwrap());
        let mut taken: Vec<i64> = within.into_iter().skip(skip).take(take).collect();
        if walk.order != order {
            taken.reverse();
        }
        taken
    }

    proptest! {
        #[test]
        fn every_page_is_what_walking_from_the_beginning_gives(
            results in proptest::collection::btree_set(0_i64..1_000, 0..60),
            bounds in proptest::collection::btree_set(1_i64..999, 0..5),
            (offset, limit) in (0_u64..70, 1_u64..20),
            is_newest in any::<bool>(),
        ) {
            let results: Vec<i64> = results.into_iter().collect();
            let order = if is_newest { GalleryOrder::Newest } else { GalleryOrder::Oldest };
            let edges: Vec<i64> = std::iter::once(0).chain(bounds).chain([1_000]).collect();
            let parts: Vec<CountedPart> = edges
                .windows(2)
                .map(|ids| CountedPart { ids: (ids[0], ids[1]), results: results.iter().filter(|id| (ids[0]..ids[1]).contains(id)).count() as u64 })
                .collect();
            let mut expected = results.clone();
            if is_newest {
                expected.reverse();
            }
            let expected: Vec<i64> = expected.into_iter().skip(usize::try_from(offset).unwrap()).take(usize::try_from(limit).unwrap()).collect();
            let found = walk(&parts, order, offset, limit).map_or_else(Vec::new, |walk| taken(&results, walk, order));
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_middle_is_reached_from_the_nearest_known_place() {
        let parts = [CountedPart { ids: (0, 500), results: 500 }, CountedPart { ids: (500, 1_000), results: 500 }];
        let walk = walk(&parts, GalleryOrder::Newest, 510, 10).unwrap();
        assert_eq!(walk, Walk { ids: (0, 500), order: GalleryOrder::Newest, passed_over: 10, read: 10 });
    }
}
