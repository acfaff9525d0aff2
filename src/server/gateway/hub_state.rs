//! The state of the hub: prompts of clients that are not over, their sockets, and what is sent to whom.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use indexmap::IndexMap;
use proto::{
    comfy::Preview,
    gateway::{ClientPrompt, ClientRun, RunMessage, RunRecord, is_result, with_prompt_id},
    ids::{BackendId, TaskId},
    limits,
};
use serde_json::Value;
use tokio::sync::watch;

use super::{
    broadcasts::Broadcasts,
    pictures::{RunPicture, ShownForm},
    sockets::{Hearers, SocketTable},
    viewer::Viewer,
};
use crate::clock::now;

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
    /// See [`super::hub::GatewayHub::withdraw`].
    pub(super) is_withdrawn: bool,
    pub(super) run: ClientRun,
    pub(super) preview: Option<Bytes>,
    /// A picture in the form that comes behind its `progress`.
    pub(super) plain: Option<RunPicture>,
    /// What its client is to hear later: once nothing stands before that any more.
    pub(super) held: Vec<HeldMessage>,
    /// How often the length of the queue would have been told if it had been accepted by then.
    pub(super) owed_statuses: u32,
    /// The answer to its request is not sent yet.
    pub(super) is_unanswered: bool,
    /// An earlier prompt of its client whose end is not told yet: ComfyUI runs one after another.
    pub(super) after: Option<TaskId>,
    /// Counts the runs that began. `None`: it does not run.
    pub(super) began: Option<u64>,
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
            is_withdrawn: false,
            run,
            preview: None,
            plain: None,
            held: Vec::new(),
            owed_statuses: 0,
            is_unanswered: true,
            after: None,
            began: None,
            is_ending: false,
            record: None,
            is_awaited: false,
        }
    }

    pub(super) fn is_in_queue(&self) -> bool {
        self.is_accepted && !self.is_withdrawn
    }

    pub(super) fn is_held(&self) -> bool {
        self.is_unanswered || self.after.is_some()
    }

    fn hold(&mut self, text: String) {
        let kind = if self.held.len() < limits::GATEWAY_HELD { None } else { progress_kind(&text) };
        let Some(kind) = kind else { return self.held.push(HeldMessage::Text(text)) };
        self.held.retain(|held| !matches!(held, HeldMessage::Progress(known, _) if *known == kind));
        self.held.push(HeldMessage::Progress(kind, text));
    }
}

pub(super) enum HeldMessage {
    Status,
    Text(String),
    /// Of this kind, of which only the newest is of use later.
    Progress(&'static str, String),
    Picture(RunPicture),
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
    pub(super) broadcasts: HashMap<BackendId, Broadcasts<ToldTo>>,
    /// The ComfyUIs whose own setting is to send previews.
    pub(super) with_previews: HashSet<BackendId>,
    /// Clients hear of runs at several ComfyUIs as they happen, and not of one after another.
    pub(super) interleaves: bool,
    /// How many runs began.
    pub(super) begun: u64,
}

/// Who heard a message that names no prompt.
pub(super) enum ToldTo {
    Nobody,
    /// Who hears of this prompt: it ran.
    Run(Box<ClientPrompt>),
    Everybody,
}

impl HubState {
    /// How many prompts are in the queue that this client sees.
    pub(super) fn remaining(&self, viewer: &Viewer) -> usize {
        remaining(&self.live, viewer)
    }

    pub(super) fn tell_status(&mut self) {
        let Self { live, sockets, .. } = self;
        sockets.status(|viewer| remaining(live, viewer));
    }

    pub(super) fn tell(&mut self, task: TaskId, messages: Vec<RunMessage>) {
        for message in messages {
            let Some(entry) = self.live.get_mut(&task) else { return };
            match message {
                RunMessage::Status if entry.is_accepted => self.tell_status(),
                RunMessage::Status => entry.owed_statuses += 1,
                RunMessage::Text(text) if !is_for(entry.live.prompt.client_id.as_deref(), &text) => {}
                RunMessage::Text(text) if entry.is_held() => entry.hold(text),
                RunMessage::Text(text) => self.sockets.text(Hearers::of(&entry.live.prompt), &text),
            }
        }
    }

    /// A ComfyUI sent a binary message of this run. `picture`: it is one.
    pub(super) fn take_picture(&mut self, backend: &BackendId, task: TaskId, frame: &[u8], picture: Option<&Preview>) {
        let is_by_itself = self.with_previews.contains(backend);
        let Some(entry) = self.live.get_mut(&task) else { return };
        let prompt = &entry.live.prompt;
        let renamed = if prompt.prompt_id == task.to_string() { None } else { with_prompt_id(frame, task, &prompt.prompt_id) };
        let frame = renamed.map_or_else(|| Bytes::copy_from_slice(frame), Bytes::from);
        let has_client = prompt.client_id.is_some();
        let is_for_all = prompt.chooses_previews || is_by_itself;
        let is_result = picture.is_none_or(|picture| is_result(picture, &entry.live.workflow));
        let shown = |form| RunPicture { frame: frame.clone(), form, is_result, is_for_all };
        if picture.is_none_or(|picture| picture.metadata.is_none()) {
            return self.show(task, shown(ShownForm::AsSent));
        }
        entry.preview = Some(frame.clone());
        let before = entry.plain.replace(shown(if has_client { ShownForm::Plain } else { ShownForm::PlainForAll }));
        if let Some(before) = before {
            self.show(task, before);
        }
        if has_client {
            self.show(task, shown(ShownForm::Whole));
        }
    }

    /// Sends a picture of a run, or holds it with its other messages.
    fn show(&mut self, task: TaskId, picture: RunPicture) {
        let Some(entry) = self.live.get_mut(&task) else { return };
        if !entry.is_held() {
            self.sockets.picture(Hearers::of(&entry.live.prompt), &picture);
        } else if picture.is_result || entry.held.len() < limits::GATEWAY_PREVIEWS {
            entry.held.push(HeldMessage::Picture(picture));
        }
    }

    /// Shows the picture that waited for its `progress`.
    pub(super) fn show_plain(&mut self, task: TaskId) {
        if let Some(picture) = self.live.get_mut(&task).and_then(|entry| entry.plain.take()) {
            self.show(task, picture);
        }
    }

    /// Sends what was held, unless something still stands before it.
    pub(super) fn send_held(&mut self, task: TaskId) {
        let Some(entry) = self.entry(task).filter(|entry| !entry.is_held()) else { return };
        let held = std::mem::take(&mut entry.held);
        let prompt = entry.live.prompt.clone();
        let hearers = Hearers::of(&prompt);
        for message in held {
            match message {
                HeldMessage::Status => self.tell_status(),
                HeldMessage::Text(text) | HeldMessage::Progress(_, text) => self.sockets.text(hearers, &text),
                HeldMessage::Picture(picture) => self.sockets.picture(hearers, &picture),
            }
        }
        if self.leaving.remove(&task).is_some() {
            self.pass_on(task, None);
        }
    }

    pub(super) fn entry(&mut self, task: TaskId) -> Option<&mut LiveEntry> {
        match self.live.get_mut(&task) {
            Some(entry) => Some(entry),
            None => self.leaving.get_mut(&task),
        }
    }

    /// A run begins. What its client hears of it may have to wait for the run that began before.
    pub(super) fn begin_run(&mut self, task: TaskId) {
        let before = self.before(task);
        self.begun += 1;
        if let Some(entry) = self.live.get_mut(&task) {
            (entry.after, entry.began) = (before, Some(self.begun));
        }
    }

    /// A task began to run, as far as is known without its messages.
    pub(super) fn tell_begin(&mut self, task: TaskId) {
        if self.live.get(&task).is_some_and(|entry| entry.began.is_none()) {
            self.begin_run(task);
        }
        let Some(entry) = self.live.get_mut(&task) else { return };
        let messages = entry.run.began(now());
        self.tell(task, messages);
    }

    /// Nothing waits for this prompt any more: its end is told, or it does not run. What waited for it waits for `before` instead.
    pub(super) fn pass_on(&mut self, task: TaskId, before: Option<TaskId>) {
        let all = self.live.values().chain(self.leaving.values());
        let waiting: Vec<TaskId> = all.filter(|entry| entry.after == Some(task)).map(|entry| entry.live.task).collect();
        for waiting in waiting {
            if let Some(entry) = self.entry(waiting) {
                entry.after = before;
            }
            self.send_held(waiting);
        }
    }

    /// A message of a node's own kind that names no prompt, over the first socket: the client of the prompt that runs there hears it, in order with its run.
    pub(super) fn tell_custom(&mut self, backend: &BackendId, text: &str) {
        let Self { live, sockets, running, broadcasts, .. } = self;
        let broadcasts = broadcasts.entry(backend.clone()).or_default();
        if broadcasts.is_known(text) {
            return;
        }
        let to = match running.get(backend).and_then(|task| live.get_mut(task)) {
            Some(entry) => {
                if entry.is_held() {
                    entry.hold(text.to_owned());
                } else {
                    sockets.text(Hearers::of(&entry.live.prompt), text);
                }
                ToldTo::Run(Box::new(entry.live.prompt.clone()))
            }
            // It comes over the second socket if it is for everybody.
            None if broadcasts.is_open => ToldTo::Nobody,
            None => {
                sockets.text(Hearers::Everybody, text);
                ToldTo::Everybody
            }
        };
        broadcasts.told(text.to_owned(), to);
    }

    /// The same over the second socket: it is for everybody.
    pub(super) fn tell_broadcast(&mut self, backend: &BackendId, text: &str) {
        match self.broadcasts.entry(backend.clone()).or_default().broadcast(text) {
            None | Some(ToldTo::Nobody) => self.sockets.text(Hearers::Everybody, text),
            Some(ToldTo::Run(prompt)) => self.sockets.text_to_others(Hearers::of(&prompt), text),
            Some(ToldTo::Everybody) => {}
        }
    }

    /// The prompt of the same client that began last, and whose end is still to be told.
    fn before(&self, task: TaskId) -> Option<TaskId> {
        let client = self.live.get(&task)?.live.prompt.client_id.as_ref()?;
        let is_before = |entry: &&LiveEntry| {
            let is_untold = entry.is_ending || (entry.began.is_some() && !self.interleaves);
            is_untold && entry.live.task != task && entry.live.prompt.client_id.as_ref() == Some(client)
        };
        let all = self.live.values().chain(self.leaving.values());
        all.filter(is_before).max_by_key(|entry| entry.began).map(|entry| entry.live.task)
    }
}

/// Of a message with the progress of a run.
fn progress_kind(text: &str) -> Option<&'static str> {
    let message: Value = serde_json::from_str(text).ok()?;
    ["progress", "progress_state"].into_iter().find(|kind| message["type"] == **kind)
}

fn remaining(live: &IndexMap<TaskId, LiveEntry>, viewer: &Viewer) -> usize {
    live.values().filter(|entry| entry.is_in_queue() && viewer.sees(&entry.live.prompt)).count()
}

/// A prompt without a client: ComfyUI sends its progress to everybody, and the rest to nobody (fact 35).
pub(super) fn is_for(client: Option<&str>, text: &str) -> bool {
    if client.is_some() {
        return true;
    }
    let message: Value = serde_json::from_str(text).unwrap_or_default();
    matches!(message["type"].as_str(), Some("progress" | "progress_state" | "execution_interrupted"))
}
