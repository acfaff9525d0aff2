//! The messages to webhooks about a task, and a button to send each again.

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    reactive::{Erased, When, listener, memo, part, rows},
    words::{ago, capitalized, rough, took},
};
use crate::{
    api::{fetch_webhooks, replay_webhook},
    base_path::with_base,
    first_paint::FirstPaint,
    live::{Live, use_live},
};
use proto::{
    ids::TaskId,
    time::Timestamp,
    webhook::{AttemptState, Delivery, DeliveryAttempt, DeliveryState},
};

/// Between two refreshes while a delivery is pending.
const REFRESH_AFTER: Duration = Duration::from_secs(3);

/// The deliveries as last fetched. Cheap to copy.
#[derive(Clone, Copy)]
struct DeliveryList {
    live: Live,
    task: TaskId,
    all: RwSignal<Vec<Delivery>>,
    /// How often they were fetched.
    refreshes: RwSignal<u32>,
    /// The result of sending again.
    status: RwSignal<String>,
}

/// The messages about a task, and every attempt to deliver them. Nothing when there is none.
#[component]
pub fn Webhooks(task: TaskId) -> impl IntoView {
    let live = use_live();
    let list =
        DeliveryList { live, task, all: RwSignal::new(first(task)), refreshes: RwSignal::new(0), status: RwSignal::new(String::new()) };
    // Refreshed when the state of the task changes, and while a delivery is pending.
    let state = memo(move || live.with_task(task, |task| task.state));
    Effect::new(move |_| {
        state.with(|_| ());
        list.refresh();
    });
    Effect::new(move |_| {
        list.refreshes.track();
        let is_busy = list.all.with(|all| all.iter().any(|one| matches!(one.state, DeliveryState::Waiting | DeliveryState::Sending)));
        if is_busy && let Ok(timer) = set_timeout_with_handle(move || list.refresh(), REFRESH_AFTER) {
            on_cleanup(move || timer.clear());
        }
    });
    // The keys are indexes, so that a row keeps its focus and scroll position when it changes.
    let keys = memo(move || (0..list.all.with(Vec::len) as u128).collect::<Vec<_>>());
    view! {
        <When holds=memo(move || list.all.with(|all| !all.is_empty()))>
            <h2>"Webhooks"</h2>
            <ol class="webhooks" aria-label="Messages to webhooks">{rows(keys, move |at| list.row(at as usize))}</ol>
            <p class="note" role="status">{list.status}</p>
        </When>
    }
    .erased()
}

/// The deliveries in the first paint.
fn first(task: TaskId) -> Vec<Delivery> {
    let bytes = use_context::<FirstPaint>().map(|first| first.webhooks).unwrap_or_default();
    let carried: Option<(TaskId, Vec<Delivery>)> = postcard::from_bytes(&bytes).ok();
    carried.filter(|(of, _)| *of == task).map(|(_, all)| all).unwrap_or_default()
}

impl DeliveryList {
    fn refresh(self) {
        spawn_local(async move {
            // If the request fails, the list stays as it is.
            if let Ok(now) = fetch_webhooks(self.task).await
                && self.all.try_with_untracked(|known| *known != now).unwrap_or_default()
            {
                let _ = self.all.try_set(now);
            }
            let _ = self.refreshes.try_update(|count| *count = count.wrapping_add(1));
        });
    }

    fn send_again(self, id: String) {
        spawn_local(async move {
            let status = match replay_webhook(self.task, id).await {
                Ok(None) => "It is being sent again.".to_owned(),
                Ok(Some(why)) => why,
                Err(_) => "Darkroom did not answer. Try again.".to_owned(),
            };
            let _ = self.status.try_set(status);
            self.refresh();
        });
    }

    fn with<T>(self, at: usize, read: impl FnOnce(&Delivery) -> T) -> Option<T> {
        self.all.with(|all| all.get(at).map(read))
    }

    fn row(self, at: usize) -> AnyView {
        let Self { live, task, .. } = self;
        let Some(action) =
            self.all.with_untracked(|all| all.get(at).map(|one| with_base(&format!("/tasks/{task}/webhooks/{}/replay", one.id))))
        else {
            return ().into_any();
        };
        let id = move || self.all.with_untracked(|all| all.get(at).map(|one| one.id.clone()));
        let state = memo(move || self.with(at, |one| state_label(one.state)).unwrap_or_default());
        let next = memo(move || self.with(at, |one| next_words(one, live.now())).unwrap_or_default());
        let event = memo(move || self.with(at, |one| capitalized(one.event.as_str())).unwrap_or_default());
        let place = memo(move || self.with(at, place_words).unwrap_or_default());
        view! {
            <li class="webhook" data-state=state>
                <div class="webhook-head">
                    <p><b>{event}</b>" "<span class="webhook-state">{state}</span></p>
                    <form
                        method="post"
                        action=action
                        on:submit=listener(move |event: ev::SubmitEvent| {
                            event.prevent_default();
                            if let Some(id) = id() {
                                self.send_again(id);
                            }
                        })
                    >
                        <button type="submit" class="button quiet" aria-label=memo(move || format!("Send {} again", event.get().to_ascii_lowercase()))>
                            "Send again"
                        </button>
                    </form>
                </div>
                <p class="note webhook-place">{place}</p>
                <When holds=memo(move || !next.get().is_empty())><p class="note">{next}</p></When>
                {part(move || self.with(at, |one| attempts(live, &one.attempts)).unwrap_or_else(|| ().into_any()))}
            </li>
        }
        .erased()
    }
}

fn attempts(live: Live, all: &[DeliveryAttempt]) -> AnyView {
    if all.is_empty() {
        return ().into_any();
    }
    view! {
        <table class="webhook-attempts">
            <thead><tr><th scope="col">"Attempt"</th><th scope="col">"When"</th><th scope="col">"Answer"</th><th scope="col">"Took"</th></tr></thead>
            <tbody>{all.iter().rev().map(|one| attempt(live, one)).collect_view()}</tbody>
        </table>
    }
    .erased()
}

fn attempt(live: Live, one: &DeliveryAttempt) -> AnyView {
    let number = if one.by_hand { format!("{} (by hand)", one.number) } else { one.number.to_string() };
    let at = one.at;
    let details = [one.error.as_deref(), one.answer.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let details = (one.state != AttemptState::Delivered && !details.is_empty())
        .then(|| view! { <tr class="webhook-details"><td colspan="4">{details}</td></tr> }.erased());
    let row = view! {
        <tr data-state=one.state.as_str()>
            <td>{number}</td>
            <td>{memo(move || ago(live.now().since(at)))}</td>
            <td>{answer_words(one)}</td>
            <td>{one.took_ms.map(|ms| took(ms.into()))}</td>
        </tr>
        {details}
    };
    row.erased()
}

fn answer_words(one: &DeliveryAttempt) -> String {
    match (one.state, one.status) {
        (AttemptState::Sending, _) => "waiting for it".into(),
        (AttemptState::Interrupted, _) => "not known: Darkroom was stopped".into(),
        (_, Some(status)) => status.to_string(),
        (_, None) => "none".into(),
    }
}

fn state_label(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "not delivered yet",
        DeliveryState::Sending => "being sent",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Failed => "not delivered",
        DeliveryState::Disabled => "not sent: disabled",
    }
}

fn place_words(one: &Delivery) -> String {
    if one.is_own { one.address.clone() } else { format!("{} (from the settings)", one.address) }
}

fn next_words(one: &Delivery, now: Timestamp) -> String {
    match one.next_at {
        Some(at) if at > now => format!("The next attempt is in {}.", rough(at.since(now))),
        _ => String::new(),
    }
}
