//! The names that can be inserted into a prompt.

use leptos::{prelude::*, task::spawn_local};

use crate::api::fetch_prompt_names;
use proto::prompts::PromptNames;

/// What is known of them.
#[derive(Clone, Copy)]
pub(super) struct KnownNames {
    /// `None`: not fetched yet.
    pub known: RwSignal<Option<PromptNames>>,
    /// Changes when they are to be fetched again.
    pub asked: RwSignal<u32>,
}

impl KnownNames {
    pub(super) fn new() -> Self {
        Self { known: RwSignal::new(None), asked: RwSignal::new(0) }
    }

    /// Fetches them, and again when they may have changed.
    pub(super) fn fetch(self) {
        Effect::new(move |_| {
            self.asked.track();
            spawn_local(async move {
                if let Ok(known) = fetch_prompt_names().await {
                    let _ = self.known.try_set(Some(known));
                }
            });
        });
    }
}
