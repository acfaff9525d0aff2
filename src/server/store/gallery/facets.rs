//! How many results of a search have each value.

use proto::{
    gallery::{Facet, FacetCounts, GalleryFacets, Search},
    limits,
};
use rusqlite::Connection;

use super::{compile::IndexQuery, indexing::unpacked, model::FacetTally, results, values};

/// How many results have each value.
pub(super) enum Tallied {
    OfAll(Vec<FacetCounts>),
    /// Of at most [`limits::GALLERY_TALLY`] results.
    OfNewest(Vec<FacetCounts>),
}

/// At most `limit` values of each facet. Of everything, the dictionary knows the numbers; of a search, the values of its newest results are counted.
pub(super) fn facets(connection: &Connection, search: &Search, facets: &[Facet], limit: usize) -> rusqlite::Result<Tallied> {
    let limit = limit.min(limits::GALLERY_VALUES);
    if IndexQuery::new(connection, search)?.is_everything() {
        let count = |facet: &Facet| -> rusqlite::Result<FacetCounts> {
            Ok(FacetCounts { facet: *facet, values: values::most_frequent(connection, *facet, "", limit)? })
        };
        return facets.iter().map(count).collect::<Result<_, _>>().map(Tallied::OfAll);
    }
    // By the id of the value. A list, because there are hundreds of thousands of steps.
    let mut outputs: Vec<u32> = Vec::new();
    results::tally(connection, search, |ids| {
        for id in unpacked(ids).filter_map(|id| usize::try_from(id).ok()) {
            if id >= outputs.len() {
                outputs.resize(id + 1, 0);
            }
            outputs[id] += 1;
        }
    })?;
    let mut found: Vec<FacetCounts> = facets.iter().map(|facet| FacetCounts { facet: *facet, values: Vec::new() }).collect();
    let mut statement = connection.prepare_cached("SELECT facet, value FROM gallery_values WHERE id = ?1")?;
    for (id, outputs) in (0_i64..).zip(outputs).filter(|(_, outputs)| *outputs > 0) {
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else { continue };
        let facet = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        if let Some(counts) = found.iter_mut().find(|counts| <&str>::from(counts.facet) == facet) {
            counts.values.push((row.get(1)?, u64::from(outputs)));
        }
    }
    for counts in &mut found {
        counts.values.sort_by_cached_key(|(value, outputs)| (std::cmp::Reverse(*outputs), value.to_lowercase(), value.clone()));
        counts.values.truncate(limit);
    }
    Ok(Tallied::OfNewest(found))
}

/// With the number of all results.
pub(super) fn tally(tallied: Tallied, total: u64) -> FacetTally {
    let limit = limits::GALLERY_TALLY as u64;
    let (facets, of_newest) = match tallied {
        Tallied::OfAll(facets) => (facets, None),
        Tallied::OfNewest(facets) => (facets, (total > limit).then_some(limit)),
    };
    FacetTally { counts: GalleryFacets { facets, of_newest }, total }
}
