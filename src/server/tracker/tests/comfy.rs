//! A model of a ComfyUI: a queue, a worker and a history.

use std::collections::{HashMap, VecDeque};

use proto::{ids::TaskId, task::TaskState};

#[derive(Default)]
pub(super) struct Comfy {
    /// The prompt, which recorded run it is, and how many of its frames have been sent.
    pub(super) running: Option<(TaskId, usize, usize)>,
    pub(super) queue: VecDeque<(TaskId, usize)>,
    /// How prompts ended; emptied by a restart.
    pub(super) history: HashMap<TaskId, TaskState>,
    /// All ends since the start of the test.
    pub(super) ends: Vec<(TaskId, TaskState)>,
}

impl Comfy {
    pub(super) fn has(&self, task: TaskId) -> bool {
        self.runs(task) || self.queue.iter().any(|(queued, _)| *queued == task)
    }

    pub(super) fn runs(&self, task: TaskId) -> bool {
        self.running.is_some_and(|(running, ..)| running == task)
    }

    /// Works until the next frame; returns the prompt, its run and the index of the frame. `None`: there is no prompt.
    pub(super) fn step(&mut self, frames_of: impl Fn(usize) -> (usize, TaskState)) -> Option<(TaskId, usize, usize)> {
        let (task, run, at) = self.running.take().or_else(|| self.queue.pop_front().map(|(task, run)| (task, run, 0)))?;
        let (frames, end) = frames_of(run);
        if at + 1 < frames {
            self.running = Some((task, run, at + 1));
        } else {
            self.end(task, end);
        }
        Some((task, run, at))
    }

    /// Removes a prompt from the queue, or interrupts it. Returns whether it was there.
    pub(super) fn cancel(&mut self, task: TaskId) -> bool {
        let was_there = self.has(task);
        self.queue.retain(|(queued, _)| *queued != task);
        if self.runs(task) {
            self.running = None;
            self.end(task, TaskState::Cancelled);
        }
        was_there
    }

    fn end(&mut self, task: TaskId, end: TaskState) {
        self.history.insert(task, end);
        self.ends.push((task, end));
    }

    /// Forgets queue and history, as a restarted process.
    pub(super) fn restart(&mut self) {
        *self = Self { ends: std::mem::take(&mut self.ends), ..Self::default() };
    }
}
