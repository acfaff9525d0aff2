//! How many results a search has. FTS5 walks through all of them to know it, so that they are counted in parts, at the same time, and the numbers are
//! remembered: a page that is scrolled asks for them with each portion. When outputs change, only the parts that have them are counted anew.

use hashlink::LruCache;
use parking_lot::Mutex;
use proto::{
    gallery::{GalleryId, Search},
    limits,
};
use rusqlite::Connection;

use super::{
    compile::IndexQuery,
    news::{changed_since, newest_news},
    results::{known_total, raw},
    values,
    walk::CountedPart,
};

/// What is counted: the same for two searches that are the same for the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CountQuery {
    /// Ids from the first to before the second.
    ids: (i64, i64),
    /// Ids between these that are left out, from the first to before the second.
    gaps: Vec<(i64, i64)>,
    /// What matches these is added up. `None`: everything that is not in the trash.
    added: Vec<Option<String>>,
    /// What matches this is subtracted from that.
    subtracted: Option<String>,
}

/// A count that is under way.
pub(super) enum BegunCount {
    Known(u64),
    Parts {
        query: CountQuery,
        /// What is to be counted: from the first id to before the second, the oldest first.
        parts: Vec<(i64, i64)>,
        /// The parts that are known, and did not change.
        known: Vec<PartCount>,
        /// Of so many outputs, those that are counted are left out.
        all_but: Option<u64>,
    },
}

/// The results of a part, and the number of the newest of the news when they were counted.
pub(super) struct PartCount {
    counted: CountedPart,
    news: i64,
}

/// What was counted lately.
pub(in crate::store) struct RecentCounts(Mutex<RememberedCounts>);

struct RememberedCounts {
    /// With the number of the newest of the news: they hold for the parts of which there are no newer ones.
    counts: LruCache<CountQuery, (i64, Vec<CountedPart>)>,
    /// Ids that divide the outputs into equal parts, and how many outputs there were.
    bounds: (u64, Vec<i64>),
}

impl Default for RecentCounts {
    fn default() -> Self {
        Self(Mutex::new(RememberedCounts { counts: LruCache::new(limits::GALLERY_COUNTS), bounds: (0, Vec::new()) }))
    }
}

impl RecentCounts {
    /// Begins to count the results up to `upto`, with so many `readers` at the same time.
    pub(super) fn begin(
        &self,
        connection: &Connection,
        search: &Search,
        upto: Option<GalleryId>,
        readers: usize,
    ) -> rusqlite::Result<BegunCount> {
        let query = IndexQuery::new(connection, search)?;
        if query.is_empty {
            return Ok(BegunCount::Known(0));
        }
        // One state of the database for the count and the number of its news.
        let transaction = connection.unchecked_transaction()?;
        if let Some(known) = known_total(&transaction, search, upto)? {
            return Ok(BegunCount::Known(known));
        }
        let news = newest_news(&transaction)?;
        let all_but = match &query.all_but {
            Some(_) if !query.has_dates() => {
                let newer = upto.map(|upto| query.clone().newer_than(raw(upto)));
                let newer = newer.map_or(Ok(0), |newer| count_part(&transaction, &CountQuery::of(newer)))?;
                Some(values::all_outputs(&transaction)?.saturating_sub(newer))
            }
            _ => None,
        };
        let query = match query.all_but.clone().filter(|_| all_but.is_some()) {
            // Of all, and newer results were subtracted.
            Some(unwanted) => CountQuery::of(IndexQuery::of_parts(Some(unwanted), query.ids, Vec::new())),
            None => CountQuery::of(query.older_than(upto.map_or(i64::MAX, |upto| raw(upto).saturating_add(1)))),
        };
        let remembered = self.0.lock().counts.get(&query).cloned();
        if let Some((then, parts)) = remembered {
            if then == news {
                return Ok(BegunCount::Known(total(&parts, all_but)));
            }
            if let Some(changed) = changed_since(&transaction, then)? {
                let (stale, valid) = divided(parts, &changed);
                if stale.is_empty() {
                    let total = total(&valid, all_but);
                    self.0.lock().counts.insert(query, (news, valid));
                    return Ok(BegunCount::Known(total));
                }
                let known = valid.into_iter().map(|counted| PartCount { counted, news }).collect();
                return Ok(BegunCount::Parts { query, parts: stale, known, all_but });
            }
        }
        let (first, end) = query.ids;
        let bounds = if query.joins_lists() { Vec::new() } else { self.bounds(&transaction, readers)? };
        let inner: Vec<i64> = bounds.into_iter().filter(|bound| first < *bound && *bound < end).collect();
        let from = std::iter::once(first).chain(inner.iter().copied());
        let parts = from.zip(inner.iter().copied().chain([end])).collect();
        Ok(BegunCount::Parts { query, parts, known: Vec::new(), all_but })
    }

    /// Adds up all parts of a count.
    pub(super) fn finish(&self, query: CountQuery, all_but: Option<u64>, mut parts: Vec<PartCount>) -> u64 {
        parts.sort_by_key(|part| part.counted.ids);
        let counted: Vec<CountedPart> = parts.iter().map(|part| part.counted).collect();
        let total = total(&counted, all_but);
        // Parts of different states of the database are right about now, and are not remembered.
        if let Some(news) = parts.first().map(|part| part.news)
            && parts.iter().all(|part| part.news == news)
        {
            self.0.lock().counts.insert(query, (news, counted));
        }
        total
    }

    /// The parts of the results up to `upto`, if they were counted since the last change.
    pub(super) fn parts(
        &self,
        connection: &Connection,
        search: &Search,
        upto: Option<GalleryId>,
    ) -> rusqlite::Result<Option<Vec<CountedPart>>> {
        let query = IndexQuery::new(connection, search)?;
        let query = CountQuery::of(query.older_than(upto.map_or(i64::MAX, |upto| raw(upto).saturating_add(1))));
        Ok(self.recent(&query, newest_news(connection)?))
    }

    fn recent(&self, query: &CountQuery, news: i64) -> Option<Vec<CountedPart>> {
        let mut recent = self.0.lock();
        recent.counts.get(query).filter(|(then, _)| *then == news).map(|(_, parts)| parts.clone())
    }

    /// Ids that divide the outputs into equal parts, about: at least one for each reader.
    fn bounds(&self, connection: &Connection, readers: usize) -> rusqlite::Result<Vec<i64>> {
        let all = values::all_outputs(connection)?;
        let parts = usize::try_from(all / limits::GALLERY_COUNTED_PART).unwrap_or(usize::MAX);
        let parts = parts.clamp(readers, readers.max(limits::GALLERY_COUNTED_PARTS));
        if let (then, bounds) = &self.0.lock().bounds
            && then.abs_diff(all) < then / 8
        {
            return Ok(bounds.clone());
        }
        let step = i64::try_from(all).unwrap_or(i64::MAX) / i64::try_from(parts).unwrap_or(i64::MAX).max(1);
        let mut bounds = vec![0];
        let mut next = connection.prepare_cached(
            "SELECT id FROM gallery INDEXED BY gallery_live WHERE deleted_at IS NULL AND id >= ?1 ORDER BY id LIMIT 1 OFFSET ?2",
        )?;
        for _ in 1..parts {
            let mut rows = next.query([bounds.last().copied().unwrap_or_default(), step])?;
            let Some(row) = rows.next()? else { break };
            bounds.push(row.get(0)?);
        }
        bounds.remove(0);
        self.0.lock().bounds = (all, bounds.clone());
        Ok(bounds)
    }
}

/// The parts that have one of these outputs, by their ids, and the others. `changed`: in rising order.
fn divided(parts: Vec<CountedPart>, changed: &[i64]) -> (Vec<(i64, i64)>, Vec<CountedPart>) {
    let has_changed = |part: &CountedPart| {
        let (first, end) = part.ids;
        changed.get(changed.partition_point(|id| *id < first)).is_some_and(|id| *id < end)
    };
    let (stale, valid): (Vec<_>, Vec<_>) = parts.into_iter().partition(has_changed);
    (stale.into_iter().map(|part| part.ids).collect(), valid)
}

fn total(parts: &[CountedPart], all_but: Option<u64>) -> u64 {
    let counted = parts.iter().map(|part| part.results).sum();
    all_but.map_or(counted, |all| all.saturating_sub(counted))
}

/// Beginnings of words of so many characters have lists of their own in the index.
const INDEXED_BEGINNING: usize = 3;

/// Whether the index has to join the lists of all words that begin so: `"light" *` in a MATCH expression.
fn joins_lists(expression: &str) -> bool {
    let last_word = |quoted: &str| quoted.rsplit([' ', '"']).next().unwrap_or_default().chars().count();
    expression.match_indices("\" *").any(|(at, _)| last_word(&expression[..at]) > INDEXED_BEGINNING)
}

impl CountQuery {
    /// What it takes to join lists is most of the work, and would be done for each part.
    fn joins_lists(&self) -> bool {
        self.added.iter().flatten().chain(&self.subtracted).any(|expression| joins_lists(expression))
    }

    /// The fastest of the ways to count what this asks for.
    fn of(query: IndexQuery) -> Self {
        let IndexQuery { expression, ids, gaps, with_trash, disjoint, .. } = query;
        let (added, subtracted) = match with_trash {
            _ if !disjoint.is_empty() => (disjoint.into_iter().map(Some).collect(), None),
            Some((all, of_trash)) => (vec![Some(all)], Some(of_trash)),
            None => (vec![expression], None),
        };
        Self { ids, gaps, added, subtracted }
    }

    /// Counts the results with ids from the first to before the second.
    pub fn count(&self, connection: &Connection, ids: (i64, i64)) -> rusqlite::Result<PartCount> {
        let transaction = connection.unchecked_transaction()?;
        let news = newest_news(&transaction)?;
        let results = count_part(&transaction, &Self { ids, ..self.clone() })?;
        Ok(PartCount { counted: CountedPart { ids, results }, news })
    }
}

fn count_part(connection: &Connection, query: &CountQuery) -> rusqlite::Result<u64> {
    let mut results = 0;
    for expression in &query.added {
        results += count_matches(connection, query, expression.as_deref())?;
    }
    match &query.subtracted {
        Some(expression) => Ok(results - count_matches(connection, query, Some(expression))?),
        None => Ok(results),
    }
}

/// Conditions that always hold are left out: SQLite would ask them of each row.
fn count_matches(connection: &Connection, query: &CountQuery, expression: Option<&str>) -> rusqlite::Result<u64> {
    let (from, column, condition) = match expression {
        Some(_) => ("gallery_text", "rowid", "gallery_text MATCH ?1"),
        None => ("gallery INDEXED BY gallery_live", "id", "deleted_at IS NULL AND ?1 IS NULL"),
    };
    let mut sql = format!("SELECT count(*) FROM {from} WHERE {condition}");
    let (first, end) = query.ids;
    if first > 0 {
        sql.push_str(&format!(" AND {column} >= {first}"));
    }
    if end < i64::MAX {
        sql.push_str(&format!(" AND {column} < {end}"));
    }
    for (from, before) in &query.gaps {
        sql.push_str(&format!(" AND NOT ({column} >= {from} AND {column} < {before})"));
    }
    // Not cached: the ids are in its text.
    connection.prepare(&sql)?.query_row([expression], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

#[cfg(test)]
mod tests {
    use super::{CountedPart, divided, joins_lists};

    #[test]
    fn a_part_is_counted_anew_if_one_of_its_outputs_changed() {
        let part = |first, end| CountedPart { ids: (first, end), results: 1 };
        let parts = vec![part(0, 10), part(10, 20), part(20, i64::MAX)];
        let counted_anew = |changed: &[i64]| divided(parts.clone(), changed);
        assert_eq!(counted_anew(&[]), (vec![], parts.clone()));
        assert_eq!(counted_anew(&[10]), (vec![(10, 20)], vec![parts[0], parts[2]]));
        assert_eq!(counted_anew(&[3, 9, 25]), (vec![(0, 10), (20, i64::MAX)], vec![parts[1]]));
        assert_eq!(counted_anew(&[9, 19, 20]).1, vec![]);
    }

    #[test]
    fn only_beginnings_without_a_list_of_their_own_are_joined() {
        for (expression, joined) in
            [("\"lig\" *", false), ("\"ligh\" *", true), ("\"light\"", false), ("\"red ligh\" * AND \"door\"", true), ("\"ö\" *", false)]
        {
            assert_eq!(joins_lists(expression), joined, "{expression}");
        }
    }
}
