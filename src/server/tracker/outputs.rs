//! Where the outputs of tasks are.

use std::collections::HashSet;

use super::Tracker;
use proto::{
    comfy::ImageFormat,
    edit::OutsideCheck,
    ids::{BackendId, NodeId, TaskId},
    task::{Change, CopyDelay, NotKeptReason, OutputStorage, RunSeen, Task, TaskState, has_room_for_result, result_output},
};

/// The name of a result of which there are no bytes.
const NO_FILE: &str = "00000000000000000000000000000000";

impl Tracker {
    /// New outputs are to be copied. Without this they stay at ComfyUI.
    #[must_use]
    pub fn keeping_outputs(mut self, keep: bool) -> Self {
        self.keeps_outputs = keep;
        // What comes over the socket would be discarded: there is no reason to wait for it.
        self.state.lock().jobs.values_mut().for_each(|job| job.needs_socket &= keep);
        self
    }

    #[must_use]
    pub fn is_keeping_outputs(&self) -> bool {
        self.keeps_outputs
    }

    /// Whether a task takes another result from the socket.
    #[must_use]
    pub fn has_room_for_result(&self, task: TaskId) -> bool {
        self.state.lock().find(task).is_some_and(has_room_for_result)
    }

    /// A picture that came over the socket becomes an output of this node. `name`: under which it is spooled, or why it is not. Returns whether it
    /// was added: not if the task is over, is assigned elsewhere by now, or has too many outputs, which a note then says.
    pub fn add_result(
        &self,
        backend: &BackendId,
        task: TaskId,
        node: NodeId,
        format: ImageFormat,
        name: Result<&str, NotKeptReason>,
    ) -> bool {
        let mut is_added = false;
        self.decide_at(backend, task, |task| {
            let (name, storage) = match name {
                Ok(name) => (name, OutputStorage::default()),
                Err(reason) => (NO_FILE, OutputStorage::NotKept { reason }),
            };
            let Some(output) = result_output(task, node, format, name, storage) else { return Vec::new() };
            is_added = output.content.came_over_socket();
            vec![Change::OutputsAdded { task: task.id, outputs: vec![output] }]
        });
        is_added
    }

    /// The names of the results that came over the socket and are not in the media store yet, of the tasks in memory.
    #[must_use]
    pub fn spooled_results(&self) -> HashSet<String> {
        let state = self.state.lock();
        let outputs = state.snapshot.tasks.iter().chain(&state.pending.tasks).flat_map(|task| &task.outputs);
        let waiting = outputs.filter(|output| output.storage.is_copying());
        waiting.filter_map(|output| output.content.socket_name().map(str::to_owned)).collect()
    }

    /// The socket of this ComfyUI broke: what its runs send now is missed.
    pub fn socket_broke(&self, backend: &BackendId) {
        let mut state = self.state.lock();
        let tasks: Vec<TaskId> =
            state.snapshot.tasks.iter().chain(&state.pending.tasks).filter(|task| task.is_at(backend)).map(|task| task.id).collect();
        for task in tasks {
            if let Some(job) = state.jobs.get_mut(&task) {
                job.seen = job.seen.after_break();
            }
        }
    }

    /// A new socket of this ComfyUI got the message that a run goes on at `node`. It does not say which: that of the one task that runs there.
    pub fn run_resumed(&self, backend: &BackendId, node: &NodeId) {
        let mut state = self.state.lock();
        let runs = |task: &&Task| task.is_at(backend) && task.state == TaskState::Running && task.node(node).is_some();
        let running: Vec<TaskId> = state.snapshot.tasks.iter().filter(runs).map(|task| task.id).collect();
        for task in running {
            if let Some(job) = state.jobs.get_mut(&task) {
                job.seen = job.seen.after_resumption();
            }
        }
    }

    /// How much of the run of an unfinished task came over one socket.
    #[must_use]
    pub fn run_seen(&self, task: TaskId) -> RunSeen {
        self.state.lock().jobs.get(&task).map(|job| job.seen).unwrap_or_default()
    }

    /// Whether Darkroom has a copy of an output now. Ignored for a task that is not in memory: it is read from the disk.
    pub fn output_stored(&self, task: TaskId, attempt: u32, output: u32, storage: OutputStorage) {
        let mut state = self.state.lock();
        let known = state.find(task).filter(|task| task.attempt == attempt);
        let is_news = known.is_some_and(|task| task.outputs.iter().any(|known| known.id == output && known.storage != storage));
        if is_news {
            self.publish(&mut state, Change::OutputStored { task, attempt, output, storage });
        }
    }

    /// A picture was compared with its source. Ignored for a task that is not in memory.
    pub fn output_checked(&self, task: TaskId, attempt: u32, output: u32, outside: OutsideCheck) {
        let mut state = self.state.lock();
        if state.find(task).is_some_and(|task| task.attempt == attempt) {
            self.publish(&mut state, Change::OutputChecked { task, attempt, output, outside });
        }
    }

    /// Changes why the copies of some tasks wait.
    pub fn delay_copies(&self, of: impl Fn(&Task) -> bool, change: impl Fn(Option<CopyDelay>) -> Option<CopyDelay>) {
        let mut state = self.state.lock();
        let mut changes = Vec::new();
        for task in state.snapshot.tasks.iter().filter(|task| of(task)) {
            for output in &task.outputs {
                let OutputStorage::Copying { delay } = output.storage else { continue };
                let new = change(delay);
                if new != delay {
                    let storage = OutputStorage::Copying { delay: new };
                    changes.push(Change::OutputStored { task: task.id, attempt: task.attempt, output: output.id, storage });
                }
            }
        }
        for change in changes {
            self.publish(&mut state, change);
        }
    }
}
