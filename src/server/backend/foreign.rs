//! Other people's prompts on a ComfyUI: shown in the queue, never mixed up with ours.

use serde_json::Value;

use super::Backend;
use proto::{
    comfy::{Queue, Queued},
    ids::PromptId,
    limits,
    task::Foreign,
    time::Timestamp,
};

/// A prompt id may be any text (fact 38); of a long one, this many characters are shown.
const SHOWN_ID: usize = 64;

impl Backend {
    /// Shows what `/queue` says of other people's prompts, and how many there are in all.
    pub(super) fn show_foreign(&self, queue: &Queue) {
        let is_ours = |prompt: &PromptId| prompt.task().is_some_and(|id| self.tracker.task(id).is_some());
        let items = queue.items();
        let all = items.len();
        let foreign = items.into_iter().filter(|item| !is_ours(&item.prompt)).take(limits::FOREIGN).map(shown).collect();
        self.update(|shown| {
            shown.queue = u64::try_from(all).unwrap_or(u64::MAX);
            shown.foreign = foreign;
        });
    }
}

fn shown(item: Queued<'_>) -> Foreign {
    Foreign {
        prompt: PromptId(item.prompt.as_str().chars().filter(|c| !c.is_control()).take(SHOWN_ID).collect()),
        running: item.running,
        since: item.extra_data.and_then(|data| data.get("create_time")).and_then(Value::as_u64).map(Timestamp),
    }
}
