//! A second socket to a ComfyUI, with a client id that no prompt has: what comes over it is for everybody. Only the gateway needs to know.

use std::sync::Arc;

use comfyui::{LinkDriver, LinkEvent};
use proto::{
    comfy::{ComfyEvent, decode_text},
    link::LinkConfig,
};
use tokio_util::sync::CancellationToken;

use super::handle::Backend;

/// The first message on it: it wants no features.
const NO_FEATURES: &str = r#"{"type":"feature_flags","data":{}}"#;

impl Backend {
    /// Keeps it open, and tells the listeners what comes over it, until `stop`.
    pub async fn hear_broadcasts(self: Arc<Self>, link: LinkConfig, stop: CancellationToken) {
        let handshake = match self.client.handshake_for_broadcasts() {
            Ok(handshake) => handshake,
            Err(error) => return tracing::error!(backend = %self.id, %error, "no request for the second socket"),
        };
        let mut driver = LinkDriver::open(link, handshake, NO_FEATURES.into());
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => break,
                event = driver.next() => event,
            };
            match event {
                LinkEvent::Opened => self.listeners.hears_broadcasts(&self.id, true),
                LinkEvent::Lost => self.listeners.hears_broadcasts(&self.id, false),
                LinkEvent::Text(text) => {
                    let text = &*self.tracker.without_secrets(&text);
                    // All others are about prompts or the queue, and also come over the first socket, which counts what cannot be read.
                    if let Ok(event @ ComfyEvent::Unknown { .. }) = decode_text(text) {
                        self.listeners.heard_broadcast(&self.id, &event, text);
                    }
                }
                _ => {}
            }
        }
        driver.close().await;
    }
}
