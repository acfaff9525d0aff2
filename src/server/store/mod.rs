//! Tasks on disk: SQLite in the data folder.
//!
//! One thread writes ([`writer`]), in the order of what happened; the rest of the server puts what is to be written into an [`inbox`] and
//! waits only where an answer depends on the disk. Reading has a connection of its own and never waits for the writer.

mod error;
mod handle;
mod inbox;
mod lock;
mod model;
mod read;
mod retention;
mod schema;
#[cfg(test)]
mod tests;
mod webhooks;
mod writer;

pub use self::{
    error::StoreError,
    handle::Store,
    model::{Added, CommandRecord, Cursor, Event, EventKind, Filter, Health, Key, Origin, Page, Stored},
    read::Kept,
    webhooks::{Attempted, Claimed, DeliveryTarget, Due, OwnWebhook, Replayed, Subscriber, webhook_tag},
};
