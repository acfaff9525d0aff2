use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use leptos::prelude::*;
use uuid::Uuid;

use super::*;
use crate::live::{LiveMessage, OrderOutcome, StateUpdate, provide_live};
use proto::{
    comfy::Catalog,
    ids::{Epoch, Seq, TaskId},
    link::LinkState,
    outbox::Order,
    recipe::TextToImage,
    submit::Submission,
    task::{Change, Durations, Numbered, QueueKey, Snapshot, Task, TaskState},
    time::Timestamp,
    wire::Command,
};

fn id(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(number))
}

fn task(number: u128, order: u64) -> Task {
    let workflow = TextToImage::default().workflow();
    let mut task = Task::new(id(number), "a", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
    task.place = QueueKey { priority: 0, order };
    task
}

#[test]
fn each_hook_follows_the_changes() {
    Owner::new().with(|| {
        let running = Task { state: TaskState::Running, ..task(2, 9) };
        let held = Task { paused: true, ..task(4, 1) };
        let live = provide_live(Snapshot { tasks: vec![task(1, 5), running, task(3, 2), held], ..Snapshot::default() });
        let (queue, progress, connection) = (use_execution_queue(), use_generation_progress(id(2)), use_connection());
        assert_eq!(untrack(|| queue.tasks()), [id(2), id(3), id(1), id(4)]);
        assert_eq!(untrack(|| queue.unfinished()), 4);
        assert!(!queue.paused.get_untracked());
        assert_eq!(queue.active.get_untracked(), Some(id(2)));

        let progressed = Change::TaskProgress { task: id(2), permille: 420, ends_at: Some(Timestamp(9)), within_ms: None };
        let paused = Change::QueuePaused { paused: true };
        let changes = [progressed, paused].into_iter().zip(1..).map(|(change, seq)| Numbered { seq: Seq(seq), change });
        live.update(vec![StateUpdate::Changes(Epoch::default(), changes.collect())]);
        assert_eq!(progress.permille.get_untracked(), 420);
        assert_eq!(untrack(|| progress.ends_at()), Some(Timestamp(9)));
        assert_eq!(progress.state.get_untracked(), Some(TaskState::Running));
        assert!(queue.paused.get_untracked());
        assert_eq!(use_generation_progress(id(9)).state.get_untracked(), None);

        let state = LinkState::Reconnecting { attempt: 2, at: Duration::ZERO };
        live.set_connection(state.clone(), Timestamp(50), Some(Duration::from_millis(8)));
        assert_eq!(untrack(|| connection.status.state()), state);
        assert_eq!(untrack(|| connection.status.next_try()), Some(Timestamp(58)));
        live.set_connection(LinkState::Connected, Timestamp(60), None);
        live.message_received(Timestamp(70));
        assert_eq!(untrack(|| connection.last_message()), Timestamp(0), "updated once a second");
        live.message_received(Timestamp(1_070));
        assert_eq!(untrack(|| connection.last_message()), Timestamp(1_070));
        assert_eq!(untrack(|| connection.status.since()), Timestamp(60));
    });
}

fn progressed(task: u128, permille: u16) -> Change {
    Change::TaskProgress { task: id(task), permille, ends_at: None, within_ms: None }
}

fn send(live: crate::live::Live, seq: u64, change: Change) {
    live.update(vec![StateUpdate::Changes(Epoch::default(), vec![Numbered { seq: Seq(seq), change }])]);
}

#[test]
fn progress_follows_a_changing_task() {
    Owner::new().with(|| {
        let live = provide_live(Snapshot { tasks: vec![task(1, 1), task(2, 2)], ..Snapshot::default() });
        let shown = RwSignal::new(None);
        let progress = use_generation_progress_of(move || shown.get());
        assert_eq!((progress.state.get_untracked(), progress.permille.get_untracked()), (None, 0), "no task");
        send(live, 1, progressed(1, 300));
        send(live, 2, progressed(2, 700));
        for (number, permille) in [(1, 300), (2, 700)] {
            shown.set(Some(id(number)));
            assert_eq!(progress.permille.get_untracked(), permille, "task {number}");
            assert_eq!(untrack(|| progress.task()), Some(id(number)));
        }
        send(live, 3, progressed(1, 900));
        assert_eq!(progress.permille.get_untracked(), 700, "of the task before");
    });
}

#[test]
fn messages_are_passed_on_until_the_component_is_gone() {
    let owner = Owner::new();
    let live = owner.with(|| provide_live(Snapshot { tasks: vec![task(1, 1)], ..Snapshot::default() }));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let component = owner.with(Owner::new);
    let kept = seen.clone();
    component.with(|| {
        use_connection().on_message(move |message| {
            // The state is the one after the message.
            let now = untrack(|| live.with_progress(id(1), |task| task.permille)).unwrap_or_default();
            let text = match message {
                LiveMessage::Change(numbered) => format!("{} {now}", numbered.seq.0),
                LiveMessage::Snapshot => "snapshot".into(),
            };
            kept.lock().unwrap().push(text);
        });
    });
    send(live, 1, progressed(1, 10));
    send(live, 1, progressed(1, 10));
    live.update(vec![StateUpdate::Snapshot(Box::new(Snapshot { seq: Seq(5), ..Snapshot::default() }))]);
    assert_eq!(*seen.lock().unwrap(), ["1 10", "snapshot"], "one that changes nothing is not passed on");
    component.cleanup();
    send(live, 6, progressed(1, 20));
    assert_eq!(seen.lock().unwrap().len(), 2, "unmounted");
}

#[test]
fn the_queue_and_the_link_are_controlled() {
    Owner::new().with(|| {
        let live = provide_live(Snapshot { tasks: vec![task(1, 1), task(2, 2)], ..Snapshot::default() });
        let orders = Arc::new(Mutex::new(Vec::new()));
        let kept = orders.clone();
        live.on_order(
            move |order, _, then| {
                kept.lock().unwrap().push(order);
                then(OrderOutcome::Done(None));
            },
            |_| (),
        );
        let (queue, done) = (use_execution_queue(), Arc::new(Mutex::new(0)));
        let then = |done: &Arc<Mutex<u32>>| {
            let done = done.clone();
            move |outcome| {
                assert_eq!(outcome, OrderOutcome::Done(None));
                *done.lock().unwrap() += 1;
            }
        };
        let submission = Submission::TextToImage(TextToImage::default());
        queue.add(submission.clone(), then(&done));
        queue.remove(id(1), then(&done));
        queue.move_before(id(2), Some(id(1)), then(&done));
        let wanted = [
            Order::Submit(submission),
            Order::Command(Command::Cancel { task: id(1) }),
            Order::Command(Command::Move { task: id(2), before: Some(id(1)) }),
        ];
        assert_eq!(*orders.lock().unwrap(), wanted);
        assert_eq!(*done.lock().unwrap(), 3);

        let asked = Arc::new(Mutex::new(Vec::new()));
        let (connecting, disconnecting) = (asked.clone(), asked.clone());
        live.on_retry(move || connecting.lock().unwrap().push("connect"));
        live.on_disconnect(move || disconnecting.lock().unwrap().push("disconnect"));
        let connection = use_connection();
        connection.disconnect();
        connection.connect();
        assert_eq!(*asked.lock().unwrap(), ["disconnect", "connect"]);
    });
}
