//! Darkroom and two engines in processes of their own, killed at random moments while tasks are submitted, run and end.
//!
//! `make test` runs it small; `make chaos` runs it as large as `CHAOS_KILLS` (of each side), `CHAOS_TASKS` and `CHAOS_SEED` say.
//! The seed chooses what is killed and when; what the kills hit is up to the machine.

#![cfg(feature = "ssr")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "chaos/client.rs"]
mod client;
#[path = "chaos/judge.rs"]
mod judge;
#[path = "chaos/organizer.rs"]
mod organizer;
#[allow(dead_code, unused_imports, reason = "a part of it is used here")]
mod support;

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use client::Caller;
use darkroom::{
    proto::{
        ids::{CommandId, TaskId},
        task::{Task, TaskState},
    },
    server::config::{Config, Overrides},
};
use judge::{Kill, Ran, Said, judge};
use organizer::Organizer;
use rand::{Rng, SeedableRng, rngs::SmallRng, seq::SliceRandom};
use support::process::{self, Process};
use tokio::{sync::watch, task::JoinSet, time::sleep};
use uuid::Uuid;

/// Short enough for a few runs between two kills, long enough for kills to hit runs.
const SPEED: f64 = 1.5;
/// After the last kill: without any task coming to its end for this long, the rest is lost.
const STALLED: Duration = Duration::from_secs(90);
/// Between two kills.
const AT_MOST_BETWEEN: Duration = Duration::from_secs(4);

struct Plan {
    seed: u64,
    /// Of Darkroom, and as many of the engines.
    kills: usize,
    tasks: u64,
}

impl Plan {
    fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse::<u64>().expect(name));
        Self {
            seed: number("CHAOS_SEED").unwrap_or(20_261_120),
            kills: number("CHAOS_KILLS").map_or(3, |kills| usize::try_from(kills).expect("a number")),
            tasks: number("CHAOS_TASKS").unwrap_or(16),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Darkroom,
    Engine(usize),
}

/// Attempts must not run out: here engines die far more often than anywhere else.
fn settings(folder: &Path) -> String {
    let text = "[comfyui]\nmax_attempts = 1000\n";
    let file = folder.join("try.toml");
    std::fs::write(&file, text).expect("a file");
    // Of a Darkroom that has no such limit it is not asked.
    if Config::load(Some(&file), Overrides::default()).is_ok() { text.to_owned() } else { String::new() }
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis()).expect("in range")
}

/// Hands in all tasks, in step with the kills; tells the ids as they are accepted.
async fn hand_in(addr: SocketAddr, plan_tasks: u64, seed: u64, mut progress: watch::Receiver<f64>) -> Vec<TaskId> {
    let caller = Caller::new(addr);
    let mut jobs = JoinSet::new();
    for number in 0..plan_tasks {
        // The first third at once, the rest as the kills go on.
        let due = (number as f64 / plan_tasks as f64 - 0.33) / 0.67;
        if progress.wait_for(|done| *done >= due).await.is_err() {
            break;
        }
        let caller = caller.clone();
        let id = CommandId(Uuid::from_u64_pair(seed, number));
        jobs.spawn(async move { caller.submit(client::submission(number), id).await });
    }
    jobs.join_all().await
}

/// Final states as they are first seen; one that changes later is no end.
#[derive(Default)]
struct Ends {
    seen: HashMap<TaskId, TaskState>,
    changed: Vec<String>,
}

impl Ends {
    async fn poll(&mut self, caller: &Caller) {
        let Some(snapshot) = caller.snapshot().await else { return };
        for task in &snapshot.tasks {
            self.note(task.id, task.state);
        }
    }

    /// Until that many tasks are at their end: kills are to fall all along the way, not ahead of all work. Not for long,
    /// since kills are also to fall on a Darkroom that has not recovered yet.
    async fn until(&mut self, caller: &Caller, count: usize) {
        let start = Instant::now();
        self.poll(caller).await;
        while self.seen.len() < count && start.elapsed() < AT_MOST_BETWEEN {
            sleep(Duration::from_millis(100)).await;
            self.poll(caller).await;
        }
    }

    fn note(&mut self, id: TaskId, state: TaskState) {
        match self.seen.get(&id) {
            Some(first) if *first != state => self.changed.push(format!("{id} was {first:?} and is {state:?}")),
            None if state.is_final() => drop(self.seen.insert(id, state)),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_short() {
    let plan = Plan::from_environment();
    println!("chaos: seed={}", plan.seed);
    let mut random = SmallRng::seed_from_u64(plan.seed);
    let folder = tempfile::tempdir().expect("a folder");
    let engine_folders = [folder.path().join("one"), folder.path().join("two")];
    let mut engines = [process::engine(&engine_folders[0], SPEED).await, process::engine(&engine_folders[1], SPEED).await];
    let addrs = engines.each_ref().map(|engine| engine.addr);
    let mut darkroom = process::darkroom(&folder.path().join("darkroom"), &addrs, &settings(folder.path())).await;
    let caller = Caller::new(darkroom.addr);

    let (progress, watched) = watch::channel(0.0);
    let submitting = tokio::spawn(hand_in(darkroom.addr, plan.tasks, plan.seed, watched));
    let (over, is_over) = watch::channel(false);
    let organizing = tokio::spawn(Organizer::new(darkroom.addr).organize(SmallRng::seed_from_u64(plan.seed), is_over));

    let mut victims: Vec<Victim> = (0..plan.kills).flat_map(|at| [Victim::Darkroom, Victim::Engine(at % 2)]).collect();
    victims.shuffle(&mut random);
    let mut kills = Vec::new();
    let mut ends = Ends::default();
    for (at, victim) in victims.iter().enumerate() {
        sleep(Duration::from_millis(random.random_range(50..900))).await;
        ends.until(&caller, at * usize::try_from(plan.tasks).expect("a number") / victims.len()).await;
        let process: &mut Process = match victim {
            Victim::Darkroom => &mut darkroom,
            Victim::Engine(engine) => &mut engines[*engine],
        };
        let from = now_ms();
        process.kill();
        if let Victim::Engine(engine) = victim {
            kills.push(Kill { engine: *engine, from, to: now_ms() });
        }
        sleep(Duration::from_millis(random.random_range(0..400))).await;
        process.spawn();
        progress.send_replace((at + 1) as f64 / victims.len() as f64);
        if (at + 1) % 10 == 0 {
            println!("chaos: {} of {} kills, {} tasks at their end", at + 1, victims.len(), ends.seen.len());
        }
    }
    for engine in &mut engines {
        engine.until_ready().await;
    }
    darkroom.until_ready().await;
    let accepted = submitting.await.expect("all handed in");
    println!("chaos: {} accepted; waiting for the last of them", accepted.len());
    wait_until(&caller, &accepted, |task| {
        if task.state.is_final() {
            ends.note(task.id, task.state);
        }
        task.state.is_final()
    })
    .await;

    // Every output is in the media store: what the engines have of them is deleted.
    wait_until(&caller, &accepted, |task| !task.outputs.iter().any(|output| output.storage.is_copying())).await;
    for folder in &engine_folders {
        for kind in ["output", "temp"] {
            let _ = std::fs::remove_dir_all(folder.join("comfy").join(kind));
        }
    }

    // All that was acknowledged must have been stored.
    over.send_replace(true);
    let organizer = organizing.await.expect("all changes were acknowledged");
    darkroom.kill();
    darkroom.restart().await;
    let mut said = BTreeMap::new();
    let mut socket_results = Vec::new();
    for id in accepted {
        let task = caller.task(id).await;
        if let Some(task) = &task {
            ends.note(id, task.state);
            socket_results.extend(client::socket_result(task));
        }
        let (has_picture, outputs_lost) = match &task {
            Some(task) => (caller.has_picture(task).await, caller.lost_outputs(task).await),
            None => (false, 0),
        };
        let (state, attempt) = task.map_or((None, 1), |task| (Some(task.state), task.attempt));
        said.insert(id.to_string(), Said { state, attempt, has_picture, outputs_lost });
    }
    let ran: Vec<Ran> = engine_folders
        .iter()
        .enumerate()
        .flat_map(|(engine, folder)| process::executions(folder).into_iter().map(move |execution| Ran { engine, execution }))
        .collect();
    let verdict = judge(&said, &ran, &kills);
    let marks = organizer.judge().await;
    for complaint in verdict.complaints.iter().chain(&ends.changed).chain(&marks.complaints) {
        println!("chaos: {complaint}");
    }
    let arrived = socket_results.iter().filter(|arrived| **arrived).count();
    println!("chaos: {arrived} pictures that were sent over the socket arrived, {} are named as lost", socket_results.len() - arrived);
    let line = format!("chaos: seed={} kills={} {verdict} {marks}", plan.seed, victims.len());
    println!("{line}");
    if let Ok(report) = std::env::var("CHAOS_REPORT") {
        std::fs::write(report, format!("{line}\n")).expect("a report");
    }
    let is_well = verdict.lost == 0 && verdict.run_twice == 0 && verdict.outputs_lost == 0 && ends.changed.is_empty();
    let is_well = is_well && marks.complaints.is_empty();
    assert!(is_well, "{line}");
}

/// Waits until every task `is_settled`, or until none has become so for too long.
async fn wait_until(caller: &Caller, accepted: &[TaskId], mut is_settled: impl FnMut(&Task) -> bool) {
    let mut open: Vec<TaskId> = accepted.to_vec();
    let mut last = Instant::now();
    while !open.is_empty() && last.elapsed() < STALLED {
        let mut still = Vec::new();
        for id in &open {
            match caller.task(*id).await {
                Some(task) if is_settled(&task) => last = Instant::now(),
                _ => still.push(*id),
            }
        }
        open = still;
        sleep(Duration::from_millis(200)).await;
    }
}
