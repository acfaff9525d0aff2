//! The body of a message to a webhook: the same as in event streams.

use super::deliveries::Deliveries;
use crate::{
    clock::now,
    report::{Facts, Message, Urls},
    store::{StoreError, Stored},
};
use proto::{
    ids::TaskId,
    task::{QueueHold, Task, TaskState},
    webhook::WebhookEvent,
};

impl Deliveries {
    /// The body of a message. `None`: the task no longer exists.
    pub(super) async fn body(&self, id: TaskId, event: WebhookEvent) -> Result<Option<String>, StoreError> {
        let Some(message) = self.event_message(id, event).await? else { return Ok(None) };
        Ok(Some(serde_json::to_string(&message)?))
    }

    async fn event_message(&self, id: TaskId, event: WebhookEvent) -> Result<Option<Message>, StoreError> {
        let urls = &self.settings.urls;
        if event == WebhookEvent::Progress {
            return self.archive.message(id, urls).await;
        }
        let Some(Stored { task, workflow, origin, .. }) = self.archive.stored(id).await? else { return Ok(None) };
        Ok(Some(match event {
            WebhookEvent::Queued if !task.state.has_begun() => {
                Message::of(&task, self.tracker.position(id), self.tracker.hold(), &Facts::default(), urls, now())
            }
            // The task has started meanwhile: its state when it was queued.
            WebhookEvent::Queued => as_it_was(&task, TaskState::Accepted, urls),
            WebhookEvent::Started => as_it_was(&task, TaskState::Running, urls),
            WebhookEvent::Progress | WebhookEvent::Completed | WebhookEvent::Failed | WebhookEvent::Cancelled => {
                Message::of(&task, None, QueueHold::default(), &Facts::of(&task, Some(&workflow), &origin), urls, now())
            }
        }))
    }
}

/// The message as it was when the task came into `state`, which is past by now.
fn as_it_was(task: &Task, state: TaskState, urls: &Urls) -> Message {
    let at = if state == TaskState::Running { task.started_at } else { None }.unwrap_or(task.created_at);
    let past = Task {
        state,
        permille: 0,
        nodes: Vec::new(),
        note: None,
        starts_at: None,
        ends_at: None,
        ended_at: None,
        error: None,
        verdict: None,
        outputs: Vec::new(),
        ..task.clone()
    };
    Message::of(&past, None, QueueHold::default(), &Facts::default(), urls, at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use proto::{comfy::Catalog, recipe::TextToImage, task::Durations, time::Timestamp};

    #[test]
    fn a_message_that_is_late_describes_the_past_state() {
        let id = TaskId(Uuid::from_u128(7));
        let workflow = TextToImage::default().workflow();
        let mut task = Task::new(id, "x", &workflow, &Catalog::default(), &Durations::default(), Timestamp(1_000));
        let early = as_it_was(&task, TaskState::Accepted, &Urls::default());
        task.state = TaskState::Completed;
        task.permille = 1000;
        task.started_at = Some(Timestamp(2_000));
        task.ended_at = Some(Timestamp(3_000));
        assert_eq!(as_it_was(&task, TaskState::Accepted, &Urls::default()), early);
        let started = serde_json::to_value(as_it_was(&task, TaskState::Running, &Urls::default())).unwrap();
        let expected = json!({
            "taskId": id, "status": "in-progress", "timestamp": "1970-01-01T00:00:02.000Z",
            "progress": {"percentage": 0, "currentStep": "Starting...", "currentValue": 0, "maxValue": 1},
        });
        assert_eq!(started, expected);
    }
}
