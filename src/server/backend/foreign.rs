//! Prompts of other programs on a ComfyUI: pages show them in the queue.

use serde_json::Value;

use super::handle::Backend;
use proto::{
    comfy::{Queue, Queued},
    ids::PromptId,
    limits,
    task::Foreign,
    time::Timestamp,
};

/// A prompt id may be any text (fact 38); this many characters of it are published.
const MAX_ID: usize = 64;

impl Backend {
    /// Publishes the foreign prompts in an answer of `/queue`, and the number of all prompts.
    pub(super) fn publish_foreign(&self, queue: &Queue) {
        let is_ours = |prompt: &PromptId| prompt.task().is_some_and(|id| self.tracker.task(id).is_some());
        let items = queue.items();
        let all = items.len();
        let foreign = items.into_iter().filter(|item| !is_ours(&item.prompt)).take(limits::FOREIGN).map(foreign_prompt).collect();
        self.publish(|published| {
            published.queue = u64::try_from(all).unwrap_or(u64::MAX);
            published.foreign = foreign;
        });
    }
}

fn foreign_prompt(item: Queued<'_>) -> Foreign {
    Foreign {
        prompt: PromptId(item.prompt.as_str().chars().filter(|c| !c.is_control()).take(MAX_ID).collect()),
        running: item.running,
        since: item.extra_data.and_then(|data| data.get("create_time")).and_then(Value::as_u64).map(Timestamp),
    }
}
