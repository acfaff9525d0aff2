//! Twins: one prompt id that is more than once in ComfyUI's queue and history. ComfyUI takes the same id any number of times (fact 38), and
//! runs it as often. Twins come up when a request for a prompt arrives after it was taken for lost and sent again.

use super::{error::ComfyError, http::ComfyClient};
use proto::{comfy::Queue, ids::PromptId};

impl ComfyClient {
    /// Deletes the waiting twins of a prompt, and leaves the one that runs or, if none runs, one that waits. Returns how many were deleted.
    /// `queue` must have been read just before. No other request may delete the prompt meanwhile: the last one could be lost.
    pub async fn delete_twins(&self, queue: &Queue, id: &PromptId) -> Result<usize, ComfyError> {
        let twins = queue.count(id).saturating_sub(1);
        for _ in 0..twins {
            // Deletes the first that waits, and never the one that runs (fact 39).
            self.delete_pending(id).await?;
        }
        Ok(twins)
    }
}
