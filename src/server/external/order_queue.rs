//! Commands that were heard over Redis and wait to be carried out, in their order.

use proto::limits;
use tokio::sync::{Mutex, mpsc};

use crate::story::StoryMessage;

pub(super) struct OrderQueue {
    sender: mpsc::Sender<HeardOrder>,
    receiver: Mutex<mpsc::Receiver<HeardOrder>>,
}

pub(super) struct HeardOrder {
    /// As the channel names it.
    pub(super) project: String,
    pub(super) message: StoryMessage,
}

impl Default for OrderQueue {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(limits::REDIS_COMMANDS);
        Self { sender, receiver: Mutex::new(receiver) }
    }
}

impl OrderQueue {
    /// Returns whether there was room for it.
    pub(super) fn push(&self, order: HeardOrder) -> bool {
        self.sender.try_send(order).is_ok()
    }

    /// Waits for the next one. For one reader.
    pub(super) async fn next(&self) -> Option<HeardOrder> {
        self.receiver.lock().await.recv().await
    }
}
