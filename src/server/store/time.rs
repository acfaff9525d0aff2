//! Times as the database stores them: milliseconds since 1970.

use proto::time::Timestamp;
use rusqlite::Row;

pub(super) fn ms(at: Timestamp) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// The time in a column that has one.
pub(super) fn time(row: &Row, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(|ms: i64| Timestamp(u64::try_from(ms).unwrap_or_default()))
}
