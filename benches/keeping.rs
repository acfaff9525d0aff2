//! What keeping outputs costs: bytes and CPU time a picture, and the queue's throughput with and without. Run it with `make bench`.
//!
//! The engine and Darkroom are processes of their own. The tasks paint as fast as the engine can, so that the queue is never idle; all are handed in at
//! once. The time ends when the last one is over, and then again when its picture is kept.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails must say so")]

#[allow(dead_code, unused_imports, reason = "a part of it is used here")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{
    media::{MediaCaller, files},
    metrics::Scrape,
    process,
};
use tokio::time::sleep;

const TASKS: u32 = 100;
const SIDE: u32 = 512;
/// Clock ticks of `/proc/{pid}/stat` a second, on every Linux.
const TICKS: f64 = 100.0;

struct Measured {
    tasks_per_second: f64,
    cpu_ms: f64,
    bytes: u64,
    /// From the last end to the last kept picture.
    behind: Duration,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // Once for the caches of the machine.
    runtime.block_on(measure(true));
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        without.push(runtime.block_on(measure(false)));
        with.push(runtime.block_on(measure(true)));
    }
    let rate = |all: &[Measured]| median(all.iter().map(|one| one.tasks_per_second).collect());
    let cpu = |all: &[Measured]| median(all.iter().map(|one| one.cpu_ms).collect());
    let bytes = with[0].bytes as f64 / 1024.0;
    println!(
        "tasks of the queue per second, each with a picture of {SIDE}×{SIDE}: with keeping {:.1}, without {:.1}",
        rate(&with),
        rate(&without)
    );
    println!("last picture kept {} ms after the last task ended", with[1].behind.as_millis());
    println!(
        "keeping, tasks per second: ours={:.1} peer={:.1} (keep = false) ratio={:.3}",
        rate(&with),
        rate(&without),
        rate(&with) / rate(&without)
    );
    println!("keeping, CPU time a picture: ours={:.1}ms", cpu(&with) - cpu(&without));
    println!("keeping, bytes a picture: ours={bytes:.0}KB");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// A noisy picture, as of a camera: nothing compresses well.
fn workflow(number: u32) -> Value {
    json!({
        "1": {"class_type": "EmptyLatentImage", "inputs": {"width": SIDE, "height": SIDE, "batch_size": 1}},
        "2": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "demo-safelight.safetensors"}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["2", 1], "text": format!("a lighthouse, number {number}")}},
        "4": {"class_type": "KSampler", "inputs": {
            "model": ["2", 0], "positive": ["3", 0], "negative": ["3", 0], "latent_image": ["1", 0],
            "seed": number, "steps": 1, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
        }},
        "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["2", 2]}},
        "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "bench"}},
    })
}

async fn measure(keep: bool) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let darkroom = process::darkroom(folder.path(), &[engine.addr], &format!("[media]\nkeep = {keep}\n")).await;
    let caller = MediaCaller::new(darkroom.addr);
    let before = cpu_ms(darkroom.id());
    let start = Instant::now();
    for number in 0..TASKS {
        caller.submit(&workflow(number)).await;
    }
    until(&darkroom, |scrape| scrape.get("darkroom_tasks_ended_total", &[("state", "completed")]) >= f64::from(TASKS)).await;
    let took = start.elapsed();
    if keep {
        until(&darkroom, |scrape| scrape.get("darkroom_media_copies_total", &[("outcome", "kept")]) >= f64::from(TASKS)).await;
    }
    let behind = start.elapsed() - took;
    let cpu_ms = (cpu_ms(darkroom.id()) - before) / f64::from(TASKS);
    let media = folder.path().join("data/media");
    let bytes = files(&media).iter().map(|name| std::fs::metadata(media.join(name)).expect("a file").len()).sum::<u64>();
    Measured { tasks_per_second: f64::from(TASKS) / took.as_secs_f64(), cpu_ms, bytes: bytes / u64::from(TASKS), behind }
}

async fn until(darkroom: &process::Process, wanted: impl Fn(&Scrape) -> bool) {
    while !wanted(&Scrape::of(darkroom.addr).await) {
        sleep(Duration::from_millis(20)).await;
    }
}

/// User and system time of a process so far.
fn cpu_ms(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<f64> = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse().expect("a number")).collect();
    fields.iter().sum::<f64>() * 1000.0 / TICKS
}
