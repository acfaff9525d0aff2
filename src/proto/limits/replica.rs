//! Limits of the second copy of the database, in PostgreSQL.

use std::time::Duration;

/// How long a Darkroom may write without renewing its lease at PostgreSQL. After that another takes over.
pub const REPLICA_LEASE: Duration = Duration::from_secs(10);
/// The longest wait of a Darkroom between two looks whether it can take over.
pub const REPLICA_TURN: Duration = Duration::from_millis(500);
/// For a connection to PostgreSQL.
pub const REPLICA_CONNECT: Duration = Duration::from_secs(5);
/// For an answer of PostgreSQL; then the connection is given up.
pub const REPLICA_ANSWER: Duration = Duration::from_secs(5);
/// Bytes of changesets in PostgreSQL after which the next checkpoint is made: what a Darkroom with an old copy has to apply.
pub const REPLICA_LOG: u64 = 32 * 1024 * 1024;
/// Bytes of a piece of a checkpoint, before it is compressed.
pub const REPLICA_PIECE: u64 = 256 * 1024;
/// The part of a lease, one in so many, that its owner does not use at its end: its clock may be slower than that of PostgreSQL.
pub const LEASE_MARGIN: u32 = 10;
/// How long after the beginning of the commit that allows it a task may be sent. Whenever another Darkroom takes over, it is later than this commit.
pub const SEND_VALIDITY: Duration = Duration::from_secs(3);
/// `[comfyui] request_lag_s`, unless the settings say something else.
pub const REQUEST_LAG: Duration = Duration::from_secs(2);
/// On top of the time after which nothing of an earlier owner can arrive at a ComfyUI any more: for what is on its way in the network.
pub const TAKEOVER_SLACK: Duration = Duration::from_secs(1);
