//! What clients of ComfyUI hear: their prompts that are not over, and their sockets.

use std::collections::{HashMap, HashSet, VecDeque};

use bytes::Bytes;
use indexmap::IndexMap;
use parking_lot::Mutex;
use proto::{
    comfy::{BinaryFrame, ComfyEvent, HistoryEntry, NodeErrors, decode_binary, python_json},
    gateway::{GivenNumber, RunMessage, RunRecord, mark_outputs},
    ids::{BackendId, NodeId, TaskId},
    limits,
    task::Task,
};
use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    hub_state::{HeldMessage, HubState, LiveEntry, LivePrompt, is_for},
    sockets::{SocketId, SocketMessage, SocketTable, status_text},
    viewer::Viewer,
};
use crate::{clock::now, run_listener::RunListener};

pub struct GatewayHub {
    state: Mutex<HubState>,
    /// There are several ComfyUIs: see [`mark_outputs`].
    marks: bool,
}

impl GatewayHub {
    /// `interleaves`: see [`GatewayConfig::interleave_runs`](crate::config::GatewayConfig::interleave_runs).
    pub fn new(marks: bool, interleaves: bool) -> Self {
        let state = HubState {
            live: IndexMap::new(),
            leaving: HashMap::new(),
            sockets: SocketTable::new(),
            missed: VecDeque::new(),
            next_number: 0,
            running: HashMap::new(),
            broadcasts: HashMap::new(),
            with_previews: HashSet::new(),
            interleaves,
            begun: 0,
        };
        Self { state: Mutex::new(state), marks }
    }

    /// Takes in a prompt from before the start.
    pub fn restore(&self, live: LivePrompt) {
        let entry = LiveEntry { is_accepted: true, is_unanswered: false, is_awaited: true, ..LiveEntry::new(live) };
        self.state.lock().live.insert(entry.live.task, entry);
    }

    /// The next new prompt gets this number.
    pub fn continue_at(&self, number: u64) {
        self.state.lock().next_number = number;
    }

    /// The number of a new prompt.
    pub fn number(&self, given: &GivenNumber) -> serde_json::Number {
        let mut state = self.state.lock();
        let mut next = || {
            let number = state.next_number;
            state.next_number += 1;
            number
        };
        match given {
            GivenNumber::Own(number) => number.clone(),
            GivenNumber::Last => next().into(),
            GivenNumber::Front => i64::try_from(next()).map_or(0, i64::wrapping_neg).into(),
        }
    }

    /// A prompt is submitted: ComfyUI may speak of it before it has answered. Its client hears nothing before [`GatewayHub::release`].
    ///
    /// # Errors
    /// There is a prompt with this id already.
    pub fn begin(&self, live: LivePrompt) -> Result<(), Box<LivePrompt>> {
        let mut state = self.state.lock();
        let known = state.live.values().find(|entry| entry.live.task == live.task || entry.live.prompt.prompt_id == live.prompt.prompt_id);
        if let Some(known) = known {
            return Err(known.live.clone().into());
        }
        state.live.insert(live.task, LiveEntry::new(live));
        Ok(())
    }

    /// The prompt has become a task. `node_errors`: what ComfyUI leaves out of it.
    pub fn accept(&self, task: TaskId, node_errors: &NodeErrors) {
        let mut state = self.state.lock();
        if let Some(entry) = state.live.get_mut(&task) {
            entry.is_accepted = true;
            let is_left_out = |output: &NodeId| node_errors.values().any(|error| error.dependent_outputs.contains(output));
            entry.live.prompt.outputs.retain(|output| !is_left_out(output));
            for _ in 0..=std::mem::take(&mut entry.owed_statuses) {
                state.tell_status();
            }
        }
    }

    /// The prompt was refused, or its task was removed.
    pub fn forget(&self, task: TaskId) {
        let mut state = self.state.lock();
        let Some(entry) = state.live.shift_remove(&task) else { return };
        state.pass_on(task, entry.after);
        if entry.is_accepted {
            state.tell_status();
        }
    }

    /// These prompts, of those that wait, are being taken out of the queue. To clients they are gone at once.
    pub fn withdraw(&self, tasks: &[TaskId]) {
        let mut state = self.state.lock();
        let mut is_changed = false;
        for task in tasks {
            if let Some(entry) = state.live.get_mut(task) {
                is_changed |= entry.is_in_queue();
                entry.is_withdrawn = true;
            }
        }
        if is_changed {
            state.tell_status();
        }
    }

    /// It cannot be taken out.
    pub fn reinstate(&self, task: TaskId) {
        let mut state = self.state.lock();
        if state.live.get_mut(&task).is_some_and(|entry| std::mem::take(&mut entry.is_withdrawn)) {
            state.tell_status();
        }
    }

    /// The answer to its request is sent.
    pub fn release(&self, task: TaskId) {
        let mut state = self.state.lock();
        if let Some(entry) = state.entry(task) {
            entry.is_unanswered = false;
            state.send_held(task);
        }
    }

    /// The accepted prompts that this client sees, the next one first.
    pub fn queue(&self, viewer: &Viewer) -> Vec<LivePrompt> {
        self.accepted(|live| viewer.sees(&live.prompt))
    }

    /// The accepted prompts of everybody, the next one first.
    pub fn whole_queue(&self) -> Vec<LivePrompt> {
        self.accepted(|_| true)
    }

    fn accepted(&self, is_meant: impl Fn(&LivePrompt) -> bool) -> Vec<LivePrompt> {
        let state = self.state.lock();
        let accepted = state.live.values().filter(|entry| entry.is_in_queue()).map(|entry| &entry.live);
        let mut queue: Vec<LivePrompt> = accepted.filter(|live| is_meant(live)).cloned().collect();
        let number = |live: &LivePrompt| live.prompt.number.as_f64().unwrap_or_default();
        queue.sort_by(|a, b| number(a).total_cmp(&number(b)));
        queue
    }

    pub fn tasks(&self) -> Vec<TaskId> {
        self.state.lock().live.values().filter(|entry| entry.is_accepted).map(|entry| entry.live.task).collect()
    }

    /// An accepted prompt by its client's id, if this client sees it.
    pub fn find(&self, viewer: &Viewer, prompt_id: &str) -> Option<LivePrompt> {
        let state = self.state.lock();
        let is_it = |entry: &&LiveEntry| entry.is_in_queue() && entry.live.prompt.prompt_id == prompt_id && viewer.sees(&entry.live.prompt);
        state.live.values().find(is_it).map(|entry| entry.live.clone())
    }

    pub fn is_live(&self, task: TaskId) -> bool {
        self.state.lock().live.contains_key(&task)
    }

    /// A task began to run, as far as is known without its messages.
    pub fn began(&self, task: TaskId) {
        let mut state = self.state.lock();
        state.tell_begin(task);
    }

    /// The run of a task is lost, and the task waits for another.
    pub fn lost(&self, task: TaskId) {
        let mut state = self.state.lock();
        state.running.retain(|_, running| *running != task);
        let Some(entry) = state.live.get_mut(&task) else { return };
        entry.run.lost();
        (entry.preview, entry.plain, entry.record, entry.is_ending, entry.began) = (None, None, None, false, None);
        let before = entry.after;
        state.pass_on(task, before);
    }

    /// A task has ended: what the history is to say of it.
    pub fn record(&self, task: &Task) -> Option<(LivePrompt, RunRecord)> {
        let mut state = self.state.lock();
        let entry = state.live.get_mut(&task.id)?;
        let mut record = match entry.record.take() {
            Some(record) => record,
            None => RunRecord::of_task(task, entry.run.history_messages(task, now())),
        };
        if self.marks {
            record.mark(task.id);
        }
        Some((entry.live.clone(), record.renamed(&entry.live.prompt, task.id)))
    }

    /// The task is in the history, as `record`, or in none because it never began: it leaves the queue, and its client hears the end.
    pub fn end(&self, task: &Task, record: Option<&RunRecord>) {
        let mut state = self.state.lock();
        state.running.retain(|_, running| *running != task.id);
        state.show_plain(task.id);
        if record.is_some() {
            // While it is still in the queue.
            state.tell_begin(task.id);
        }
        let Some(mut entry) = state.live.shift_remove(&task.id) else { return };
        let Some(record) = record else {
            state.pass_on(task.id, entry.after);
            if !entry.is_withdrawn {
                state.tell_status();
            }
            return;
        };
        let messages = entry.run.ended(task, record, now());
        let client = entry.live.prompt.client_id.clone();
        if let Some(client) = client.as_ref().filter(|client| entry.is_awaited && !state.sockets.has(client)) {
            let texts = entry.run.whole(messages.clone()).into_iter();
            let texts = texts.filter_map(|message| if let RunMessage::Text(text) = message { Some(text) } else { None });
            if state.missed.len() >= limits::GATEWAY_MISSED {
                state.missed.pop_front();
            }
            state.missed.push_back((client.clone(), texts.collect()));
        }
        entry.is_ending = true;
        entry.held.extend(messages.into_iter().filter_map(|message| match message {
            RunMessage::Status => Some(HeldMessage::Status),
            RunMessage::Text(text) => is_for(client.as_deref(), &text).then_some(HeldMessage::Text(text)),
        }));
        state.leaving.insert(task.id, entry);
        state.send_held(task.id);
    }

    /// A client connects: it hears the length of the queue, then where its prompts are, and how those ended that it missed.
    pub fn connect(&self, client_id: &str, viewer: Viewer) -> (SocketId, mpsc::Receiver<SocketMessage>) {
        let mut state = self.state.lock();
        let remaining = state.remaining(&viewer);
        let (id, messages) = state.sockets.add(client_id, viewer);
        state.sockets.text_to(id, &status_text(remaining, Some(client_id)));
        let (mine, others): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut state.missed).into_iter().partition(|(of, _)| of == client_id);
        state.missed = others;
        for text in mine.into_iter().flat_map(|(_, texts)| texts) {
            state.sockets.text_to(id, &text);
        }
        let is_mine = |entry: &&LiveEntry| !entry.is_held() && entry.live.prompt.client_id.as_deref() == Some(client_id);
        let present: Vec<String> = state.live.values().filter(is_mine).flat_map(|entry| entry.run.present()).collect();
        for text in present {
            state.sockets.text_to(id, &text);
        }
        (id, messages)
    }

    /// A socket is gone. `is_clean`: its client closed it, and so does not wait for anything.
    pub fn disconnect(&self, id: SocketId, is_clean: bool) {
        let mut state = self.state.lock();
        let Some(client) = state.sockets.remove(id) else { return };
        for entry in state.live.values_mut().filter(|entry| entry.live.prompt.client_id.as_deref() == Some(client.as_str())) {
            entry.is_awaited = !is_clean;
        }
    }

    /// The client said which features it supports: it gets the server's, and the newest preview of its running prompt.
    pub fn set_features(&self, id: SocketId, has_metadata: bool, answer: &str) {
        let mut state = self.state.lock();
        state.sockets.set_metadata(id, has_metadata);
        state.sockets.text_to(id, answer);
        let client = state.sockets.client_of(id).map(str::to_owned);
        let is_mine = |entry: &&LiveEntry| client.is_some() && entry.live.prompt.client_id == client && !entry.is_held();
        let previews: Vec<Bytes> = state.live.values().filter(is_mine).filter_map(|entry| entry.preview.clone()).collect();
        for frame in previews.iter().filter(|_| has_metadata) {
            state.sockets.preview_to(id, frame);
        }
    }

    /// A reminder for one socket.
    pub fn remind(&self, id: SocketId) {
        let mut state = self.state.lock();
        let Some(viewer) = state.sockets.viewer_of(id) else { return };
        let text = status_text(state.remaining(viewer), None);
        state.sockets.text_to(id, &text);
    }
}

impl RunListener for GatewayHub {
    fn heard(&self, backend: &BackendId, task: Option<TaskId>, event: &ComfyEvent, text: &str) {
        let mut state = self.state.lock();
        if let ComfyEvent::Unknown { data, .. } = event {
            // Of a node's own kind: about the prompt that it names, else for the client of the one that runs, or for everybody.
            match named_prompt(data) {
                Some(task) if state.live.contains_key(&task) => {
                    let Some(entry) = state.live.get(&task) else { return };
                    let text = entry.live.prompt.renamed(task, text.to_owned());
                    state.tell(task, vec![RunMessage::Text(text)]);
                }
                Some(_) => {}
                None => state.tell_custom(backend, text),
            }
            return;
        }
        let Some(task) = task else { return };
        state.running.insert(backend.clone(), task);
        let marks = self.marks;
        if matches!(event, ComfyEvent::ExecutionStart(_)) || state.live.get(&task).is_some_and(|entry| entry.began.is_none()) {
            state.begin_run(task);
        }
        let Some(entry) = state.live.get_mut(&task) else { return };
        match event {
            ComfyEvent::ExecutionStart(_) => (entry.is_ending, entry.is_withdrawn) = (false, false),
            ComfyEvent::Executing(executing) if executing.node.is_none() => entry.is_ending = true,
            _ => {}
        }
        let mut text = entry.live.prompt.renamed(task, text.to_owned());
        if let (ComfyEvent::Executed(_), true) = (event, marks)
            && let Ok(mut message) = serde_json::from_str::<Value>(&text)
        {
            if let Some(output) = message.pointer_mut("/data/output") {
                mark_outputs(output, task);
            }
            text = python_json(&message);
        }
        let messages = entry.run.hear(event, &text, now());
        if !matches!(event, ComfyEvent::Progress(_)) {
            state.show_plain(task);
        }
        state.tell(task, messages);
        state.show_plain(task);
    }

    fn heard_binary(&self, backend: &BackendId, frame: &[u8]) {
        let mut state = self.state.lock();
        let picture = match decode_binary(frame) {
            Ok(BinaryFrame::Preview(picture)) => Some(picture),
            Ok(BinaryFrame::Text { .. }) => None,
            Err(_) => return,
        };
        let task = match picture.as_ref().and_then(|picture| picture.metadata.as_ref()) {
            Some(metadata) => metadata.prompt_id.task(),
            None => state.running.get(backend).copied(),
        };
        if let Some(task) = task {
            state.take_picture(backend, task, frame, picture.as_ref());
        }
    }

    fn sends_previews(&self, backend: &BackendId, by_itself: bool) {
        let with_previews = &mut self.state.lock().with_previews;
        if by_itself {
            with_previews.insert(backend.clone());
        } else {
            with_previews.remove(backend);
        }
    }

    fn hears_broadcasts(&self, backend: &BackendId, is_open: bool) {
        self.state.lock().broadcasts.entry(backend.clone()).or_default().opened(is_open);
    }

    fn heard_broadcast(&self, backend: &BackendId, event: &ComfyEvent, text: &str) {
        // What names a prompt is for its client alone, who hears it over the first socket.
        if let ComfyEvent::Unknown { data, .. } = event
            && named_prompt(data).is_none()
        {
            self.state.lock().tell_broadcast(backend, text);
        }
    }

    fn found_history(&self, task: TaskId, entry: &HistoryEntry) {
        if let Some(live) = self.state.lock().live.get_mut(&task) {
            live.record = Some(RunRecord::of_comfyui(entry));
        }
    }
}

fn named_prompt(data: &Value) -> Option<TaskId> {
    data.get("prompt_id").and_then(Value::as_str).and_then(|id| id.parse().ok())
}
