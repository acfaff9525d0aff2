//! Orders combined in one transaction, step by step: without the writer thread, so deterministic.

use std::time::Instant;

use super::*;
use crate::store::{
    inbox::{Add, InboxHandle, Wake, WriteBatch},
    lock::FolderLock,
    read::Kept,
    seal::Sealer,
    writer::Writer,
};
use proto::task::Task;

struct Bench {
    shared: Arc<InboxHandle>,
    writer: Writer,
    folder: tempfile::TempDir,
}

impl Bench {
    /// A writer driven by the test, with a file limited to this many pages of 4 KiB.
    fn new(pages: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open(&folder.path().join("darkroom.db")).unwrap();
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        let shared = Arc::new(InboxHandle::default());
        let lock = FolderLock::acquire(folder.path()).unwrap();
        Self { writer: Writer { shared: shared.clone(), connection, retention: FOR_EVER, replication: None, lock }, shared, folder }
    }

    fn add(&self, task: &Task, key: Option<Key>) -> oneshot::Receiver<Result<Added, StoreError>> {
        let (done, answer) = oneshot::channel();
        self.shared.add(Add { new: stored(task.clone()), sealed: None, key, done }).unwrap();
        answer
    }

    /// What a next start would find.
    fn kept(&self) -> Kept {
        read::kept(&self.writer.connection, &Sealer::open(self.folder.path().join("secret-key")).unwrap()).unwrap()
    }

    fn take(&self) -> WriteBatch {
        match self.shared.next(Instant::now()) {
            Wake::Write(batch) | Wake::Close(batch) | Wake::Time(batch) => batch,
        }
    }

    fn write(&mut self) -> bool {
        let batch = self.take();
        self.writer.write(batch)
    }
}

#[test]
fn a_removed_task_frees_its_key_in_the_same_transaction() {
    let mut bench = Bench::new(1000);
    let key = || Key::new("key", b"request");
    let (first, second) = (task("A cat", 1), task("A cat", 2));
    let mut answer = bench.add(&first, key());
    assert!(bench.write());
    assert!(matches!(answer.try_recv(), Ok(Ok(Added::New))));
    bench.shared.forget(first.id).unwrap();
    let mut answer = bench.add(&second, key());
    assert!(bench.write());
    assert!(matches!(answer.try_recv(), Ok(Ok(Added::New))));
}

#[test]
fn a_state_that_comes_while_an_older_one_is_written_is_written_next() {
    let mut bench = Bench::new(1000);
    let mut task = task("A cat", 1);
    let _answer = bench.add(&task, None);
    bench.write();
    bench.shared.keep(&task, None).unwrap();
    let older = bench.take();
    task.attempt = 2;
    bench.shared.keep(&task, None).unwrap();
    assert!(bench.writer.write(older));
    assert_eq!(bench.shared.health().waiting, 1);
    assert!(bench.write());
    assert_eq!(bench.shared.health().waiting, 0);
    assert_eq!(bench.kept().tasks, [task]);
}

#[test]
fn failed_writes_are_queued_before_later_ones() {
    let mut bench = Bench::new(1000);
    bench.writer.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let task = task("A cat", 1);
    let _answer = bench.add(&task, None);
    bench.write();
    let note = |text: &str| Event { at: Timestamp(1), kind: EventKind::Note, text: text.into() };
    bench.shared.event(task.id, note("first")).unwrap();
    bench.shared.set_meta("old".into(), "1".into()).unwrap();
    bench.shared.set_meta("new".into(), "1".into()).unwrap();
    let batch = bench.take();
    bench.shared.event(task.id, note("second")).unwrap();
    bench.shared.set_meta("new".into(), "2".into()).unwrap();
    let other = other_connection(bench.folder.path());
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert!(!bench.writer.write(batch));
    other.execute_batch("COMMIT").unwrap();
    assert!(bench.write());
    let connection = &bench.writer.connection;
    assert_eq!(read::events(connection, task.id).unwrap(), [note("first"), note("second")]);
    let meta = read::kept(connection, &Sealer::open(bench.folder.path().join("secret-key")).unwrap()).unwrap().meta;
    assert_eq!((meta["old"].as_str(), meta["new"].as_str()), ("1", "2"));
}

#[test]
fn a_task_too_large_for_the_room_left_does_not_hold_up_the_others() {
    let mut bench = Bench::new(256);
    let mut known = task("A cat", 1);
    let _answer = bench.add(&known, None);
    bench.write();
    known.attempt = 2;
    let large = Task { note: Some("x".repeat(2_000_000)), ..task("A dog", 2) };
    let mut added = bench.add(&large, None);
    let (done, mut kept) = oneshot::channel();
    bench.shared.keep(&known, Some(done)).unwrap();
    assert!(!bench.write(), "not all of it");
    assert!(matches!(added.try_recv(), Ok(Err(StoreError::Full))));
    assert!(matches!(kept.try_recv(), Ok(Ok(()))));
    assert!(!bench.shared.health().is_writable());
}

#[test]
fn events_over_the_limit_drop_the_oldest() {
    let bench = Bench::new(1000);
    let task = task("A cat", 1);
    for at in 0..limits::STORE_EVENTS as u64 + 5 {
        bench.shared.event(task.id, Event { at: Timestamp(at), kind: EventKind::Note, text: String::new() }).unwrap();
    }
    let events = bench.take().events;
    assert_eq!((events.len(), events[0].1.at), (limits::STORE_EVENTS, Timestamp(5)));
}

#[test]
fn a_task_whose_caller_disconnected_is_not_stored() {
    let mut bench = Bench::new(1000);
    drop(bench.add(&task("A cat", 1), None));
    assert!(bench.write());
    assert_eq!(bench.kept().tasks, []);
}
