//! The tracker under random sequences of events: actions of people, messages of two ComfyUIs, losses, duplicates, restarts and reconciliations.

mod comfy;
mod recorded;
mod seat;
mod simulation;
mod snapshots;
mod waiting;
mod watcher;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use self::simulation::{BACKENDS, Reply, Simulation};
use crate::{
    config::Retention,
    store::{Origin, Store, Stored, StoredExtra},
};
use proto::{limits, task::TaskState};

#[derive(Clone, Debug)]
enum Step {
    Submit { run: usize, times: usize },
    Assign,
    Arrive,
    Reply { nth: usize, reply: Reply },
    Work { backend: usize, frames: usize, delivered: usize, duplicated: bool },
    Stray { nth: usize, frame: usize },
    ForgetHistory { backend: usize },
    Restart { backend: usize },
    Lose { backend: usize },
    Reconcile { backend: usize },
    Cancel { nth: usize },
    Pause { nth: usize, paused: bool },
    PauseQueue { paused: bool },
    Move { nth: usize, before: Option<usize> },
    Prioritize { nth: usize, priority: i8 },
    Recall,
    Tick,
    Join,
}

fn step() -> impl Strategy<Value = Step> {
    let index = || 0..100_usize;
    let backend = || 0..BACKENDS;
    let reply = prop_oneof![5 => Just(Reply::Accepted), 2 => Just(Reply::Lost), 2 => Just(Reply::Undelivered), 1 => Just(Reply::Refused)];
    // 25: sometimes more tasks wait than a new page gets in full.
    let times = prop_oneof![8 => 1..3_usize, 1 => Just(25)];
    prop_oneof![
        6 => (index(), times).prop_map(|(run, times)| Step::Submit { run, times }),
        8 => Just(Step::Assign),
        4 => Just(Step::Arrive),
        8 => (index(), reply).prop_map(|(nth, reply)| Step::Reply { nth, reply }),
        12 => (backend(), 1..150_usize, prop_oneof![Just(10), 0..=10_usize], any::<bool>()).prop_map(|(backend, frames, delivered, duplicated)| Step::Work { backend, frames, delivered, duplicated }),
        3 => (index(), index()).prop_map(|(nth, frame)| Step::Stray { nth, frame }),
        1 => backend().prop_map(|backend| Step::ForgetHistory { backend }),
        1 => backend().prop_map(|backend| Step::Restart { backend }),
        3 => backend().prop_map(|backend| Step::Lose { backend }),
        4 => backend().prop_map(|backend| Step::Reconcile { backend }),
        2 => index().prop_map(|nth| Step::Cancel { nth }),
        2 => (index(), any::<bool>()).prop_map(|(nth, paused)| Step::Pause { nth, paused }),
        1 => any::<bool>().prop_map(|paused| Step::PauseQueue { paused }),
        3 => (index(), proptest::option::of(index())).prop_map(|(nth, before)| Step::Move { nth, before }),
        1 => (index(), -2..=2_i8).prop_map(|(nth, priority)| Step::Prioritize { nth, priority }),
        3 => Just(Step::Recall),
        2 => Just(Step::Tick),
        1 => Just(Step::Join),
    ]
}

fn perform(simulation: &mut Simulation<'_>, step: &Step) {
    match *step {
        Step::Submit { run, times } => (0..times).for_each(|_| simulation.submit(run)),
        Step::Assign => simulation.assign(),
        Step::Arrive => simulation.arrive(),
        Step::Reply { nth, reply } => simulation.reply(nth, reply),
        Step::Work { backend, frames, delivered, duplicated } => simulation.work(backend, frames, delivered, duplicated),
        Step::Stray { nth, frame } => simulation.stray(nth, frame),
        Step::ForgetHistory { backend } => simulation.forget_history(backend),
        Step::Restart { backend } => simulation.restart(backend),
        Step::Lose { backend } => simulation.lose(backend),
        Step::Reconcile { backend } => simulation.reconcile(backend),
        Step::Cancel { nth } => simulation.cancel(nth),
        Step::PauseQueue { paused } => simulation.tracker.pause_queue(paused),
        Step::Recall => simulation.recall(),
        Step::Tick => {
            simulation.tracker.tick();
            simulation.estimate_starts();
        }
        Step::Join => simulation.watcher.join(&simulation.tracker),
        // These may be impossible, and are then refused.
        Step::Pause { nth, paused } => drop(simulation.visible(nth).map(|task| simulation.tracker.pause(task, paused))),
        Step::Prioritize { nth, priority } => drop(simulation.visible(nth).map(|task| simulation.tracker.prioritize(task, priority))),
        Step::Move { nth, before } => {
            let before = before.and_then(|nth| simulation.visible(nth));
            let _ = simulation.visible(nth).map(|task| simulation.tracker.move_before(task, before));
        }
    }
}

#[test]
fn invariants_hold_after_any_sequence_of_events() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let runs = recorded::runs();
    let mut runner = TestRunner::new(Config { cases: 200, max_shrink_time: 20_000, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&proptest::collection::vec(step(), 1..100), |steps| {
        let mut simulation = Simulation::new(&runs, &store);
        for step in &steps {
            perform(&mut simulation, step);
            simulation.check();
        }
        simulation.settle();
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// The answer to a prompt comes after its task went to another ComfyUI: the task stays there.
#[test]
fn a_late_answer_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let runs = recorded::runs();
    for late in [Reply::Accepted, Reply::Undelivered, Reply::Refused] {
        let mut simulation = Simulation::new(&runs, &store);
        simulation.tracker.pause_queue(true);
        simulation.submit(0);
        simulation.tracker.pause_queue(false);
        simulation.assign();
        if late != Reply::Refused {
            simulation.arrive();
        }
        simulation.lose(0);
        simulation.assign();
        let task = simulation.visible(0).unwrap();
        let second = simulation.tracker.task(task).unwrap().backend;
        assert_eq!(second.as_ref().map(|id| id.as_str()), Some("b"));
        simulation.reply(0, late);
        assert_eq!(simulation.tracker.task(task).unwrap().backend, second, "{late:?}");
        // The first ComfyUI runs the prompt that it should not have.
        simulation.work(0, 10_000, 10, false);
        assert!(!simulation.tracker.task(task).unwrap().state.is_final());
        simulation.check();
        simulation.settle();
    }
}

/// More tasks ended since its submission than are kept in memory: its end is still published and stored.
#[tokio::test]
async fn the_end_of_an_old_task_is_stored_after_many_younger_ones_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let runs = recorded::runs();
    let mut simulation = Simulation::new(&runs, &store);
    simulation.tracker.pause_queue(true);
    (0..=limits::SNAPSHOT_TASKS).for_each(|_| simulation.submit(0));
    simulation.check();
    let old = simulation.visible(0).unwrap();
    // The store updates only tasks that were added to it.
    let task = simulation.tracker.task(old).unwrap();
    let stored = Stored { task, workflow: runs[0].workflow.clone(), origin: Origin::default(), extra_data: StoredExtra::default() };
    store.add(stored, None).await.unwrap();
    (1..=limits::SNAPSHOT_TASKS).for_each(|nth| simulation.cancel(nth));
    simulation.cancel(0);
    simulation.check();
    assert_eq!(simulation.tracker.task(old).unwrap().state, TaskState::Cancelled);
    store.flush().await.unwrap();
    assert_eq!(store.read(old).await.unwrap().unwrap().task.state, TaskState::Cancelled);
}

/// A page must not see an end that a crash could take back.
#[tokio::test]
async fn an_end_is_stored_before_it_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let runs = recorded::runs();
    let mut simulation = Simulation::new(&runs, &store);
    simulation.tracker.pause_queue(true);
    simulation.submit(0);
    simulation.tracker.pause_queue(false);
    simulation.assign();
    let id = simulation.visible(0).unwrap();
    let task = simulation.tracker.task(id).unwrap();
    let (backend, elsewhere) = (task.backend.clone().unwrap(), "elsewhere".into());
    let stored = Stored { task, workflow: runs[0].workflow.clone(), origin: Origin::default(), extra_data: StoredExtra::default() };
    store.add(stored, None).await.unwrap();
    let on_disk = async || store.read(id).await.unwrap().unwrap().task.state;
    let cancelled = |task: &proto::task::Task| vec![proto::task::Change::cancelled(task.id, crate::clock::now())];
    let before = on_disk().await;
    simulation.tracker.keep_end(&elsewhere, id, cancelled).await;
    simulation.tracker.keep_end(&backend, id, |_| Vec::new()).await;
    assert_eq!(on_disk().await, before);
    simulation.tracker.keep_end(&backend, id, cancelled).await;
    assert_eq!(on_disk().await, TaskState::Cancelled);
    assert_eq!(simulation.tracker.task(id).unwrap().state, before, "not published yet");
}
