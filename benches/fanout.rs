//! The live connection under load, beside the same fan-out with Node's `ws` and with Python's aiohttp (what ComfyUI's server is made with). Run
//! it with `make bench`, or one part of it with `make bench PARTS="frames memory"`.
//!
//! Upstream, load and watchers live in this process; each server is a process of its own, and its CPU time (user and system) is that of the whole
//! process. All get the same frames from the same upstream. Darkroom does more for its time: it keeps the task, estimates the time left and writes
//! to disk.
//!
//! * **frames**: one task says one event of about 120 bytes at 50 a second. Told are frames that were sent, times the watchers; and events, times the
//!   watchers that were brought up to date, which is more when the machine was late and events fell into one tick.
//! * **tasks**: 20 tasks say 50 events a second each. A peer passes each on; it gets fewer seconds of them and is waited for. Darkroom puts what
//!   falls into one tick into one frame. A judge holds every state of a node against what was said, and all watchers must end where the judge does.
//! * **latency**: from an event said to a watcher that knows it, 1,000 of them, the load in the same machine. An event that was superseded counts
//!   from when it was said until the one that superseded it is there.
//! * **memory**: what a connection adds to resident memory, of 5,000: idle, and after a run was watched.
//! * **streams**: server-sent events to programs, beside comfy-api-proxy: who sees the end, memory of a stream, CPU time.
//! * **link**: the socket to ComfyUI, with permessage-deflate and without.
//! * **topics**: a change with 10,000 readers, each of which follows its own task, beside readers that follow everything; without sockets.
//! * **bytes**: a recorded run of 200 nodes, its `progress_state` frames and what one browser got of it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails must say so")]

#[path = "fanout/link.rs"]
mod link;
#[path = "fanout/servers.rs"]
mod servers;
#[path = "fanout/streams.rs"]
mod streams;
#[allow(dead_code, unused_imports, reason = "a part of it is used here")]
#[path = "../tests/support/mod.rs"]
mod support;
#[path = "fanout/topics.rs"]
mod topics;
#[path = "fanout/upstream.rs"]
mod upstream;
#[path = "fanout/watchers.rs"]
mod watchers;

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use darkroom::proto::{submit::Submission, task::Change};
use serde_json::Value;
use servers::{Kind, Server};
use support::{darkroom_server::accepted, recording};
use tokio::time::{Instant, sleep, sleep_until};
use upstream::Upstream;
use watchers::{Speaks, Watch, Watchers};

const SETTLE: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() {
    // cargo adds flags of its own.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    if wanted("frames") {
        frames(1_000, 3).await;
        frames(5_000, 1).await;
    }
    if wanted("tasks") {
        tasks().await;
    }
    if wanted("latency") {
        latency().await;
    }
    if wanted("memory") {
        memory().await;
    }
    if wanted("streams") {
        streams::streams().await;
    }
    if wanted("link") {
        link::link().await;
    }
    if wanted("topics") {
        topics::topics().await;
    }
    if wanted("bytes") {
        bytes().await;
    }
}

/// What is said of each task.
#[derive(Clone, Copy)]
struct Load {
    steps: usize,
    /// Between two steps.
    pause: Duration,
    /// Before every so manieth step a node begins: a change of state. 0: never.
    states_every: usize,
}

impl Load {
    /// Events said of one task.
    fn events(self) -> u64 {
        (self.steps + self.nodes()) as u64
    }

    fn nodes(self) -> usize {
        self.steps.checked_div(self.states_every).unwrap_or(0)
    }

    async fn say(self, upstreams: &[Upstream], watch: &Watch) {
        let mut tasks = Vec::new();
        for upstream in upstreams {
            tasks.push((upstream, upstream.until_prompt().await));
        }
        let begun = Instant::now();
        for step in 1..=self.steps {
            sleep_until(begun + self.pause * step as u32).await;
            watch.said[step].store(watch.now(), Ordering::Relaxed);
            for (upstream, id) in &tasks {
                if self.states_every > 0 && step % self.states_every == 0 {
                    upstream
                        .say(format!(r#"{{"type":"executing","data":{{"node":"{step}","display_node":"{step}","prompt_id":"{id}"}}}}"#));
                }
                let max = self.steps;
                upstream.say(format!(r#"{{"type":"progress","data":{{"value":{step},"max":{max},"prompt_id":"{id}","node":"0"}}}}"#));
            }
        }
    }
}

/// What one run of a load took.
struct Run {
    cpu: f64,
    /// Frames one watcher got.
    frames: f64,
    events: f64,
    watch: Arc<Watch>,
}

impl Run {
    fn deliveries_per_cpu_second(&self, watchers: usize) -> f64 {
        self.events * watchers as f64 / self.cpu
    }
}

/// `reads`: every watcher reads every frame, to see how late it is.
async fn run(kind: Kind, tasks: usize, watching: usize, load: Load, reads: bool) -> Run {
    let mut upstreams = Vec::new();
    for _ in 0..tasks {
        upstreams.push(Upstream::start().await);
    }
    let server = Server::start(kind, &upstreams, load.steps).await;
    if kind != Kind::Ours {
        // Nobody else hands in tasks: who they are is all the same to a relay.
        for upstream in &upstreams {
            upstream.run_alone();
        }
    }
    let watch = Watch::new(kind.speaks(), load.steps);
    let watchers = Watchers::open(server.addr, watching, &watch).await;
    // What wakes up first has its caches filled and its code compiled.
    let warm_up = Load { steps: 20, ..load };
    warm_up.say(&upstreams, &watch).await;
    watchers.until_all(kind.speaks(), warm_up.events() * tasks as u64).await;
    sleep(SETTLE).await;
    watchers.reset();
    watch.reads.store(reads, Ordering::Relaxed);
    let before = server.cpu();
    load.say(&upstreams, &watch).await;
    if kind == Kind::Ours {
        sleep(SETTLE).await;
    }
    let events = load.events() * tasks as u64;
    watchers.until_all(kind.speaks(), events).await;
    let cpu = server.cpu() - before;
    if kind == Kind::Ours {
        judge(&watchers, tasks, load);
    }
    Run { cpu, frames: watchers.mean(|got| &got.frames), events: events as f64, watch }
}

/// Everything came but progress that was superseded.
fn judge(watchers: &Watchers, tasks: usize, load: Load) {
    let changes = watchers.each[0].changes.lock().expect("lock");
    let mut started = HashSet::new();
    let mut done = HashSet::new();
    for change in changes.iter() {
        match &change.change {
            // Those of the warm-up have begun before.
            Change::NodeStarted { task, node, .. } => assert!(started.insert((*task, node.clone())), "told twice"),
            Change::NodeProgress { task, value, .. } if *value as usize == load.steps => drop(done.insert(*task)),
            _ => {}
        }
    }
    let nodes = load.nodes() - 20usize.checked_div(load.states_every).unwrap_or(0);
    assert_eq!(started.len(), nodes * tasks, "every state is told");
    assert_eq!(done.len(), tasks, "and the newest step of every task");
    assert!(changes.is_sorted_by_key(|change| change.seq));
}

async fn frames(watching: usize, times: usize) {
    let load = Load { steps: if watching > 1_000 { 150 } else { 250 }, pause: Duration::from_millis(20), states_every: 0 };
    let (mut sent, mut known) = ([Vec::new(), Vec::new(), Vec::new()], [Vec::new(), Vec::new(), Vec::new()]);
    for _ in 0..times {
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            let run = run(kind, 1, watching, load, false).await;
            println!("  {kind:?}: {} events, {:.1} frames to each, {:.2} CPU seconds", run.events, run.frames, run.cpu);
            sent[at].push(run.frames * watching as f64 / run.cpu);
            known[at].push(run.deliveries_per_cpu_second(watching));
        }
    }
    for (what, rates) in [("frames", sent), ("events kept up to date", known)] {
        let [ours, node, aiohttp] = rates.map(median);
        line(&format!("one event a frame to {watching}, {what} per CPU second, peer Node ws"), ours, node, 0);
        line(&format!("one event a frame to {watching}, {what} per CPU second, peer aiohttp"), ours, aiohttp, 0);
    }
}

async fn tasks() {
    let load = |seconds: usize| Load { steps: 50 * seconds, pause: Duration::from_millis(20), states_every: 50 };
    let mut rates = Vec::new();
    for kind in Kind::ALL {
        let run = run(kind, 20, 1_000, load(if kind == Kind::Ours { 6 } else { 2 }), false).await;
        let rate = run.deliveries_per_cpu_second(1_000);
        println!("  {kind:?}: {} events, {:.1} frames to each, {:.2} CPU seconds: {rate:.0}", run.events, run.frames, run.cpu);
        rates.push(rate);
    }
    line("20 tasks to 1000, events kept up to date per CPU second, peer Node ws", rates[0], rates[1], 0);
    line("20 tasks to 1000, events kept up to date per CPU second, peer aiohttp", rates[0], rates[2], 0);
}

async fn latency() {
    let load = Load { steps: 500, pause: Duration::from_millis(10), states_every: 13 };
    for watching in [100, 1_000] {
        let mut late = Vec::new();
        for kind in [Kind::Ours, Kind::Node] {
            let run = run(kind, 1, watching, load, true).await;
            let [progress, states] = [&run.watch.late, &run.watch.late_states].map(|late| {
                let mut late = late.lock().expect("lock").clone();
                late.sort_unstable();
                [50, 99].map(|share| f64::from(late[(late.len() - 1) * share / 100]) / 1_000.0)
            });
            late.push([progress, states]);
        }
        for (what, name) in ["progress", "change of state"].into_iter().enumerate() {
            for (share, percent) in ["p50", "p99"].into_iter().enumerate() {
                line(&format!("{name} to {watching}, {percent} in ms, peer Node ws"), late[0][what][share], late[1][what][share], 1);
            }
        }
    }
}

async fn memory() {
    const WATCHING: usize = 5_000;
    let load = Load { steps: 100, pause: Duration::from_millis(20), states_every: 10 };
    let mut each = Vec::new();
    for kind in Kind::ALL {
        let upstreams = [Upstream::start().await];
        let server = Server::start(kind, &upstreams, load.steps).await;
        if kind != Kind::Ours {
            upstreams[0].run_alone();
        }
        let watch = Watch::new(kind.speaks(), load.steps);
        drop(Watchers::open(server.addr, 100, &watch).await);
        sleep(SETTLE).await;
        let before = server.memory();
        let watchers = Watchers::open(server.addr, WATCHING, &watch).await;
        sleep(2 * SETTLE).await;
        let idle = (server.memory() - before) / WATCHING as f64;
        load.say(&upstreams, &watch).await;
        sleep(SETTLE).await;
        watchers.until_all(kind.speaks(), load.events()).await;
        let watched = (server.memory() - before) / WATCHING as f64;
        println!("  {kind:?}: idle {idle:.0} bytes, after a run {watched:.0}");
        each.push([idle, watched]);
    }
    for (at, when) in ["idle", "after a run"].into_iter().enumerate() {
        line(&format!("memory of a connection, {when}, of {WATCHING} (bytes), peer Node ws"), each[0][at], each[1][at], 0);
        line(&format!("memory of a connection, {when}, of {WATCHING} (bytes), peer aiohttp"), each[0][at], each[2][at], 0);
    }
}

/// The recorded run, with the pauses it had.
async fn bytes() {
    let recording = recording("large-workflow-200-nodes");
    let post = recording.lines.iter().find(|line| line["kind"] == "http" && line["path"] == "/prompt").expect("a prompt");
    let recorded = post["response_body"]["prompt_id"].as_str().expect("an id");
    let upstream = Upstream::start_with(classes(&post["request_body"]["prompt"])).await;
    let upstreams = [upstream.clone()];
    let server = Server::launch(Kind::Ours, &upstreams).await;
    upstream.until_clients(1).await;
    let watch = Watch::new(Speaks::Darkroom, 0);
    let watchers = Watchers::open(server.addr, 1, &watch).await;
    let json = post["request_body"]["prompt"].to_string();
    accepted(server.addr, Submission::Workflow { name: "recorded".into(), json }).await;
    let id = upstream.until_prompt().await;
    sleep(SETTLE).await;
    watchers.reset();
    let (mut sent, begun) = (0, Instant::now());
    let frames = recording.lines.iter().filter(|line| line["kind"] == "ws_text");
    let first_run =
        frames.filter_map(|line| Some((line["t"].as_f64()?, line["text"].as_str()?))).filter(|(_, text)| text.contains(recorded));
    for (at, text) in first_run {
        sleep_until(begun + Duration::from_secs_f64(at)).await;
        if text.starts_with(r#"{"type": "progress_state""#) {
            sent += text.len();
        }
        if text.contains(r#""type": "execution_success""#) {
            break;
        }
        upstream.say(text.replace(recorded, &id));
    }
    upstream.end();
    sleep(2 * SETTLE).await;
    let ours = watchers.mean(|got| &got.bytes);
    println!("  one browser got {ours:.0} bytes in {} frames", watchers.mean(|got| &got.frames));
    line("a run of 200 nodes (KB), peer ComfyUI's progress_state", ours / 1e3, sent as f64 / 1e3, 1);
}

fn classes(graph: &Value) -> Vec<String> {
    let nodes = graph.as_object().expect("a graph").values();
    nodes.filter_map(|node| node["class_type"].as_str()).map(str::to_owned).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn line(name: &str, ours: f64, peer: f64, digits: usize) {
    println!("{name}: ours={ours:.digits$} peer={peer:.digits$} ratio={:.3}", ours / peer);
}
