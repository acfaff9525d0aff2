//! Who listens to the messages of the live connection.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    message::{LiveMessage, MessageListener},
    state::{BrowserState, Live},
};

/// The number of the listener that shows notifications; the others count from 1.
const NOTICES: u32 = 0;

impl Live {
    /// Returns the number to remove it by.
    pub(super) fn add_listener(&self, listener: impl Fn(&LiveMessage) + Send + Sync + 'static) -> u32 {
        let add = |browser: &mut BrowserState| {
            browser.last_listener += 1;
            browser.listeners.push((browser.last_listener, Arc::new(listener)));
            browser.last_listener
        };
        self.browser.try_update_value(add).unwrap_or_default()
    }

    /// Listens as long as the page lives, in place of the listener that was given here before.
    pub fn on_notices(&self, listener: impl Fn(&LiveMessage) + Send + Sync + 'static) {
        self.remove_listener(NOTICES);
        self.browser.update_value(|browser| browser.listeners.push((NOTICES, Arc::new(listener))));
    }

    pub(super) fn remove_listener(&self, number: u32) {
        // The page may be gone, with its state.
        let _ = self.browser.try_update_value(|browser| browser.listeners.retain(|(other, _)| *other != number));
    }

    /// Whether there is anybody to call: messages are copied only then.
    pub(super) fn has_listeners(&self) -> bool {
        self.browser.with_value(|browser| !browser.listeners.is_empty())
    }

    pub(super) fn call_listeners(&self, messages: &[LiveMessage]) {
        let listeners: Vec<MessageListener> =
            self.browser.with_value(|browser| browser.listeners.iter().map(|(_, listener)| listener.clone()).collect());
        for listener in listeners {
            messages.iter().for_each(|message| listener(message));
        }
    }
}
