//! Webhooks on disk: those of each task, their messages, and every delivery attempt.
//!
//! A message is written in the same transaction as the change of the task, or of the production, that it reports. An attempt's slot in the schedule is stored
//! before the call is made, so that no slot is used twice, even if Darkroom is killed.

mod handle;
mod model;
mod productions;
mod read;
mod row;
mod schema;
mod write;

pub use self::{
    model::{Attempted, Claimed, DeliverySubject, DeliveryTarget, Due, OwnWebhook, Replayed, Subscriber},
    write::webhook_tag,
};
pub(super) use self::{
    productions::{ProductionNews, announce_production, forget_productions},
    read::own,
    schema::add_productions,
    write::{announce, keep_own},
};
