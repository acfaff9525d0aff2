//! People, two modelled ComfyUIs and the network between them, around the real tracker. Each request that the server makes over HTTP is a step
//! here, so that other steps can come between request and response.

mod invariants;

use std::collections::HashSet;

use uuid::Uuid;

use super::{
    comfy::Comfy,
    recorded::{self, Run},
    seat::open_seat,
    watcher::Watcher,
};
use crate::{
    clock::now,
    store::{Kept, Store},
    tracker::{PoolSeat, TaskJob, Tracker},
};
use proto::{
    comfy::{Catalog, HistoryEntry},
    ids::{BackendId, TaskId},
    task::{Change, Durations, RetryPolicy, Task, TaskError, TaskState, end_by_history, end_by_socket, retry},
};

pub(super) const BACKENDS: usize = 2;
const LIMIT: usize = 2;
const POLICY: RetryPolicy = RetryPolicy { rerun: true, max_attempts: 3 };

/// How the request for a prompt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Accepted,
    /// The request arrived, but its response did not.
    Lost,
    /// The request did not arrive.
    Undelivered,
    Refused,
}

#[derive(Clone, Copy)]
struct PendingPost {
    task: TaskId,
    run: usize,
    backend: usize,
    /// The request arrived; the response is outstanding.
    arrived: bool,
    /// Sent during the submission, while the task is not published yet.
    at_once: bool,
}

pub(super) struct Simulation<'a> {
    runs: &'a [Run],
    pub(super) tracker: Tracker,
    pub(super) watcher: Watcher,
    seats: Vec<PoolSeat>,
    comfys: [Comfy; BACKENDS],
    tasks: Vec<(TaskId, usize)>,
    /// Refused during their submission.
    forgotten: HashSet<TaskId>,
    refused: HashSet<TaskId>,
    sending: Vec<PendingPost>,
    cancelled: HashSet<TaskId>,
    over: HashSet<TaskId>,
}

impl<'a> Simulation<'a> {
    /// The first ComfyUI has all node classes of the runs, the second only those of the first run.
    pub(super) fn new(runs: &'a [Run], store: &Store) -> Self {
        let tracker = Tracker::new(store.clone(), Kept::default(), crate::meters::Meters::default());
        let catalogs = [recorded::catalog(runs, &[]), recorded::catalog(runs, &recorded::rare_classes(runs))];
        let seats = catalogs.into_iter().zip(["a", "b"]);
        let seats = seats.map(|(catalog, id)| open_seat(id, catalog)).collect();
        let watcher = Watcher::new(&tracker);
        let comfys = <[Comfy; BACKENDS]>::default();
        let (tasks, sending) = (Vec::new(), Vec::new());
        Self {
            runs,
            tracker,
            watcher,
            seats,
            comfys,
            tasks,
            forgotten: HashSet::new(),
            refused: HashSet::new(),
            sending,
            cancelled: HashSet::new(),
            over: HashSet::new(),
        }
    }

    fn id(&self, backend: usize) -> BackendId {
        self.seats[backend].id.clone()
    }

    fn at(&self, backend: &BackendId) -> usize {
        self.seats.iter().position(|seat| seat.id == *backend).unwrap()
    }

    fn is_being_sent(&self, task: TaskId) -> bool {
        self.sending.iter().any(|sent| sent.task == task)
    }

    /// A published task.
    pub(super) fn visible(&self, nth: usize) -> Option<TaskId> {
        let tasks = &self.watcher.state().tasks;
        Some(tasks.get(nth % tasks.len().max(1))?.id)
    }

    pub(super) fn submit(&mut self, run: usize) {
        let run = run % self.runs.len();
        let workflow = self.runs[run].workflow.clone();
        let id = TaskId(Uuid::now_v7());
        let task = Task::new(id, "x", &workflow, &Catalog::default(), &Durations::default(), now());
        let task = self.tracker.register_pending(task, TaskJob::new(workflow), &self.seats, LIMIT);
        self.tasks.push((id, run));
        match task.backend {
            Some(backend) => {
                let backend = self.at(&backend);
                self.assert_assignable(id, backend);
                self.sending.push(PendingPost { task: id, run, backend, arrived: false, at_once: true });
            }
            None => self.tracker.accept(id),
        }
    }

    pub(super) fn assign(&mut self) {
        self.check();
        let before = self.watcher.state().clone();
        let Some((id, backend)) = self.tracker.assign(&self.seats, LIMIT, 1).pop() else { return };
        let task = before.task(id).unwrap();
        assert!(task.is_waiting() && !task.paused && !task.cancelling && !before.queue_paused, "not ready: {task:?}");
        let backend = self.at(&backend);
        self.assert_assignable(id, backend);
        // No assignable task that fits there was ahead of it.
        for other in before.waiting().into_iter().take_while(|other| other.id != id).filter(|other| !other.paused && !other.cancelling) {
            assert!(!self.fits(other.id, backend), "{} was first", other.id);
        }
        let run = self.run_of(id);
        self.sending.push(PendingPost { task: id, run, backend, arrived: false, at_once: false });
        self.watcher.read(&self.tracker);
        self.watcher.assert_detailed(id);
    }

    fn run_of(&self, task: TaskId) -> usize {
        self.tasks.iter().find(|(id, _)| *id == task).unwrap().1
    }

    fn fits(&self, task: TaskId, backend: usize) -> bool {
        let catalog = &self.seats[backend].catalog;
        self.runs[self.run_of(task)].workflow.0.values().all(|node| catalog.class(node.class_type()).is_some())
    }

    fn assert_assignable(&self, task: TaskId, backend: usize) {
        assert!(self.seats[backend].open && self.fits(task, backend), "it lacks what {task} needs, or is closed");
    }

    /// The oldest request arrives; ComfyUI may send events about the prompt before its response (fact 8).
    pub(super) fn arrive(&mut self) {
        if let Some(sent) = self.sending.iter_mut().find(|sent| !sent.arrived) {
            sent.arrived = true;
            self.comfys[sent.backend].queue.push_back((sent.task, sent.run));
        }
    }

    pub(super) fn reply(&mut self, nth: usize, reply: Reply) {
        if self.sending.is_empty() {
            return;
        }
        let sent = self.sending.remove(nth % self.sending.len());
        let PendingPost { task, run, backend, arrived, at_once } = sent;
        let here = self.id(backend);
        let lost = matches!(reply, Reply::Lost);
        if !arrived && matches!(reply, Reply::Accepted | Reply::Lost) {
            self.comfys[backend].queue.push_back((task, run));
        }
        let tracker = &self.tracker;
        if at_once && !arrived && matches!(reply, Reply::Refused) {
            self.forgotten.insert(task);
            return tracker.forget_pending(task);
        }
        if at_once {
            tracker.accept(task);
        }
        match reply {
            Reply::Accepted => tracker.queued(&here, task),
            _ if arrived || lost => {}
            Reply::Undelivered => tracker.unassign(&here, task),
            Reply::Refused | Reply::Lost => {
                if tracker.task(task).is_some_and(|task| task.is_at(&here)) {
                    self.refused.insert(task);
                }
                tracker.refused(&here, task, TaskError::plain("no"));
            }
        }
    }

    /// The ComfyUI works. Of every ten frames `delivered` arrive, twice if `duplicated`.
    pub(super) fn work(&mut self, backend: usize, frames: usize, delivered: usize, duplicated: bool) {
        let here = self.id(backend);
        for nth in 0..frames {
            let runs = self.runs;
            let Some((task, run, at)) = self.comfys[backend].step(|run| (runs[run].events.len(), runs[run].end)) else { return };
            if nth % 10 >= delivered {
                continue;
            }
            for _ in 0..=usize::from(duplicated) {
                self.tracker.apply_event(&here, task, &runs[run].events[at], now());
            }
            if recorded::is_over(&runs[run].events[at]) {
                self.finish(backend, task);
            }
        }
    }

    /// A frame about a task from a ComfyUI that the task is not (or no longer) assigned to.
    pub(super) fn stray(&mut self, nth: usize, frame: usize) {
        let Some(id) = self.visible(nth) else { return };
        let owner = self.watcher.state().task(id).and_then(|task| task.backend.clone());
        let events = &self.runs[self.run_of(id)].events;
        let backends: Vec<BackendId> = self.seats.iter().map(|seat| seat.id.clone()).collect();
        for backend in backends.into_iter().filter(|backend| owner.as_ref() != Some(backend)) {
            self.tracker.apply_event(&backend, id, &events[frame % events.len()], now());
            assert_eq!(self.watcher.read(&self.tracker), 0, "from {backend}, which does not have it");
        }
    }

    fn finish(&mut self, backend: usize, task: TaskId) {
        if let Some(entry) = self.entry(backend, task) {
            self.tracker.decide_at(&self.id(backend), task, |task| end_by_history(task, &entry, now()));
        }
    }

    /// The history entry of a prompt.
    fn entry(&self, backend: usize, task: TaskId) -> Option<HistoryEntry> {
        let end = *self.comfys[backend].history.get(&task)?;
        let own = &self.runs[self.run_of(task)];
        let run = if own.end == end { own } else { self.runs.iter().find(|run| run.end == end)? };
        Some(run.entry.clone())
    }

    pub(super) fn forget_history(&mut self, backend: usize) {
        self.comfys[backend].history.clear();
    }

    pub(super) fn restart(&mut self, backend: usize) {
        self.comfys[backend].restart();
    }

    /// The ComfyUI is unreachable for so long that its tasks go to the other one. It works on.
    pub(super) fn lose(&mut self, backend: usize) {
        self.seats[backend].open = false;
        for task in self.assigned(backend) {
            self.tracker.decide_at(&self.id(backend), task, |task| retry(task, "away", POLICY, now()));
        }
    }

    fn assigned(&self, backend: usize) -> Vec<TaskId> {
        let here = self.id(backend);
        self.tracker.unfinished(|task| task.is_at(&here))
    }

    /// Reconciles, as after a reconnect.
    pub(super) fn reconcile(&mut self, backend: usize) {
        let here = self.id(backend);
        for id in self.assigned(backend) {
            if self.is_being_sent(id) {
                continue;
            }
            let running = self.comfys[backend].runs(id);
            if self.comfys[backend].has(id) {
                self.tracker.decide_at(&here, id, |task| {
                    let queued = (task.state == TaskState::Accepted).then(|| Change::TaskQueued { task: id, backend: here.clone() });
                    let started = (running && task.state != TaskState::Running).then(|| Change::TaskStarted { task: id, at: now() });
                    queued.into_iter().chain(started).collect()
                });
            } else if self.comfys[backend].history.contains_key(&id) {
                self.finish(backend, id);
            } else {
                self.tracker.decide_at(&here, id, |task| match task.state {
                    _ if task.verdict.is_some() => end_by_socket(task, now()),
                    TaskState::Accepted => vec![Change::TaskAssigned { task: id, backend: None }],
                    _ => retry(task, "it restarted", POLICY, now()),
                });
            }
            if self.tracker.task(id).is_some_and(|task| task.cancelling && !task.state.is_final()) {
                self.cancel_at(backend, id);
            }
        }
        // Stray prompts are stopped, and their history is ignored.
        for (id, _) in self.tasks.clone() {
            let wanted = self.is_being_sent(id) || self.tracker.task(id).is_some_and(|task| task.is_at(&here));
            if !wanted && self.comfys[backend].cancel(id) {
                self.comfys[backend].history.remove(&id);
            }
        }
        self.seats[backend].open = true;
    }

    pub(super) fn cancel(&mut self, nth: usize) {
        let Some(id) = self.visible(nth) else { return };
        self.cancelled.insert(id);
        if let Some(backend) = self.tracker.cancel(id).map(|backend| self.at(&backend)).filter(|_| !self.is_being_sent(id)) {
            self.cancel_at(backend, id);
        }
    }

    fn cancel_at(&mut self, backend: usize, id: TaskId) {
        let here = self.id(backend);
        if self.seats[backend].open && self.comfys[backend].cancel(id) && !self.comfys[backend].history.contains_key(&id) {
            self.tracker.decide_at(&here, id, |task| {
                let ran = task.started_at.is_some() || task.verdict.is_some();
                let ended = Change::cancelled(id, now());
                (!ran).then_some(ended).into_iter().collect()
            });
        }
    }

    /// Recalls tasks from the queues of the ComfyUIs.
    pub(super) fn recall(&mut self) {
        for (id, backend) in self.tracker.to_recall(&self.seats) {
            let at = self.at(&backend);
            let task = self.tracker.task(id).unwrap();
            assert!(task.state == TaskState::Queued && task.is_at(&backend), "{task:?}");
            let queue = &mut self.comfys[at].queue;
            let waited = queue.len();
            queue.retain(|(queued, _)| *queued != id);
            if queue.len() < waited {
                self.tracker.decide_at(&backend, id, |task| {
                    task.started_at.is_none().then_some(Change::TaskRecalled { task: id }).into_iter().collect()
                });
            }
        }
    }

    pub(super) fn estimate_starts(&self) {
        self.tracker.estimate_starts(&self.seats);
    }
}
