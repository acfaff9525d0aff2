//! Which commit of PostgreSQL a database in a folder is at. Written with every commit, in its transaction, and part of what is changed by it.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// Of which PostgreSQL database this is a copy, and up to where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The id of the set of tables in PostgreSQL, made with them.
    pub cluster: String,
    /// The term of the owner that made the commit.
    pub term: i64,
    /// Counts the commits of all owners, without a gap. 0: before the first.
    pub seq: i64,
}

/// A migration.
pub(in crate::store) fn create(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE replica_position (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            cluster TEXT NOT NULL,
            term INTEGER NOT NULL,
            seq INTEGER NOT NULL
        ) STRICT;",
    )
}

/// `None`: it is no copy of anything.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Position>> {
    connection
        .query_row("SELECT cluster, term, seq FROM replica_position", [], |row| {
            Ok(Position { cluster: row.get(0)?, term: row.get(1)?, seq: row.get(2)? })
        })
        .optional()
}

/// The first position of a database that becomes a copy.
pub(super) fn set(connection: &Connection, position: &Position) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT OR REPLACE INTO replica_position (one, cluster, term, seq) VALUES (1, ?1, ?2, ?3)",
            params![position.cluster, position.term, position.seq],
        )
        .map(drop)
}

/// Of the commit that this transaction becomes.
pub(in crate::store) fn move_to(transaction: &Transaction, term: i64, seq: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE replica_position SET term = ?1, seq = ?2")?.execute([term, seq]).map(drop)
}
