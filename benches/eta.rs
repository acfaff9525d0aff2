//! How well the time left is told: by us, and by two naive ways, over the same runs. Run it with `make bench`.
//!
//! Each run is looked at when 25, 50 and 75 % of its real duration are over. The error is that of the time left, relative to the time that
//! was really left then; of all runs, the median is told, with infinity for a way that cannot say anything at that moment. A run is judged
//! with what was learned from the runs before it and from nothing else.
//!
//! * "nodes done": the time so far, times the nodes still to do, by the nodes done. Cached ones are left out.
//! * "last rate": the node that runs now ends at the pace of its bar so far, and nothing comes after it.
//!
//! The runs are those of the recordings (`tests/recordings`, in order of their names, with their real times) and of a demo engine on a port of this
//! process: several workflows and sizes, each cold first, then with what it has cached.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails must say so")]

#[path = "eta/demo_runs.rs"]
mod demo_runs;
#[allow(dead_code, unused_imports, reason = "a part of it is used here")]
#[path = "../tests/support/mod.rs"]
mod support;
#[path = "eta/ways.rs"]
mod ways;

use darkroom::proto::{
    ids::TaskId,
    task::{Durations, Numbered, Snapshot, Task, TaskState},
    time::Timestamp,
};
use support::{recordings, replay::replay_knowing};

/// Shorter runs are over before anybody could read a time left. Milliseconds.
const SHORTEST: u64 = 300;
const SHARES: [u64; 3] = [25, 50, 75];

/// What was told at one moment of one run.
struct Look {
    share: u64,
    /// A run of this shape had been seen.
    seen: bool,
    /// Relative errors; infinite where nothing was said.
    ours: f64,
    nodes_done: f64,
    last_rate: f64,
    /// The true end was within what we said it may be off by; `None` when we said nothing.
    held: Option<bool>,
}

fn main() {
    let mut recorded = Vec::new();
    let mut durations = Durations::default();
    for recording in recordings() {
        let replay = replay_knowing(&recording, durations);
        recorded.extend(judge(&replay.changes, &replay.times));
        durations = replay.durations;
    }
    let replay = demo_runs::play();
    let demo = judge(&replay.changes, &replay.times);

    println!("time left: median error relative to the time really left, by the share of the run that is over");
    println!("{:<28} {:>5} {:>8} {:>11} {:>10} {:>9} {:>8}", "runs", "over", "ours", "nodes done", "last rate", "± held", "silent");
    let all: Vec<&Look> = recorded.iter().chain(&demo).collect();
    let first: Vec<&Look> = all.iter().copied().filter(|look| !look.seen).collect();
    let later: Vec<&Look> = all.iter().copied().filter(|look| look.seen).collect();
    table("recorded", &recorded.iter().collect::<Vec<_>>());
    table("demo engine", &demo.iter().collect::<Vec<_>>());
    table("of a shape not seen before", &first);
    table("of a shape seen before", &later);
    table("all", &all);
    for share in SHARES {
        let of = |way: fn(&Look) -> f64| median(all.iter().filter(|look| look.share == share).map(|look| way(look)).collect());
        let (ours, nodes, rate) = (of(|look| look.ours), of(|look| look.nodes_done), of(|look| look.last_rate));
        line(share, ours, nodes, "nodes done");
        line(share, ours, rate, "last rate");
    }
}

fn line(share: u64, ours: f64, peer: f64, name: &str) {
    println!("eta error at {share} % (median): ours={:.0}% peer={:.0}% ({name}) ratio={:.2}", ours * 100.0, peer * 100.0, ours / peer);
}

fn table(name: &str, looks: &[&Look]) {
    for share in SHARES {
        let looks: Vec<&&Look> = looks.iter().filter(|look| look.share == share).collect();
        let of = |way: fn(&Look) -> f64| format!("{:.0} %", 100.0 * median(looks.iter().map(|look| way(look)).collect()));
        let told: Vec<bool> = looks.iter().filter_map(|look| look.held).collect();
        let held = told.iter().filter(|held| **held).count() * 100 / told.len().max(1);
        println!(
            "{:<28} {share:>3} % {:>8} {:>11} {:>10} {held:>7} % {:>8}",
            format!("{name} ({})", looks.len()),
            of(|look| look.ours),
            of(|look| look.nodes_done),
            of(|look| look.last_rate),
            looks.len() - told.len(),
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// Goes through the changes as a page does, and looks at each completed run at its moments.
fn judge(changes: &[Numbered], times: &[Timestamp]) -> Vec<Look> {
    let mut end = Snapshot::default();
    changes.iter().for_each(|change| {
        end.apply(change);
    });
    let long = |task: &&Task| task.state == TaskState::Completed && real(task).is_some_and(|(from, to)| to.since(from) >= SHORTEST);
    let runs: Vec<&Task> = end.tasks.iter().filter(long).collect();
    let mut looks = Vec::new();
    for run in runs {
        let (from, to) = real(run).expect("complete");
        for share in SHARES {
            let moment = from.plus_ms(to.since(from) * share / 100);
            looks.extend(look(&changes[..times.partition_point(|at| *at <= moment)], run.id, share, moment, to));
        }
    }
    looks
}

fn real(task: &Task) -> Option<(Timestamp, Timestamp)> {
    Some((task.started_at?, task.ended_at?))
}

fn look(changes: &[Numbered], id: TaskId, share: u64, now: Timestamp, end: Timestamp) -> Option<Look> {
    let mut snapshot = Snapshot::default();
    changes.iter().for_each(|change| {
        snapshot.apply(change);
    });
    let task = snapshot.task(id).filter(|task| task.state == TaskState::Running)?;
    let left = end.since(now).max(1) as f64;
    let error = |told: Option<f64>| told.map_or(f64::INFINITY, |told| (told - left).abs() / left);
    let held = task.ends_at.zip(task.within_ms).map(|(told, within)| told.0.abs_diff(end.0) <= u64::from(within));
    Some(Look {
        share,
        seen: task.usual_ms.is_some(),
        ours: error(task.ends_at.map(|told| told.since(now) as f64)),
        nodes_done: error(ways::nodes_done(task, now)),
        last_rate: error(ways::last_rate(task, now)),
        held,
    })
}
