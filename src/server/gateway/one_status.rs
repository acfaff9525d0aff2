//! Several prompts leave the queue with one request: its length is told once, as by ComfyUI.

use super::hub::GatewayHub;

/// As long as it is there, nobody is told the length of the queue; then everybody is, if it was to be told.
pub(super) struct OneStatus<'a>(&'a GatewayHub);

impl<'a> OneStatus<'a> {
    pub(super) fn of(hub: &'a GatewayHub) -> Self {
        hub.hold_statuses();
        Self(hub)
    }
}

impl Drop for OneStatus<'_> {
    fn drop(&mut self) {
        self.0.release_statuses();
    }
}
