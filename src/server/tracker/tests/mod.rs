//! The tracker under whatever may happen, in any order: what people do, what two ComfyUIs say, drops, duplicates, restarts and resyncs.

mod comfy;
mod recorded;
mod watcher;
mod world;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use self::world::{BACKENDS, Reply, World};
use crate::{
    config::Retention,
    store::{Origin, Store, Stored},
};
use proto::{limits, task::TaskState};

#[derive(Clone, Debug)]
enum Step {
    Submit { run: usize, times: usize },
    Assign,
    Arrive,
    Reply { nth: usize, reply: Reply },
    Work { backend: usize, frames: usize, heard: usize, twice: bool },
    Stray { nth: usize, frame: usize },
    ForgetHistory { backend: usize },
    Restart { backend: usize },
    Lose { backend: usize },
    Resync { backend: usize },
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
    let reply = prop_oneof![5 => Just(Reply::Taken), 2 => Just(Reply::Lost), 2 => Just(Reply::Undelivered), 1 => Just(Reply::Refused)];
    // Some pages begin when more wait than are told of in full.
    let times = prop_oneof![8 => 1..3_usize, 1 => Just(25)];
    prop_oneof![
        6 => (index(), times).prop_map(|(run, times)| Step::Submit { run, times }),
        8 => Just(Step::Assign),
        4 => Just(Step::Arrive),
        8 => (index(), reply).prop_map(|(nth, reply)| Step::Reply { nth, reply }),
        12 => (backend(), 1..150_usize, prop_oneof![Just(10), 0..=10_usize], any::<bool>()).prop_map(|(backend, frames, heard, twice)| Step::Work { backend, frames, heard, twice }),
        3 => (index(), index()).prop_map(|(nth, frame)| Step::Stray { nth, frame }),
        1 => backend().prop_map(|backend| Step::ForgetHistory { backend }),
        1 => backend().prop_map(|backend| Step::Restart { backend }),
        3 => backend().prop_map(|backend| Step::Lose { backend }),
        4 => backend().prop_map(|backend| Step::Resync { backend }),
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

fn take(world: &mut World<'_>, step: &Step) {
    match *step {
        Step::Submit { run, times } => (0..times).for_each(|_| world.submit(run)),
        Step::Assign => world.assign(),
        Step::Arrive => world.arrive(),
        Step::Reply { nth, reply } => world.reply(nth, reply),
        Step::Work { backend, frames, heard, twice } => world.work(backend, frames, heard, twice),
        Step::Stray { nth, frame } => world.stray(nth, frame),
        Step::ForgetHistory { backend } => world.forget_history(backend),
        Step::Restart { backend } => world.restart(backend),
        Step::Lose { backend } => world.lose(backend),
        Step::Resync { backend } => world.resync(backend),
        Step::Cancel { nth } => world.cancel(nth),
        Step::PauseQueue { paused } => world.tracker.pause_queue(paused),
        Step::Recall => world.recall(),
        Step::Tick => {
            world.tracker.tick();
            world.estimate_starts();
        }
        Step::Join => world.watcher.join(&world.tracker),
        // People may ask for what cannot be done: it is refused.
        Step::Pause { nth, paused } => drop(world.visible(nth).map(|task| world.tracker.pause(task, paused))),
        Step::Prioritize { nth, priority } => drop(world.visible(nth).map(|task| world.tracker.prioritize(task, priority))),
        Step::Move { nth, before } => {
            let before = before.and_then(|nth| world.visible(nth));
            let _ = world.visible(nth).map(|task| world.tracker.move_before(task, before));
        }
    }
}

#[test]
fn whatever_happens_the_story_holds_together() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let runs = recorded::runs();
    let mut runner = TestRunner::new(Config { cases: 200, max_shrink_time: 20_000, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&proptest::collection::vec(step(), 1..100), |steps| {
        let mut world = World::new(&runs, &store);
        for step in &steps {
            take(&mut world, step);
            world.check();
        }
        world.settle();
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// A prompt's answer comes after its task was given up there and went on: it runs where it went.
#[test]
fn what_is_said_too_late_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let runs = recorded::runs();
    for late in [Reply::Taken, Reply::Undelivered, Reply::Refused] {
        let mut world = World::new(&runs, &store);
        world.tracker.pause_queue(true);
        world.submit(0);
        world.tracker.pause_queue(false);
        world.assign();
        if late != Reply::Refused {
            world.arrive();
        }
        world.lose(0);
        world.assign();
        let task = world.visible(0).unwrap();
        let second = world.tracker.task(task).unwrap().backend;
        assert_eq!(second.as_ref().map(|id| id.as_str()), Some("b"));
        world.reply(0, late);
        assert_eq!(world.tracker.task(task).unwrap().backend, second, "{late:?}");
        // The first one finishes what it should not have.
        world.work(0, 10_000, 10, false);
        assert!(!world.tracker.task(task).unwrap().state.is_final());
        world.check();
        world.settle();
    }
}

/// More have ended since it was handed in than are kept live: that it is over is seen and kept all the same.
#[tokio::test]
async fn an_old_task_that_ends_after_many_younger_ones_is_over_on_disk_too() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), Retention::default()).unwrap();
    let runs = recorded::runs();
    let mut world = World::new(&runs, &store);
    world.tracker.pause_queue(true);
    (0..=limits::SNAPSHOT_TASKS).for_each(|_| world.submit(0));
    world.check();
    let old = world.visible(0).unwrap();
    // Into the store, which knows only what was accepted there.
    let task = world.tracker.task(old).unwrap();
    let stored = Stored { task, workflow: runs[0].workflow.clone(), origin: Origin::default() };
    store.add(stored, None).await.unwrap();
    (1..=limits::SNAPSHOT_TASKS).for_each(|nth| world.cancel(nth));
    world.cancel(0);
    world.check();
    assert_eq!(world.tracker.task(old).unwrap().state, TaskState::Cancelled);
    store.flush().await.unwrap();
    assert_eq!(store.read(old).await.unwrap().unwrap().task.state, TaskState::Cancelled);
}
