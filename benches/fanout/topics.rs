//! What a change costs with many readers, without sockets: each follows a task of its own, and for comparison everything, as all readers did at first.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use darkroom::{
    proto::{
        ids::{NodeId, Seq, TaskId},
        limits,
        task::{Change, Numbered},
        time::Timestamp,
        wire::{Prefer, Topic},
    },
    server::{hub::Hub, reader::Reader},
};
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::{SETTLE, servers::cpu_of};

const READERS: u128 = 10_000;
const RUNNING: u128 = 30;
/// So slow that everybody has read a change before the next comes.
const CHANGES: u64 = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// At the rate of 30 short tasks a second.
const MANY_CHANGES: u64 = 6_000;
const MANY_EVERY: Duration = Duration::from_micros(833);

pub async fn topics() {
    let everything = cost(|_| Topic::All, CHANGES, PAUSE).await;
    let topics = cost(|number| Topic::Task(id(number)), CHANGES, PAUSE).await;
    println!("  of {CHANGES} changes, 10 a second: {} and {} frames read", everything.frames, topics.frames);
    println!(
        "CPU of a change in µs, {READERS} readers, {RUNNING} tasks run: each follows its task={:.1} everything={:.1} ratio={:.4}",
        topics.micros,
        everything.micros,
        topics.micros / everything.micros
    );
    println!("readers woken by a change: each follows its task={:.2} everything={:.2}", topics.reads, everything.reads);
    let full = cost(|number| Topic::Task(id(number)), MANY_CHANGES, MANY_EVERY).await;
    println!("CPU of a change in µs at 1,200 a second: each follows its task={:.1}, readers woken={:.2}", full.micros, full.reads);
}

/// Of one change.
struct Cost {
    micros: f64,
    /// How often readers looked for changes.
    reads: f64,
    /// Of all changes.
    frames: u64,
}

fn id(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(1 + number))
}

async fn cost(topic: impl Fn(u128) -> Topic, changes: u64, every: Duration) -> Cost {
    let hub = Arc::<Hub>::default();
    let frames = Arc::new(AtomicU64::new(0));
    let clock = hub.clone();
    let mut jobs = vec![tokio::spawn(async move { clock.run().await })];
    for number in 0..READERS {
        let mut reader = Reader::new(hub.clone(), &[topic(number)], Prefer { previews: false, tick_ms: limits::TICK_MS });
        let frames = frames.clone();
        jobs.push(tokio::spawn(async move {
            loop {
                let batch = reader.next().await;
                frames.fetch_add(u64::from(batch.changes.is_some()), Ordering::Relaxed);
            }
        }));
    }
    sleep(SETTLE).await;
    let (cpu, reads, begun) = (cpu_of("self"), hub.reads(), Instant::now());
    for seq in 1..=changes {
        let (task, node) = (id(u128::from(seq) % RUNNING), NodeId::from("3"));
        // Two of three are progress.
        let change = match seq % 3 {
            0 => Change::NodeStarted { task, node, at: Timestamp(seq) },
            _ => Change::NodeProgress { task, node, value: seq as u32, max: u32::MAX, counted: true },
        };
        hub.publish(&Numbered { seq: Seq(seq), change });
        sleep_until(begun + every * u32::try_from(seq).expect("few")).await;
    }
    sleep(SETTLE).await;
    let (cpu, reads) = (cpu_of("self") - cpu, hub.reads() - reads);
    jobs.iter().for_each(tokio::task::JoinHandle::abort);
    Cost { micros: cpu * 1e6 / changes as f64, reads: reads as f64 / changes as f64, frames: frames.load(Ordering::Relaxed) }
}
