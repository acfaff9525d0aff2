//! How long it takes to find what the pool sends next, under the lock of the tracker: with all ComfyUIs busy, which is so at nearly every look, and with all
//! free, as after a start. Beside it the same with the tasks of each ComfyUI counted anew for each waiting task, as it was at first. Run it with `make bench`,
//! or `cargo bench --locked --features ssr --bench queue`.

#![allow(clippy::print_stdout, reason = "it is a measurement")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use darkroom::proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    queue::{Fit, Room, Seat},
    recipe::TextToImage,
    task::{Durations, QueueKey, Snapshot, Task, TaskState},
    time::Timestamp,
};
use uuid::Uuid;

/// Prompts that each ComfyUI holds.
const LIMIT: usize = 2;
const RUNS: usize = 20;
/// Beyond this many comparisons the slow one is not waited for.
const BEARABLE: usize = 1_000_000_000;

fn main() {
    for (comfyuis, waiting) in [(20, 200), (100, 500), (300, 1_000), (1_000, 10_000)] {
        let ids: Vec<BackendId> = (0..comfyuis).map(|at| BackendId::from(format!("gpu-{at}.example:8188").as_str())).collect();
        let seats: Vec<Seat> = ids.iter().map(|id| Seat { id, open: true, foreign: 0 }).collect();
        for (what, busy) in [("all are busy", LIMIT), ("all are free", 0)] {
            let snapshot = snapshot(&ids, busy, waiting);
            let ours = usual(|| look(&snapshot, &seats));
            let steps = comfyuis * (waiting + busy * comfyuis) * if busy == 0 { (LIMIT * comfyuis).min(waiting) } else { waiting };
            let peer = if steps <= BEARABLE {
                let peer = usual(|| look_counting_anew(&snapshot, &ids));
                format!("{:.2} ms", peer.as_secs_f64() * 1_000.0)
            } else {
                "not waited for".into()
            };
            println!(
                "queue: {comfyuis} ComfyUIs, {waiting} waiting tasks, {what}: ours={:.3} ms, counted anew={peer}",
                ours.as_secs_f64() * 1_000.0
            );
        }
    }
}

/// The time in the middle of some runs.
fn usual(mut look: impl FnMut() -> usize) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(look());
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn snapshot(ids: &[BackendId], busy: usize, waiting: usize) -> Snapshot {
    let workflow = TextToImage::default().workflow();
    let mut number = 0;
    let mut task = |backend: Option<&BackendId>| {
        number += 1;
        let id = TaskId(Uuid::from_u128(number));
        let task = Task::new(id, "x", &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        let state = if backend.is_some() { TaskState::Queued } else { TaskState::Accepted };
        let place = QueueKey { priority: 0, order: u64::try_from(number).unwrap_or_default() };
        Task { backend: backend.cloned(), state, place, ..task }
    };
    let taken: Vec<Task> = ids.iter().flat_map(|id| vec![Some(id); busy]).map(&mut task).collect();
    let waiting = (0..waiting).map(|_| task(None));
    Snapshot { tasks: taken.into_iter().chain(waiting).collect(), ..Snapshot::default() }
}

/// As `Tracker::assign` finds them.
fn look(snapshot: &Snapshot, seats: &[Seat]) -> usize {
    let mut room = Room::of(seats, LIMIT, &snapshot.tasks);
    if room.is_empty() {
        return 0;
    }
    let mut assigned = 0;
    for _ in snapshot.waiting() {
        if room.is_empty() {
            break;
        }
        if let Some(at) = room.choose(|_| Fit::Best) {
            room.take(at);
            assigned += 1;
        }
    }
    assigned
}

fn look_counting_anew(snapshot: &Snapshot, ids: &[BackendId]) -> usize {
    let mut tasks = snapshot.tasks.clone();
    let mut assigned = 0;
    loop {
        let of = Snapshot { tasks, ..Snapshot::default() };
        let next = of.waiting().into_iter().find_map(|task| {
            let taken: Vec<usize> = ids.iter().map(|id| of.tasks.iter().filter(|task| task.is_at(id)).count()).collect();
            let (at, _) = taken.iter().enumerate().filter(|(_, taken)| **taken < LIMIT).min_by_key(|(_, taken)| **taken)?;
            Some((task.id, at))
        });
        tasks = of.tasks;
        let Some((id, at)) = next else { return assigned };
        assigned += 1;
        if let Some(task) = tasks.iter_mut().find(|task| task.id == id) {
            task.backend = Some(ids[at].clone());
        }
    }
}
