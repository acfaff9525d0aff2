//! Where the outputs of tasks are.

use super::Tracker;
use proto::{
    ids::TaskId,
    task::{Change, CopyDelay, OutputStorage, Task},
};

impl Tracker {
    /// New outputs are to be copied. Without this they stay at ComfyUI.
    #[must_use]
    pub fn keeping_outputs(mut self, keep: bool) -> Self {
        self.keeps_outputs = keep;
        self
    }

    /// Whether Darkroom has a copy of an output now. Of a task that is not in memory nobody has to know.
    pub fn output_stored(&self, task: TaskId, attempt: u32, output: u32, storage: OutputStorage) {
        let mut state = self.state.lock();
        let known = state.find(task).filter(|task| task.attempt == attempt);
        let is_news = known.is_some_and(|task| task.outputs.iter().any(|known| known.id == output && known.storage != storage));
        if is_news {
            self.publish(&mut state, Change::OutputStored { task, attempt, output, storage });
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
