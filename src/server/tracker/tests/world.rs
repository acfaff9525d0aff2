//! People, two ComfyUIs and the network between them, around the real tracker. What the link to a ComfyUI does over HTTP is done here on the
//! model of it, in as many steps as there it has answers to wait for.

use std::{collections::HashSet, sync::Arc};

use uuid::Uuid;

use super::{
    comfy::Comfy,
    recorded::{self, Run},
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
    task::{Change, Durations, RetryPolicy, Task, TaskError, TaskState, Verdict, conclude, retry, settle},
    time::Timestamp,
};

pub(super) const BACKENDS: usize = 2;
const LIMIT: usize = 2;
const POLICY: RetryPolicy = RetryPolicy { rerun: true, max_attempts: 3 };

/// What becomes of a prompt on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Taken,
    /// It arrived, and the answer did not.
    Lost,
    /// It did not arrive.
    Undelivered,
    Refused,
}

#[derive(Clone, Copy)]
struct OnItsWay {
    task: TaskId,
    run: usize,
    backend: usize,
    /// It is there; only the answer is missing.
    arrived: bool,
    /// It is sent while the one who handed it in waits: nobody else sees it yet.
    at_once: bool,
}

pub(super) struct World<'a> {
    runs: &'a [Run],
    pub(super) tracker: Tracker,
    pub(super) watcher: Watcher,
    seats: Vec<PoolSeat>,
    comfys: [Comfy; BACKENDS],
    tasks: Vec<(TaskId, usize)>,
    /// Never accepted.
    forgotten: HashSet<TaskId>,
    refused: HashSet<TaskId>,
    sending: Vec<OnItsWay>,
    cancelled: HashSet<TaskId>,
    over: HashSet<TaskId>,
}

impl<'a> World<'a> {
    /// The first ComfyUI has all that the runs need, the second lacks what only some of them do.
    pub(super) fn new(runs: &'a [Run], store: &Store) -> Self {
        let tracker = Tracker::new(store.clone(), Kept::default());
        let catalogs = [recorded::catalog(runs, &[]), recorded::catalog(runs, &recorded::rare_classes(runs))];
        let seats = catalogs.into_iter().zip(["a", "b"]);
        let seats = seats.map(|(catalog, id)| PoolSeat { id: id.into(), open: true, foreign: 0, catalog: Arc::new(catalog) }).collect();
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

    fn is_on_its_way(&self, task: TaskId) -> bool {
        self.sending.iter().any(|sent| sent.task == task)
    }

    /// A task that people see.
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
                self.may_take(id, backend);
                self.sending.push(OnItsWay { task: id, run, backend, arrived: false, at_once: true });
            }
            None => self.tracker.accept(id),
        }
    }

    pub(super) fn assign(&mut self) {
        self.check();
        let before = self.watcher.state().clone();
        let Some((id, backend)) = self.tracker.assign_next(&self.seats, LIMIT) else { return };
        let task = before.task(id).unwrap();
        assert!(task.is_waiting() && !task.paused && !task.cancelling && !before.queue_paused, "not ready: {task:?}");
        let backend = self.at(&backend);
        self.may_take(id, backend);
        // Nobody who could have gone there stood before it.
        for other in before.waiting().into_iter().take_while(|other| other.id != id).filter(|other| !other.paused && !other.cancelling) {
            assert!(!self.fits(other.id, backend), "{} was first", other.id);
        }
        let run = self.run_of(id);
        self.sending.push(OnItsWay { task: id, run, backend, arrived: false, at_once: false });
        self.watcher.listen(&self.tracker);
        self.watcher.is_whole_for_all(id);
    }

    fn run_of(&self, task: TaskId) -> usize {
        self.tasks.iter().find(|(id, _)| *id == task).unwrap().1
    }

    fn fits(&self, task: TaskId, backend: usize) -> bool {
        let catalog = &self.seats[backend].catalog;
        self.runs[self.run_of(task)].workflow.0.values().all(|node| catalog.class(node.class_type()).is_some())
    }

    fn may_take(&self, task: TaskId, backend: usize) {
        assert!(self.seats[backend].open && self.fits(task, backend), "it lacks what {task} needs, or is closed");
    }

    /// The oldest prompt on its way arrives, before anything is answered (fact 8).
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
        let OnItsWay { task, run, backend, arrived, at_once } = sent;
        let here = self.id(backend);
        let lost = matches!(reply, Reply::Lost);
        if !arrived && matches!(reply, Reply::Taken | Reply::Lost) {
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
            Reply::Taken => tracker.queued(&here, task),
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

    /// The ComfyUI works; of what it says, `heard` frames of each ten arrive, and some twice.
    pub(super) fn work(&mut self, backend: usize, frames: usize, heard: usize, twice: bool) {
        let here = self.id(backend);
        for nth in 0..frames {
            let runs = self.runs;
            let Some((task, run, at)) = self.comfys[backend].step(|run| (runs[run].events.len(), runs[run].end)) else { return };
            if nth % 10 >= heard {
                continue;
            }
            for _ in 0..=usize::from(twice) {
                self.tracker.apply_event(&here, task, &runs[run].events[at]);
            }
            if recorded::is_over(&runs[run].events[at]) {
                self.finish(backend, task);
            }
        }
    }

    /// A frame of any run, as if from a ComfyUI that does not have the task (any more).
    pub(super) fn stray(&mut self, nth: usize, frame: usize) {
        let Some(id) = self.visible(nth) else { return };
        let owner = self.watcher.state().task(id).and_then(|task| task.backend.clone());
        let events = &self.runs[self.run_of(id)].events;
        let backends: Vec<BackendId> = self.seats.iter().map(|seat| seat.id.clone()).collect();
        for backend in backends.into_iter().filter(|backend| owner.as_ref() != Some(backend)) {
            self.tracker.apply_event(&backend, id, &events[frame % events.len()]);
            assert_eq!(self.watcher.listen(&self.tracker), 0, "from {backend}, which does not have it");
        }
    }

    fn finish(&mut self, backend: usize, task: TaskId) {
        if let Some(entry) = self.entry(backend, task) {
            self.tracker.decide_at(&self.id(backend), task, |task| settle(task, &entry, now()));
        }
    }

    /// What its history says.
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

    /// It cannot be reached for so long that its tasks go to others. It works on.
    pub(super) fn lose(&mut self, backend: usize) {
        self.seats[backend].open = false;
        for task in self.in_flight(backend) {
            self.tracker.decide_at(&self.id(backend), task, |task| retry(task, "away", POLICY, now()));
        }
    }

    fn in_flight(&self, backend: usize) -> Vec<TaskId> {
        let here = self.id(backend);
        self.tracker.unfinished(|task| task.is_at(&here))
    }

    /// Compares its tasks with what it knows, as after a reconnect.
    pub(super) fn resync(&mut self, backend: usize) {
        let here = self.id(backend);
        for id in self.in_flight(backend) {
            if self.is_on_its_way(id) {
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
                    _ if task.verdict.is_some() => conclude(task, now()),
                    TaskState::Accepted => vec![Change::TaskAssigned { task: id, backend: None }],
                    _ => retry(task, "it restarted", POLICY, now()),
                });
            }
            if self.tracker.task(id).is_some_and(|task| task.cancelling && !task.state.is_final()) {
                self.cancel_at(backend, id);
            }
        }
        // Prompts that are no longer wanted here leave nothing.
        for (id, _) in self.tasks.clone() {
            let wanted = self.is_on_its_way(id) || self.tracker.task(id).is_some_and(|task| task.is_at(&here));
            if !wanted && self.comfys[backend].cancel(id) {
                self.comfys[backend].history.remove(&id);
            }
        }
        self.seats[backend].open = true;
    }

    pub(super) fn cancel(&mut self, nth: usize) {
        let Some(id) = self.visible(nth) else { return };
        self.cancelled.insert(id);
        if let Some(backend) = self.tracker.cancel(id).map(|backend| self.at(&backend)).filter(|_| !self.is_on_its_way(id)) {
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

    /// Takes back what should not lie at a ComfyUI.
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

    /// What must be so after every step.
    pub(super) fn check(&mut self) {
        self.watcher.listen(&self.tracker);
        for task in std::mem::take(&mut self.watcher.ended) {
            self.check_end(&task);
            assert!(self.over.insert(task.id), "over twice: {task:?}");
        }
        let inner = self.tracker.state.lock();
        for seat in &self.seats {
            let there = |task: &&Task| !task.state.is_final() && task.is_at(&seat.id);
            let count = inner.snapshot.tasks.iter().chain(&inner.pending.tasks).filter(there).count();
            assert!(count <= LIMIT, "{count} at {}", seat.id);
        }
    }

    /// It ended as its ComfyUI ended it, or as a person wanted, or for a reason of ours.
    fn check_end(&self, task: &Task) {
        let ended_there = task.backend.as_ref().is_some_and(|id| self.comfys[self.at(id)].ends.contains(&(task.id, task.state)));
        let given_up = task.attempts.iter().filter(|attempt| attempt.started_at.is_some()).count() + 1 >= POLICY.max_attempts as usize;
        let for_a_reason = match task.state {
            TaskState::Completed => false,
            TaskState::Failed => self.refused.contains(&task.id) || (given_up && task.started_at.is_some()),
            _ => self.cancelled.contains(&task.id),
        };
        // It was heard how the run ended, and then the ComfyUI forgot all of it.
        let was_said = matches!(
            (task.verdict, task.state),
            (Some(Verdict::Success), TaskState::Completed)
                | (Some(Verdict::Error), TaskState::Failed)
                | (Some(Verdict::Interrupted), TaskState::Cancelled)
        );
        assert!(ended_there || was_said || for_a_reason, "{task:?}");
        assert!(task.ended_at.is_some_and(|at| at > Timestamp(0)) && !task.cancelling && !task.paused);
    }

    /// All calms down, and then every task is over.
    pub(super) fn settle(&mut self) {
        self.tracker.pause_queue(false);
        for _ in 0..10 * self.tasks.len() + 10 {
            self.check();
            if self.over.len() + self.forgotten.len() >= self.tasks.len() {
                break;
            }
            while !self.sending.is_empty() {
                self.reply(0, Reply::Taken);
                self.check();
            }
            for backend in 0..BACKENDS {
                self.resync(backend);
                self.work(backend, 10_000, 10, false);
                self.resync(backend);
                self.check();
            }
            // One that began to run before it was taken back is still marked, and can be let go only when it waits again.
            for task in self.tracker.unfinished(|task| task.paused && task.state != TaskState::Running) {
                self.tracker.pause(task, false).unwrap();
            }
            self.assign();
            self.check();
        }
        let open: Vec<_> = self.watcher.state().tasks.iter().filter(|task| !task.state.is_final()).collect();
        assert!(open.is_empty() && self.tracker.state.lock().pending.tasks.is_empty(), "never over: {open:#?}");
        let inner = self.tracker.state.lock();
        assert!(inner.jobs.is_empty() && inner.forecasts.is_empty(), "kept for tasks that are over");
        let missing: Vec<_> = self.tasks.iter().filter(|(id, _)| !self.over.contains(id) && !self.forgotten.contains(id)).collect();
        assert!(missing.is_empty(), "vanished: {missing:?}");
        drop(inner);
        self.watcher.compare(&self.tracker);
    }
}
