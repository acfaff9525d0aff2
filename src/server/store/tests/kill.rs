//! `kill -9` at any moment: every acknowledged task is on disk.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

const FOLDER: &str = "DARKROOM_TEST_KILL_FOLDER";
const SEED: u64 = 7;
const KILLS: usize = 12;

/// The process to kill: prints each task's id when it is acknowledged, and each acknowledged state.
#[tokio::test]
#[ignore = "is started, and killed, by the test below"]
async fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let (store, _) = open(Path::new(&folder));
    let add = async |store: Store| loop {
        let mut task = task("A cat", 1);
        store.add_new(&task).await;
        eprint_line(&format!("added {}", task.id));
        task.attempt = 2;
        store.keep_now(&task).await.unwrap();
        eprint_line(&format!("kept {}", task.id));
    };
    futures::future::join_all((0..4).map(|_| add(store.clone()))).await;
}

fn eprint_line(line: &str) {
    // One write per line, so that no line is torn.
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

#[tokio::test]
async fn acknowledged_tasks_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = StdRng::seed_from_u64(SEED);
    let (mut added, mut kept) = (HashSet::new(), HashSet::new());
    for _ in 0..KILLS {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "store::tests::kill::victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(victim.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut record = |line: String| {
            let (what, id) = line.split_once(' ').unwrap();
            let acknowledged = if what == "added" { &mut added } else { &mut kept };
            acknowledged.insert(id.parse::<TaskId>().unwrap());
        };
        // Wait for the first line, so that every kill hits a working process.
        record(lines.next().unwrap());
        std::thread::sleep(Duration::from_micros(random.random_range(0..40_000)));
        victim.kill().unwrap();
        victim.wait().unwrap();
        lines.for_each(record);
    }
    // The lock must not survive either.
    let (store, found) = open(folder.path());
    println!("seed {SEED}: {KILLS} kills, {} tasks acknowledged, {} found", added.len(), found.tasks.len());
    assert!(added.len() > KILLS);
    for id in &added {
        assert!(found.workflows.contains_key(id), "{id} was acknowledged and is lost");
    }
    for id in kept {
        assert_eq!(store.task(id).await.unwrap().attempt, 2);
    }
}
