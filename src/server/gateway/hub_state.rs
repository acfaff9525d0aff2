//! The state of the hub: prompts of clients that are not over, their sockets, and what is sent to whom.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use indexmap::IndexMap;
use proto::{
    gateway::{ClientPrompt, ClientRun, RunMessage, RunRecord},
    ids::{BackendId, TaskId},
};
use serde_json::Value;
use tokio::sync::watch;

use super::sockets::{SocketTable, status_text};

/// A prompt that is not in the history yet.
#[derive(Clone)]
pub struct LivePrompt {
    pub task: TaskId,
    pub prompt: ClientPrompt,
    /// As submitted.
    pub workflow: Arc<Value>,
    /// As ComfyUI shows it.
    pub extra_data: Arc<Value>,
    /// False while it is undecided whether it becomes a task.
    pub accepted: watch::Receiver<bool>,
}

pub(super) struct LiveEntry {
    pub(super) live: LivePrompt,
    pub(super) is_accepted: bool,
    pub(super) run: ClientRun,
    pub(super) preview: Option<Bytes>,
    /// What its client is to hear later: once nothing stands before that any more.
    pub(super) held: Vec<HeldMessage>,
    /// How often the length of the queue would have been told if it had been accepted by then.
    pub(super) owed_statuses: u32,
    /// The answer to its request is not sent yet.
    pub(super) is_unanswered: bool,
    /// An earlier prompt of its client whose end is not told yet: ComfyUI runs one after another.
    pub(super) after: Option<TaskId>,
    /// The last message of its run was heard; its end is told as soon as it is in the history.
    pub(super) is_ending: bool,
    pub(super) record: Option<RunRecord>,
    /// Its client lost its connection, and is to hear how this ended when it comes back.
    pub(super) is_awaited: bool,
}

impl LiveEntry {
    pub(super) fn new(live: LivePrompt) -> Self {
        let run = ClientRun::new(&live.prompt.prompt_id);
        Self {
            live,
            is_accepted: false,
            run,
            preview: None,
            held: Vec::new(),
            owed_statuses: 0,
            is_unanswered: true,
            after: None,
            is_ending: false,
            record: None,
            is_awaited: false,
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.is_unanswered || self.after.is_some()
    }
}

pub(super) enum HeldMessage {
    Status,
    Text(String),
    Preview(Bytes),
    Result(Bytes),
}

pub(super) struct HubState {
    pub(super) live: IndexMap<TaskId, LiveEntry>,
    /// Those that are in the history, and of which not all is told yet.
    pub(super) leaving: HashMap<TaskId, LiveEntry>,
    pub(super) sockets: SocketTable,
    /// For clients that come back: the client id, and the messages of a prompt.
    pub(super) missed: VecDeque<(String, Vec<String>)>,
    pub(super) next_number: u64,
    /// What each ComfyUI runs: some of its messages do not name their prompt.
    pub(super) running: HashMap<BackendId, TaskId>,
}

impl HubState {
    pub(super) fn remaining(&self) -> usize {
        self.live.values().filter(|entry| entry.is_accepted).count()
    }

    pub(super) fn tell_status(&mut self) {
        let text = status_text(self.remaining(), None);
        self.sockets.text(None, &text);
    }

    pub(super) fn tell(&mut self, task: TaskId, messages: Vec<RunMessage>) {
        for message in messages {
            let Some(entry) = self.live.get_mut(&task) else { return };
            let client = entry.live.prompt.client_id.clone();
            match message {
                RunMessage::Status if entry.is_accepted => self.tell_status(),
                RunMessage::Status => entry.owed_statuses += 1,
                RunMessage::Text(text) if !is_for(client.as_deref(), &text) => {}
                RunMessage::Text(text) if entry.is_held() => entry.held.push(HeldMessage::Text(text)),
                RunMessage::Text(text) => self.sockets.text(client.as_deref(), &text),
            }
        }
    }

    /// Sends what was held, unless something still stands before it.
    pub(super) fn send_held(&mut self, task: TaskId) {
        let Some(entry) = self.entry(task).filter(|entry| !entry.is_held()) else { return };
        let held = std::mem::take(&mut entry.held);
        let (client, to_all) = (entry.live.prompt.client_id.clone(), entry.live.prompt.chooses_previews);
        let client = client.as_deref();
        for message in held {
            match message {
                HeldMessage::Status => self.tell_status(),
                HeldMessage::Text(text) => self.sockets.text(client, &text),
                HeldMessage::Preview(frame) => self.sockets.preview(client, &frame, to_all),
                HeldMessage::Result(frame) => self.sockets.result(client, &frame),
            }
        }
        if self.leaving.remove(&task).is_some() {
            self.send_those_after(task);
        }
    }

    pub(super) fn entry(&mut self, task: TaskId) -> Option<&mut LiveEntry> {
        match self.live.get_mut(&task) {
            Some(entry) => Some(entry),
            None => self.leaving.get_mut(&task),
        }
    }

    /// Sends what waited for the end of this prompt to be told.
    pub(super) fn send_those_after(&mut self, task: TaskId) {
        let all = self.live.values().chain(self.leaving.values());
        let waiting: Vec<TaskId> = all.filter(|entry| entry.after == Some(task)).map(|entry| entry.live.task).collect();
        for waiting in waiting {
            if let Some(entry) = self.entry(waiting) {
                entry.after = None;
            }
            self.send_held(waiting);
        }
    }

    /// The prompt of the same client whose end is still to be told.
    pub(super) fn before(&self, task: TaskId) -> Option<TaskId> {
        let client = self.live.get(&task)?.live.prompt.client_id.as_ref()?;
        let is_before =
            |entry: &&LiveEntry| entry.is_ending && entry.live.task != task && entry.live.prompt.client_id.as_ref() == Some(client);
        self.live.values().chain(self.leaving.values()).find(is_before).map(|entry| entry.live.task)
    }
}

/// A prompt without a client: ComfyUI sends its progress to everybody, and the rest to nobody (fact 35).
pub(super) fn is_for(client: Option<&str>, text: &str) -> bool {
    if client.is_some() {
        return true;
    }
    let message: Value = serde_json::from_str(text).unwrap_or_default();
    matches!(message["type"].as_str(), Some("progress" | "progress_state" | "execution_interrupted"))
}
