//! Writes that are not on disk yet. Adding one never blocks: the lock is never held during disk I/O.
//!
//! Memory is bounded even if the disk is slow: new tasks are refused over [`limits::STORE_ADDS`]; of a known task only the newest state is
//! queued; of settings the newest value; of events the newest [`limits::STORE_EVENTS`].

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Arc, OnceLock, Weak},
    time::Instant,
};

use parking_lot::{Condvar, Mutex};
use rusqlite::Transaction;
use tokio::sync::{Notify, oneshot, watch};

use super::{
    Added, CommandRecord, Event, Health, Key, StoreError, Stored, Subscriber,
    live::{LiveBatch, LivePreview, LiveQueue, LiveView},
};
use proto::{
    ids::{Epoch, Seq, TaskId},
    limits,
    task::{Durations, Numbered, Task},
    time::Timestamp,
};

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(super) struct Add {
    pub new: Stored,
    /// Its extra data, encrypted.
    pub sealed: Option<Vec<u8>>,
    pub key: Option<Key>,
    pub done: Reply<Added>,
}

pub(super) type WriteFn = Box<dyn Fn(&Transaction) -> rusqlite::Result<()> + Send>;

/// Any other work of the next transaction. Retried when the transaction fails.
pub(super) struct WriteJob {
    pub work: WriteFn,
    pub done: Reply<()>,
}

/// TaskWrite matters: a forgotten task frees its key for the next.
pub(super) enum TaskWrite {
    Add(Box<Add>),
    Forget(TaskId),
}

/// The content of one transaction.
#[derive(Default)]
pub(super) struct WriteBatch {
    pub orders: VecDeque<TaskWrite>,
    pub keeps: Vec<Arc<Task>>,
    pub events: VecDeque<(TaskId, Event)>,
    pub meta: BTreeMap<String, String>,
    pub durations: Option<Box<Durations>>,
    pub commands: VecDeque<CommandRecord>,
    pub jobs: Vec<WriteJob>,
    /// Waiters for a task's state.
    pub kept: Vec<(TaskId, Reply<()>)>,
    /// Waiters for a flush.
    pub flushed: Vec<Reply<()>>,
    /// What becomes known with this commit, where that is told over PostgreSQL.
    pub live: Option<LiveBatch>,
}

impl WriteBatch {
    pub fn is_empty(&self) -> bool {
        let none_of_tasks = self.orders.is_empty() && self.keeps.is_empty() && self.events.is_empty();
        none_of_tasks
            && self.jobs.is_empty()
            && self.meta.is_empty()
            && self.durations.is_none()
            && self.commands.is_empty()
            && self.live.is_none()
    }
}

#[derive(Default)]
struct InboxState {
    /// Everything except task states.
    next: WriteBatch,
    /// The newest state of each task whose newest state is not on disk. Removed after the write, not when writing begins.
    keeps: HashMap<TaskId, Arc<Task>>,
    /// Still on disk, to be removed.
    forgotten: HashSet<TaskId>,
    /// Orders in the current transaction.
    writing: usize,
    /// Someone waits for these writes.
    urgent: bool,
    unwritable_since: Option<Timestamp>,
    closed: bool,
    /// This Darkroom is not the owner: others write.
    follows: bool,
    /// `None`: what happens is shown without PostgreSQL.
    live: Option<LiveQueue>,
}

/// InboxHandle between the handles and the writing thread.
#[derive(Default)]
pub(super) struct InboxHandle {
    inbox: Mutex<InboxState>,
    bell: Condvar,
    subscribers: Mutex<Arc<[Subscriber]>>,
    /// Shows what is committed.
    view: OnceLock<Weak<dyn LiveView>>,
    /// Signals that there may be new messages to deliver.
    pub messages: Notify,
    /// Signals that there may be new outputs to copy.
    pub copies: Notify,
    /// Signals that there may be kept outputs of finished tasks that are not in the gallery.
    pub kept_outputs: Notify,
    /// Signals that there may be files that no output refers to.
    pub unreferenced: Notify,
    /// The number of the newest of what happened to outputs of the gallery.
    pub gallery_news: watch::Sender<u64>,
    /// The number of the newest event of all productions.
    pub production_news: watch::Sender<u64>,
    /// The number of the newest change of a task of another program.
    pub external_news: watch::Sender<u64>,
}

/// Why the writing thread woke up.
pub(super) enum Wake {
    Write(WriteBatch),
    /// Write this batch, then stop.
    Close(WriteBatch),
    /// The requested time has passed.
    Time(WriteBatch),
}

impl InboxHandle {
    pub fn add(&self, add: Add) -> Result<(), StoreError> {
        self.put(true, |inbox| {
            if inbox.next.orders.len() >= limits::STORE_ADDS {
                return Err(StoreError::Overloaded);
            }
            inbox.next.orders.push_back(TaskWrite::Add(Box::new(add)));
            Ok(())
        })
    }

    pub fn keep(&self, task: &Task, done: Option<Reply<()>>) -> Result<(), StoreError> {
        self.put(done.is_some(), |inbox| {
            inbox.keeps.insert(task.id, Arc::new(task.clone()));
            inbox.next.kept.extend(done.map(|done| (task.id, done)));
            Ok(())
        })
    }

    pub fn forget(&self, task: TaskId) -> Result<(), StoreError> {
        self.put(false, |inbox| {
            inbox.keeps.remove(&task);
            if inbox.forgotten.insert(task) {
                inbox.next.orders.push_back(TaskWrite::Forget(task));
            }
            Ok(())
        })
    }

    pub fn event(&self, task: TaskId, event: Event) -> Result<(), StoreError> {
        self.put(false, |inbox| {
            inbox.next.events.push_back((task, event));
            inbox.bound_events();
            Ok(())
        })
    }

    pub fn set_meta(&self, key: String, value: String) -> Result<(), StoreError> {
        self.put(false, |inbox| {
            inbox.next.meta.insert(key, value);
            Ok(())
        })
    }

    pub fn durations(&self, durations: &Durations) -> Result<(), StoreError> {
        self.put(false, |inbox| {
            inbox.next.durations = Some(Box::new(durations.clone()));
            Ok(())
        })
    }

    pub fn command(&self, command: CommandRecord) -> Result<(), StoreError> {
        self.put(false, |inbox| {
            inbox.next.commands.push_back(command);
            inbox.bound_commands();
            Ok(())
        })
    }

    pub fn job(&self, job: WriteJob) -> Result<(), StoreError> {
        self.put(true, |inbox| {
            inbox.next.jobs.push(job);
            Ok(())
        })
    }

    pub fn subscribe(&self, subscribers: Arc<[Subscriber]>) {
        *self.subscribers.lock() = subscribers;
    }

    /// Webhooks that receive events of every task.
    pub fn subscribers(&self) -> Arc<[Subscriber]> {
        self.subscribers.lock().clone()
    }

    pub fn flush(&self, done: Reply<()>) -> Result<(), StoreError> {
        self.put(true, |inbox| {
            inbox.next.flushed.push(done);
            Ok(())
        })
    }

    /// From now on changes are shown when they are committed. `after`: the last one that is shown.
    pub fn begin_live(&self, epoch: Epoch, after: Seq, view: Weak<dyn LiveView>) {
        self.inbox.lock().live = Some(LiveQueue::new(epoch, after));
        let _ = self.view.set(view);
    }

    pub fn live(&self, numbered: Numbered) -> Result<(), StoreError> {
        self.put(false, |inbox| {
            if let Some(live) = &mut inbox.live {
                live.push(numbered);
            }
            Ok(())
        })
    }

    pub fn live_preview(&self, preview: LivePreview) {
        if let Some(live) = &mut self.inbox.lock().live {
            live.push_preview(preview);
        }
    }

    /// Since when a change waits to be shown.
    pub fn live_due(&self) -> Option<Instant> {
        self.inbox.lock().live.as_ref().and_then(LiveQueue::due)
    }

    /// From now on all writes are refused: this Darkroom is not the owner.
    pub fn follow(&self) {
        self.inbox.lock().follows = true;
    }

    fn put(&self, urgent: bool, put: impl FnOnce(&mut InboxState) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut inbox = self.inbox.lock();
        if inbox.follows {
            return Err(StoreError::NotOwner);
        }
        if inbox.closed {
            return Err(StoreError::Closed);
        }
        put(&mut inbox)?;
        inbox.urgent |= urgent;
        drop(inbox);
        self.bell.notify_one();
        Ok(())
    }

    /// From now on all writes are refused.
    pub fn close(&self) {
        self.inbox.lock().closed = true;
        self.bell.notify_one();
    }

    /// Waits until there is something to write, at most until `due`. While the disk fails, only writes that someone waits for are tried
    /// before that.
    pub fn next(&self, due: Instant) -> Wake {
        let mut inbox = self.inbox.lock();
        loop {
            let live_due = inbox.live_due();
            let has_work = inbox.has_work() || live_due.is_some_and(|due| due <= Instant::now());
            let worth_it = inbox.urgent || (inbox.unwritable_since.is_none() && has_work);
            let wake = if inbox.unwritable_since.is_none() { live_due.map_or(due, |live| live.min(due)) } else { due };
            if inbox.closed {
                return Wake::Close(inbox.take());
            } else if worth_it {
                return Wake::Write(inbox.take());
            } else if self.bell.wait_until(&mut inbox, wake).timed_out() && wake == due {
                return Wake::Time(inbox.take());
            }
        }
    }

    /// The batch is on disk.
    pub fn written(&self, batch: &WriteBatch) {
        let mut inbox = self.inbox.lock();
        for kept in &batch.keeps {
            // Unless a newer state is queued.
            if inbox.keeps.get(&kept.id).is_some_and(|newest| Arc::ptr_eq(newest, kept)) {
                inbox.keeps.remove(&kept.id);
            }
        }
        for order in &batch.orders {
            if let TaskWrite::Forget(task) = order {
                inbox.forgotten.remove(task);
            }
        }
        inbox.writing = 0;
        if let (Some(queue), Some(live)) = (&mut inbox.live, &batch.live) {
            queue.committed(live);
        }
        drop(inbox);
        if let (Some(live), Some(view)) = (&batch.live, self.view.get().and_then(Weak::upgrade)) {
            view.show(&live.live);
        }
    }

    /// Puts the rest of a failed batch back for a retry. Task states never left the inbox.
    pub fn put_back(&self, batch: WriteBatch) {
        let mut inbox = self.inbox.lock();
        let mut orders = batch.orders;
        orders.append(&mut inbox.next.orders);
        inbox.next.orders = orders;
        let mut events = batch.events;
        events.append(&mut inbox.next.events);
        inbox.next.events = events;
        inbox.bound_events();
        for (key, value) in batch.meta {
            inbox.next.meta.entry(key).or_insert(value);
        }
        inbox.next.durations = inbox.next.durations.take().or(batch.durations);
        let mut commands = batch.commands;
        commands.append(&mut inbox.next.commands);
        inbox.next.commands = commands;
        inbox.bound_commands();
        if let (Some(queue), Some(live)) = (&mut inbox.live, batch.live) {
            queue.put_back(live);
        }
        inbox.writing = 0;
    }

    /// Refuses new tasks that nothing is written of yet.
    pub fn refuse_adds(&self, error: &StoreError) {
        let mut inbox = self.inbox.lock();
        let (adds, rest): (VecDeque<_>, VecDeque<_>) = inbox.next.orders.drain(..).partition(|order| matches!(order, TaskWrite::Add(_)));
        inbox.next.orders = rest;
        drop(inbox);
        for order in adds {
            if let TaskWrite::Add(add) = order {
                let _ = add.done.send(Err(error.clone()));
            }
        }
    }

    /// Whether this is the end: see [`Self::close`].
    pub fn is_closed(&self) -> bool {
        self.inbox.lock().closed
    }

    /// Records that a write failed. Returns whether this is the first failure.
    pub fn failed(&self, at: Timestamp) -> bool {
        let mut inbox = self.inbox.lock();
        let is_news = inbox.unwritable_since.is_none();
        inbox.unwritable_since.get_or_insert(at);
        is_news
    }

    /// Records that writing works again; returns when it began to fail.
    pub fn recovered(&self) -> Option<Timestamp> {
        self.inbox.lock().unwritable_since.take()
    }

    pub fn health(&self) -> Health {
        let inbox = self.inbox.lock();
        Health { unwritable_since: inbox.unwritable_since, waiting: inbox.writing + inbox.next.orders.len() + inbox.keeps.len() }
    }

    /// The state that is newer than the one on disk: a task, or its removal.
    pub fn newest(&self, task: TaskId) -> Newest {
        let inbox = self.inbox.lock();
        match inbox.keeps.get(&task) {
            _ if inbox.forgotten.contains(&task) => Newest::Gone,
            Some(task) => Newest::Task(task.clone()),
            None => Newest::OnDisk,
        }
    }
}

pub(super) enum Newest {
    OnDisk,
    Task(Arc<Task>),
    Gone,
}

impl InboxState {
    fn has_work(&self) -> bool {
        !self.next.is_empty() || !self.keeps.is_empty()
    }

    fn live_due(&self) -> Option<Instant> {
        self.live.as_ref().and_then(LiveQueue::due)
    }

    fn take(&mut self) -> WriteBatch {
        self.urgent = false;
        self.writing = self.next.orders.len();
        let live = self.live.as_mut().and_then(LiveQueue::take);
        WriteBatch { keeps: self.keeps.values().cloned().collect(), live, ..std::mem::take(&mut self.next) }
    }

    fn bound_commands(&mut self) {
        let over = self.next.commands.len().saturating_sub(limits::REMEMBERED_COMMANDS);
        self.next.commands.drain(..over);
    }

    fn bound_events(&mut self) {
        let over = self.next.events.len().saturating_sub(limits::STORE_EVENTS);
        if over > 0 {
            self.next.events.drain(..over);
        }
    }
}
