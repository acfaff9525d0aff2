//! Webhooks on disk: which a task has, what they are to be told, and every attempt to tell it.
//!
//! A message is there from the moment of which it tells: its row is written with the task's, in one transaction. An attempt takes its place in the
//! schedule on disk before it is made, so that a place is never used twice, whenever Darkroom is killed.

mod handle;
mod model;
mod read;
mod write;

pub use self::{
    model::{Attempted, Claimed, DeliveryTarget, Due, OwnWebhook, Replayed, Subscriber},
    write::webhook_tag,
};
pub(super) use self::{
    read::own,
    write::{announce, keep_own},
};
