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
/// Changes of tasks that wait for PostgreSQL, before those that newer ones replace are left out.
pub const LIVE_WAITING: usize = 8_192;
/// How long what was shown stays in PostgreSQL: a page, a program or another Darkroom that was away for less hears exactly what it missed.
pub const LIVE_KEPT: Duration = Duration::from_secs(60);
/// How often the whole shown state is written to PostgreSQL, for Darkrooms that are started.
pub const LIVE_VIEW_EVERY: Duration = Duration::from_secs(10);
/// A new owner leaves out so many numbers of changes: PostgreSQL may have lost the last ones before a crash, and a number is never used twice.
pub const LIVE_GAP: u64 = 1 << 20;
/// A Darkroom that has not heard from PostgreSQL for so long shows nothing as if it were new.
pub const LIVE_BEHIND: Duration = Duration::from_secs(3);
/// How long a page or a program that is ahead of this Darkroom, because it was at another one, waits until this one has caught up.
pub const LIVE_AHEAD: Duration = Duration::from_secs(1);
/// How long a request waits for a Darkroom that can carry it out, while none can.
pub const FORWARD_WAIT: Duration = Duration::from_secs(15);
/// For a connection from one Darkroom to another.
pub const FORWARD_CONNECT: Duration = Duration::from_secs(1);
/// Free connections to the owner that are kept.
pub const FORWARD_CONNECTIONS: usize = 256;
/// How long a request waits at the Darkroom that has just become the owner, until it answers.
pub const FORWARD_BECOMING: Duration = Duration::from_secs(10);
/// The part of a lease, one in so many, that its owner does not use at its end: its clock may be slower than that of PostgreSQL.
pub const LEASE_MARGIN: u32 = 10;
/// How long after the beginning of the commit that allows it a task may be sent. Whenever another Darkroom takes over, it is later than this commit.
pub const SEND_VALIDITY: Duration = Duration::from_secs(3);
/// `[comfyui] request_lag_s`, unless the settings say something else.
pub const REQUEST_LAG: Duration = Duration::from_secs(2);
/// On top of the time after which nothing of an earlier owner can arrive at a ComfyUI any more: for what is on its way in the network.
pub const TAKEOVER_SLACK: Duration = Duration::from_secs(1);
