//! Three Darkrooms with one PostgreSQL, behind a balancer: killed, stopped, cut off and replaced at random moments while tasks are submitted, run and end,
//! and people and programs watch.
//!
//! `make test` runs it small; `make chaos-cluster` runs it as large as `CLUSTER_KILLS` and `CLUSTER_PAUSES` (of Darkrooms), `CLUSTER_PROMOTIONS` (of a second
//! PostgreSQL), `CLUSTER_TASKS` and `CLUSTER_SEED` say. The seed chooses the faults and their order; what they hit is up to the machine.

#![cfg(feature = "ssr")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[allow(dead_code, reason = "a part of it is used here")]
#[path = "chaos/client.rs"]
mod client;
#[path = "cluster/event_watcher.rs"]
mod event_watcher;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "chaos/judge.rs"]
mod judge;
#[path = "cluster/load.rs"]
mod load;
#[path = "cluster/outputs.rs"]
mod outputs;
#[path = "cluster/rig.rs"]
mod rig;
#[path = "cluster/rolling.rs"]
mod rolling;
#[path = "cluster/socket_watcher.rs"]
mod socket_watcher;
#[allow(dead_code, unused_imports, reason = "a part of it is used here")]
mod support;
#[path = "cluster/watchers.rs"]
mod watchers;
#[path = "cluster/witness.rs"]
mod witness;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use client::Caller;
use darkroom::proto::{
    ids::TaskId,
    task::{Task, TaskState},
};
use faults::{Fault, FaultCounts, PlannedFault};
use judge::{Ran, Said, judge};
use load::{AcceptedTask, Load};
use outputs::{EngineFiles, OutputJudge};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use rig::Rig;
use support::process;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::sleep,
};
use watchers::Watchers;

/// After the last fault: without any task coming to its end for this long, the rest is lost.
const STALLED: Duration = Duration::from_secs(90);
/// Faults are to fall all along the way, not ahead of all work; and not too far apart, since they are also to fall on what has not recovered yet.
const AT_MOST_BETWEEN: Duration = Duration::from_secs(3);
/// Faults at a time: of three Darkrooms one is spared.
const AT_ONCE: usize = 2;
/// Of each kind.
const WATCHERS: usize = 10;

struct Plan {
    seed: u64,
    counts: FaultCounts,
    tasks: u64,
}

impl Plan {
    fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse::<u64>().expect(name));
        let count = |name: &str, default: usize| number(name).map_or(default, |count| usize::try_from(count).expect("a number"));
        let counts = FaultCounts {
            kills: count("CLUSTER_KILLS", 1),
            pauses: count("CLUSTER_PAUSES", 1),
            promotions: count("CLUSTER_PROMOTIONS", 0),
        };
        Self { seed: number("CLUSTER_SEED").unwrap_or(20_261_130), counts, tasks: number("CLUSTER_TASKS").unwrap_or(24) }
    }
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis()).expect("in range")
}

/// Commits all faults, and tells how far it is.
async fn commit_all(
    rig: &Arc<Rig>,
    faults: &[PlannedFault],
    random: &mut SmallRng,
    (watchers, tasks): (&Watchers, u64),
    progress: &watch::Sender<f64>,
) {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (at, fault) in faults.iter().copied().enumerate() {
        until_ended(watchers, at * usize::try_from(tasks).expect("a number") / faults.len()).await;
        let permit = permits.clone().acquire_owned().await.expect("open");
        let rig = rig.clone();
        running.spawn(async move {
            fault.commit(&rig).await;
            drop(permit);
        });
        progress.send_replace((at + 1) as f64 / faults.len() as f64);
        sleep(Duration::from_millis(random.random_range(50..900))).await;
        if (at + 1) % 10 == 0 {
            println!("chaos-cluster: {} of {} faults", at + 1, faults.len());
        }
    }
    running.join_all().await;
}

/// Until that many tasks are known to be at their end.
async fn until_ended(watchers: &Watchers, count: usize) {
    let start = Instant::now();
    while watchers.known_ends() < count && start.elapsed() < AT_MOST_BETWEEN {
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until every task `is_settled`, or until none has become so for too long. Returns what was last said of each.
async fn wait_until(caller: &Caller, accepted: &[AcceptedTask], is_settled: impl Fn(&Task) -> bool) -> BTreeMap<TaskId, Option<Task>> {
    let mut said = BTreeMap::new();
    let mut open: Vec<TaskId> = accepted.iter().map(|task| task.id).collect();
    let mut last = Instant::now();
    while !open.is_empty() && last.elapsed() < STALLED {
        let mut still = Vec::new();
        for id in open {
            let task = caller.task(id).await;
            if task.as_ref().is_some_and(&is_settled) {
                last = Instant::now();
            } else {
                still.push(id);
            }
            said.insert(id, task);
        }
        open = still;
        sleep(Duration::from_millis(200)).await;
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cluster_short() {
    let plan = Plan::from_environment();
    println!("chaos-cluster: seed={}", plan.seed);
    let mut random = SmallRng::seed_from_u64(plan.seed);
    let faults = faults::plan(plan.counts, &mut random);
    let rig = Rig::start(plan.counts.promotions > 0).await;
    let keeping = tokio::spawn(rig.clone().keep_running());
    let watchers = Watchers::start(rig.balancer.addr, WATCHERS);
    watchers.until_connected().await;

    let (progress, watched) = watch::channel(0.0);
    let submitting = tokio::spawn(Load::new(rig.balancer.addr, plan.seed).hand_in(plan.tasks, watched));
    commit_all(&rig, &faults, &mut random, (&watchers, plan.tasks), &progress).await;
    faults::heal(&rig).await;
    let accepted = submitting.await.expect("all handed in");
    println!("chaos-cluster: {} accepted; waiting for the last of them", accepted.len());
    let caller = Caller::new(rig.balancer.addr);
    wait_until(&caller, &accepted, |task| task.state.is_final()).await;
    let tasks = wait_until(&caller, &accepted, |task| !task.outputs.iter().any(|output| output.storage.is_copying())).await;

    // What the engines have is deleted: what is shown now Darkroom has.
    let files = EngineFiles::take(rig.engines.iter().map(|engine| engine.folder.as_path()));
    let output_judge = OutputJudge::new(rig.balancer.addr, &files);
    let mut said = BTreeMap::new();
    let mut complaints = Vec::new();
    for AcceptedTask { id, is_cancelled } in &accepted {
        let task = tasks[id].as_ref();
        let (has_picture, outputs_lost) = match task {
            Some(task) => output_judge.judge(task, &mut complaints).await,
            None => (false, 0),
        };
        let mut state = task.map(|task| task.state);
        if state == Some(TaskState::Failed) || *is_cancelled && state != Some(TaskState::Cancelled) {
            complaints.push(format!("{id} is {state:?}, cancelled: {is_cancelled}: {:?}", task.and_then(|task| task.error.as_ref())));
            // Nothing here fails by itself: it counts as lost.
            state = None;
        }
        said.insert(id.to_string(), Said { state, attempt: task.map_or(1, |task| task.attempt), has_picture, outputs_lost });
    }
    let mut ran: Vec<Ran> = Vec::new();
    for (at, engine) in rig.engines.iter().enumerate() {
        ran.extend(process::executions(&engine.folder).into_iter().map(|execution| Ran { engine: at, execution }));
    }
    let verdict = judge(&said, &ran, &rig.kills.lock().expect("lock"));
    let seen = watchers.judge(&caller, &tasks).await;
    keeping.abort();
    complaints.extend(verdict.complaints.iter().chain(&seen.complaints).cloned());
    complaints.extend(wrong_rows(&rig).await);
    for complaint in &complaints {
        println!("chaos-cluster: {complaint}");
    }
    for exit in rig.exits.lock().expect("lock").iter() {
        println!("chaos-cluster: {exit}");
    }
    let takeovers = rig.number("SELECT term - 1 FROM darkroom.owner").await;
    let count = |wanted: [Fault; 2]| faults.iter().filter(|planned| wanted.contains(&planned.fault)).count();
    let (kills, pauses) = (count([Fault::KillOwner, Fault::KillRelay]), count([Fault::StopOwner, Fault::StopRelay]));
    let (never_arrived, left_behind) = (output_judge.never_arrived(), output_judge.left_behind());
    println!(
        "chaos-cluster: faults={} reruns={} never_arrived={never_arrived} left_behind={left_behind} {seen}",
        faults.len(),
        verdict.reruns
    );
    let line = format!(
        "chaos-cluster: seed={} kills={kills} pauses={pauses} takeovers={takeovers} accepted={} completed={} lost={} run_twice={} outputs_lost={} \
         ends_told_twice={} holes={}",
        plan.seed, verdict.accepted, verdict.completed, verdict.lost, verdict.run_twice, verdict.outputs_lost, seen.told_twice, seen.holes
    );
    println!("{line}");
    if let Ok(report) = std::env::var("CLUSTER_REPORT") {
        std::fs::write(report, format!("{line}\n")).expect("a report");
    }
    assert!(complaints.is_empty(), "{line}\n{}", complaints.join("\n"));
    assert!(takeovers > 0, "nobody ever took over");
}

/// Rows in PostgreSQL that must not be.
async fn wrong_rows(rig: &Rig) -> Vec<String> {
    let checks = [
        (
            "commits of a later term than the owner's",
            "SELECT count(*) FROM darkroom.commits WHERE term > (SELECT term FROM darkroom.owner)",
        ),
        ("checkpoints of a later term", "SELECT count(*) FROM darkroom.checkpoints WHERE term > (SELECT term FROM darkroom.owner)"),
        ("gaps between commits", "SELECT coalesce(max(seq) - min(seq) + 1 - count(*), 0) FROM darkroom.commits"),
        (
            "commits of an earlier term than the one before",
            "SELECT count(*) FROM darkroom.commits a JOIN darkroom.commits b ON b.seq = a.seq + 1 WHERE b.term < a.term",
        ),
    ];
    let mut wrong = Vec::new();
    for (what, query) in checks {
        let rows = rig.number(query).await;
        if rows != 0 {
            wrong.push(format!("in PostgreSQL: {rows} {what}"));
        }
    }
    wrong
}
