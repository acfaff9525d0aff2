//! A rolling restart: three Darkrooms are stopped and started one after another, as for an update, while tasks run and 200 pages watch.

use std::time::Duration;

use darkroom::proto::task::TaskState;
use tokio::{sync::watch, time::sleep};

use crate::{client::Caller, load::Load, rig::Rig, support::process, wait_until, watchers::Watchers};

const PAGES: usize = 200;
const TASKS: u64 = 60;
/// A bar of a page may stand for so long.
const AWAY: Duration = Duration::from_secs(2);
/// Between a start and the next stop, so that all pages are back.
const PAUSE: Duration = Duration::from_secs(3);

/// `make rolling-restart`
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes a minute and all of the machine"]
async fn rolling_restart() {
    let rig = Rig::start(false).await;
    let watchers = Watchers::of_pages(rig.balancer.addr, PAGES);
    watchers.until_connected().await;
    let (progress, watched) = watch::channel(0.0);
    let submitting = tokio::spawn(Load::new(rig.balancer.addr, 1).hand_in(TASKS, watched));
    for (at, member) in rig.members.iter().enumerate() {
        progress.send_replace((at + 1) as f64 / rig.members.len() as f64);
        sleep(PAUSE).await;
        let mut process = member.process.lock().await;
        assert!(process.terminate().await.success(), "{}", rig.log_of(at));
        process.restart().await;
    }
    let accepted = submitting.await.expect("all handed in");
    let caller = Caller::new(rig.balancer.addr);
    let tasks = wait_until(&caller, &accepted, |task| task.state.is_final()).await;
    let is_over = |task: &&crate::load::AcceptedTask| {
        let state = tasks[&task.id].as_ref().map(|task| task.state);
        state == Some(TaskState::Completed) || (task.is_cancelled && state == Some(TaskState::Cancelled))
    };
    let over = accepted.iter().filter(is_over).count();
    let mut began: Vec<String> = Vec::new();
    for engine in &rig.engines {
        let executions = process::executions(&engine.folder).into_iter();
        began.extend(executions.filter(|one| one.finished_at.is_none()).map(|one| one.prompt_id));
    }
    let runs = began.len();
    began.sort();
    began.dedup();
    let seen = watchers.judge(&caller, &tasks).await;
    let away = watchers.longest_away();
    println!(
        "rolling-restart: pages={PAGES} restarts={} accepted={} over={over} run_twice={} longest_away_ms={} ends_told_twice={} holes={} {seen}",
        rig.members.len(),
        accepted.len(),
        runs - began.len(),
        away.as_millis(),
        seen.told_twice,
        seen.holes,
    );
    assert!(seen.complaints.is_empty(), "{}", seen.complaints.join("\n"));
    assert_eq!((over, runs - began.len(), seen.snapshots), (accepted.len(), 0, 0));
    assert!(away <= AWAY, "a page was without a connection for {away:?}");
}
