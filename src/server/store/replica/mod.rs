//! A second copy of the database, in PostgreSQL, so that Darkroom outlives its machine: `darkroom serve --store postgres://…`.
//!
//! SQLite in the data folder stays the database that everything is read from and written to. What a transaction changed (a changeset of SQLite's session
//! extension: rows before and after) is first committed to PostgreSQL ([`commits`]), then to SQLite. So PostgreSQL has everything that was ever
//! confirmed to anybody, and the folder is a copy that can be made anew ([`restore`]): from a checkpoint, which is the whole file in pieces
//! ([`checkpoint`]), and the changesets after it.
//!
//! One Darkroom at a time writes: the owner. It holds a lease ([`lease`]) by the clock of PostgreSQL. Each owner has a term of its own, one more than the
//! last, and every commit asks whether its term is still the present one: a Darkroom that slept while another took over can commit nothing more.
//! A Darkroom that finds another owner ([`member`]) keeps its copy up to date, shows what the owner shows ([`follow`]), and takes over when the lease ends
//! ([`owner`]). What pages see of running tasks is in PostgreSQL, too ([`live_rows`]): a change is shown to nobody before it is there.
//!
//! Why changesets and not every statement twice, for two dialects: all reads, with the full-text search of the gallery, stay where they are and as fast
//! as they are, on any machine; and what a commit changes is there for whoever shows it elsewhere.

mod checkpoint;
mod commits;
mod database;
mod error;
mod follow;
mod lease;
mod live_rows;
mod member;
mod owner;
mod owner_term;
mod position;
mod restore;
mod times;

pub(super) use self::{
    checkpoint::Checkpoints,
    commits::CommitLog,
    live_rows::LiveRow,
    owner::{Renewal, Replication, ViewKeeper},
    position::{create, move_to},
};
pub use self::{
    database::ReplicaUrl,
    error::ReplicaError,
    follow::{FollowEnd, LiveFollower, MemberTurn},
    member::{Member, OwnerAddress},
    owner::Replica,
    owner_term::OwnerTerm,
    times::ReplicaTimes,
};
