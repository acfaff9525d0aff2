//! A program that follows all tasks by server-sent events, and comes back with the id of the last one, as browsers do.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use darkroom::proto::task::TaskState;
use rand::Rng;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{
    support::events::Events,
    witness::{Position, Witness},
};

/// Two heartbeats of the stream.
const SILENCE: Duration = Duration::from_secs(30);

pub struct EventWatcher {
    base: String,
    pub witness: Arc<Mutex<Witness>>,
}

impl EventWatcher {
    pub fn new(balancer: SocketAddr) -> Self {
        Self { base: format!("http://{balancer}"), witness: Arc::default() }
    }

    /// Until it is dropped.
    pub async fn watch(self) {
        let mut last_id = String::new();
        loop {
            if let Some(mut events) = Events::try_open(&self.base, "/api/events?topics=all", &last_id).await {
                self.witness.lock().expect("lock").comes_back();
                self.listen(&mut events, &last_id).await;
                last_id = events.last_id;
            }
            let pause = rand::rng().random_range(50..500);
            sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn listen(&self, events: &mut Events, known: &str) {
        let mut known = known.to_owned();
        // Of what is told at the beginning of a stream that cannot go on where the last one ended, only the last event has an id.
        let mut state = Vec::new();
        while let Ok(Some(event)) = timeout(SILENCE, events.next()).await {
            let mut witness = self.witness.lock().expect("lock");
            if events.last_id == known {
                state.push(event);
                continue;
            }
            let (before, position) = (place(&known), place(&events.last_id).expect("an id of Darkroom"));
            let is_start_over = !state.is_empty() || before.is_none_or(|before| before.0 != position.0);
            if is_start_over {
                witness.starts_over_at(position);
                state.drain(..).chain([event]).for_each(|event| hear(&mut witness, &event, false));
            } else {
                witness.moves_to(position);
                hear(&mut witness, &event, true);
            }
            known.clone_from(&events.last_id);
        }
    }
}

/// `is_news`: it happened just now, and is not part of what is told to one who starts over.
fn hear(witness: &mut Witness, event: &Value, is_news: bool) {
    let Some(task) = event["taskId"].as_str().and_then(|id| id.parse().ok()) else {
        return witness.complaints.push(format!("an event without a task: {event}"));
    };
    let state = match event["status"].as_str().unwrap_or_default() {
        "completed" => TaskState::Completed,
        "error" => TaskState::Failed,
        "cancelled" => TaskState::Cancelled,
        _ => TaskState::Running,
    };
    if state.is_final() && is_news { witness.is_told_end(task, state) } else { witness.sees(task, state) }
}

/// An id of an event, `epoch-seq.nth`.
fn place(id: &str) -> Option<Position> {
    let (epoch, rest) = id.split_once('-')?;
    let (seq, nth) = rest.split_once('.')?;
    let number = |hex: &str| u64::from_str_radix(hex, 16).ok();
    Some((number(epoch)?, number(seq)?, u32::try_from(number(nth)?).ok()?))
}
