//! Webhooks on disk: those of each task, their messages, and every delivery attempt.
//!
//! A message is written in the same transaction as the change of the task that it reports. An attempt's slot in the schedule is stored
//! before the call is made, so that no slot is used twice, even if Darkroom is killed.

mod handle;
mod model;
mod read;
mod row;
mod write;

pub use self::{
    model::{Attempted, Claimed, DeliveryTarget, Due, OwnWebhook, Replayed, Subscriber},
    write::webhook_tag,
};
pub(super) use self::{
    read::own,
    write::{announce, keep_own},
};
