//! The time of this Darkroom as the owner, as far as its requests to ComfyUIs depend on it.

use std::time::Duration;

use comfyui::ChangeRight;
use proto::limits;
use tokio::time::Instant;

#[derive(Clone, Debug)]
pub struct OwnerTerm {
    /// Holds while it is certain that no other Darkroom is the owner.
    pub right: ChangeRight,
    pub(super) began: Instant,
    /// The owner before gave its lease up itself, and sent nothing afterwards; or there was none.
    pub(super) was_handed_over: bool,
}

impl OwnerTerm {
    /// Until when requests of an earlier owner may arrive at a ComfyUI. `None`: none can. `delivery_limit`: how long its kernel tries to deliver them.
    ///
    /// Each commit of the earlier owner came before this term, and what it allowed was sent within [`limits::SEND_VALIDITY`]. That does not depend on any
    /// clock of two machines.
    #[must_use]
    pub fn older_requests_until(&self, delivery_limit: Duration) -> Option<Instant> {
        (!self.was_handed_over).then(|| self.began + limits::SEND_VALIDITY + delivery_limit + limits::TAKEOVER_SLACK)
    }
}
