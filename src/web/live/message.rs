//! The messages of the live connection, for components that listen to them.

use std::sync::Arc;

use proto::task::Numbered;

/// A message that changed the live state of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveMessage {
    Change(Numbered),
    /// The whole state was replaced.
    Snapshot,
}

/// Called with each message.
pub(super) type MessageListener = Arc<dyn Fn(&LiveMessage) + Send + Sync>;
