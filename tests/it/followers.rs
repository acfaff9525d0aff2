//! Several Darkrooms with one database in PostgreSQL: each of them answers, and pages and programs go on at another one exactly where they were.

use std::{io::Write, time::Duration};

use darkroom::proto::{
    task::{Snapshot, TaskState},
    wire::close,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::support::{
    api::{Api, lighthouse},
    events::Events,
    page::Page,
    postgres::Postgres,
    process::{self, Process},
};

const LEASE_S: f64 = 1.5;

struct Cluster {
    folder: tempfile::TempDir,
    postgres: Postgres,
    engine: Process,
    owner: Process,
    follower: Process,
}

impl Cluster {
    /// Two Darkrooms, the first of which is the owner, and one ComfyUI of this speed.
    async fn start(speed: f64, lease_s: f64, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = Postgres::start().await;
        let engine = process::engine(&folder.path().join("engine"), speed).await;
        let media = folder.path().join("media");
        let settings =
            format!("[store]\nurl = '{}'\nlease_s = {lease_s:?}\n[media]\nfolder = '{}'\n{settings}", postgres.url(), media.display());
        let owner = process::darkroom(&folder.path().join("first"), &[engine.addr], &settings).await;
        let follower = process::darkroom(&folder.path().join("second"), &[engine.addr], &settings).await;
        Self { folder, postgres, engine, owner, follower }
    }

    async fn api(&self) -> Api {
        Api::at(format!("http://{}", self.follower.addr)).await
    }
}

#[tokio::test]
async fn any_darkroom_takes_tasks_and_shows_them_live() {
    let cluster = Cluster::start(20.0, LEASE_S, "").await;
    let mut here = Page::open(cluster.follower.addr).await;
    here.until_connected().await;
    let mut there = Page::open(cluster.owner.addr).await;
    there.until_connected().await;
    let api = cluster.api().await;
    let task = api.accepted(&lighthouse(1)).await;
    here.until_step(task, 3).await;
    assert!(!here.previews.is_empty(), "previews come, too");
    let done = here.until_ended(task).await;
    assert_eq!(done.state, TaskState::Completed);
    let elsewhere = there.until_ended(task).await;
    assert_eq!((elsewhere.nodes, elsewhere.ended_at), (done.nodes, done.ended_at));
    assert!(here.snapshots == 1 && here.seqs.is_sorted(), "{:?}", here.seqs);
    // Everything else is answered, too, by the owner.
    let stored = api.get(&format!("/api/tasks/{task}")).await;
    assert_eq!(stored.json["status"], "completed");
    let output = stored.json["outputs"][0]["url"].as_str().unwrap().to_owned();
    let picture = api.request(Method::GET, &output).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    let page = reqwest::get(format!("http://{}/", cluster.follower.addr)).await.unwrap().text().await.unwrap();
    assert!(page.contains(&task.to_string()), "the page shows the task");
    let refused = api.post_json("/api/tasks", &serde_json::json!({"workflow": 1})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_page_and_a_program_go_on_at_another_darkroom_where_they_were() {
    let cluster = Cluster::start(8.0, LEASE_S, "").await;
    let task = cluster.api().await.accepted(&lighthouse(1)).await;
    let mut first = Page::open(cluster.owner.addr).await;
    first.until_step(task, 2).await;
    let mut events = Events::open(cluster.owner.addr, "/api/events?topics=all", None).await;
    events.until(|event| event["status"] == "in-progress").await;
    let known = first.state.clone();
    // At once at the other one, which may be a little behind.
    let mut second = Page::resume(cluster.follower.addr, Some(known.resume()), known.clone()).await;
    let mut elsewhere = Events::open(cluster.follower.addr, "/api/events?topics=all", Some(&events.last_id)).await;
    let done = second.until_ended(task).await;
    assert_eq!(second.snapshots, 0);
    assert!(second.seqs[0] > known.seq.0 && second.seqs.is_sorted());
    assert_eq!(first.until_ended(task).await.ended_at, done.ended_at);
    assert_eq!(elsewhere.until(|event| event["status"] == "completed").await["taskId"], task.to_string());
    // Nothing of it is told again to one that has its end.
    let mut back = Events::open(cluster.owner.addr, "/api/events?topics=all", Some(&elsewhere.last_id)).await;
    let next = cluster.api().await.accepted(&lighthouse(2)).await;
    let told = back.until(|_| true).await;
    assert_eq!(told["taskId"], next.to_string());
}

#[tokio::test]
async fn a_takeover_shows_no_snapshot_and_tells_no_end_twice() {
    let mut cluster = Cluster::start(4.0, LEASE_S, "").await;
    let api = cluster.api().await;
    let mut tasks = Vec::new();
    for seed in 0..3 {
        tasks.push(api.accepted(&lighthouse(seed)).await);
    }
    let mut page = Page::open(cluster.follower.addr).await;
    let mut events = Events::open(cluster.follower.addr, "/api/events?topics=all", None).await;
    page.until_ended(tasks[0]).await;
    events.until(|event| event["status"] == "completed").await;
    page.until_step(tasks[1], 2).await;
    cluster.owner.kill();
    // The connections of the one that becomes the owner end, and their pages come back.
    let (state, last_id) = rest(&mut page, &mut events).await;
    let mut page = Page::resume(cluster.follower.addr, Some(state.resume()), state.clone()).await;
    let mut events = Events::open(cluster.follower.addr, "/api/events?topics=all", Some(&last_id)).await;
    for task in &tasks[1..] {
        assert_eq!(page.until_ended(*task).await.state, TaskState::Completed);
    }
    assert_eq!(page.snapshots, 0, "a page that was connected goes on");
    assert!(page.seqs[0] > state.seq.0 && page.seqs.is_sorted());
    assert_eq!(page.state.epoch, state.epoch);
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let event = events.until(|event| event["status"] == "completed").await;
        ended.push(event["taskId"].as_str().unwrap().to_owned());
    }
    assert_eq!(ended, tasks[1..].iter().map(ToString::to_string).collect::<Vec<_>>(), "and not that of the first once more");
    let began = process::executions(&cluster.folder.path().join("engine")).iter().filter(|one| one.finished_at.is_none()).count();
    assert_eq!(began, 3);
    assert_eq!(cluster.postgres.number("SELECT count(DISTINCT epoch) FROM darkroom.live").await, 1);
    drop(cluster.engine);
}

/// Reads until both connections are closed.
async fn rest(page: &mut Page, events: &mut Events) -> (Snapshot, String) {
    timeout(Duration::from_secs(30), async {
        assert_eq!(page.close_code().await, close::RESTARTING);
        while events.next().await.is_some() {}
    })
    .await
    .expect("closed");
    (page.state.clone(), events.last_id.clone())
}

#[tokio::test]
async fn requests_wait_for_the_next_owner_and_none_is_carried_out_twice() {
    let mut cluster = Cluster::start(1e9, LEASE_S, "").await;
    let api = cluster.api().await;
    api.accepted(&lighthouse(0)).await;
    cluster.owner.kill();
    let new = lighthouse(1);
    let (submitted, read) = tokio::join!(api.post_json("/api/tasks", &new), api.get("/api/tasks"));
    assert_eq!(submitted.status, StatusCode::ACCEPTED, "{}", submitted.json);
    assert_eq!(read.status, StatusCode::OK);
    // One more, from the first on, which follows now.
    cluster.owner.restart().await;
    let other = Api::at(format!("http://{}", cluster.owner.addr)).await;
    other.accepted(&lighthouse(2)).await;
    assert_eq!(other.get("/api/tasks").await.json["tasks"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_hung_owner_holds_up_nobody_for_longer_than_its_lease() {
    let cluster = Cluster::start(1e9, LEASE_S, "").await;
    let api = cluster.api().await;
    api.accepted(&lighthouse(0)).await;
    cluster.owner.signal("-STOP");
    // Read once more at the next owner; a submission may have been carried out, and says so.
    let new = lighthouse(1);
    let (read, submitted) = tokio::join!(api.get("/api/tasks"), api.post_json("/api/tasks", &new));
    assert_eq!(read.json["tasks"].as_array().map(Vec::len), Some(1));
    assert_eq!(submitted.status, StatusCode::BAD_GATEWAY, "{}", submitted.json);
    api.accepted(&lighthouse(2)).await;
    cluster.owner.signal("-CONT");
    assert_eq!(api.get("/api/tasks").await.json["tasks"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_darkroom_without_postgresql_says_that_it_is_behind() {
    let mut cluster = Cluster::start(1e9, 60.0, "").await;
    let mut page = Page::open(cluster.follower.addr).await;
    page.until_connected().await;
    cluster.postgres.crash();
    let is_ready = async |one: &Process| reqwest::get(format!("http://{}/readyz", one.addr)).await.unwrap().status() == StatusCode::OK;
    while is_ready(&cluster.follower).await {
        sleep(Duration::from_millis(50)).await;
    }
    cluster.postgres.restart().await;
    while !(is_ready(&cluster.follower).await && is_ready(&cluster.owner).await) {
        sleep(Duration::from_millis(50)).await;
    }
    let task = cluster.api().await.accepted(&lighthouse(1)).await;
    page.until_ended(task).await;
    assert_eq!(page.snapshots, 1);
}

#[tokio::test]
async fn the_socket_of_the_story_and_other_upgrades_are_passed_on() {
    let mut cluster = Cluster::start(1e9, LEASE_S, "[gateway]\naddr = '127.0.0.1:0'\n").await;
    let url = format!("ws://{}/comfy/ws?clientId=someone", cluster.follower.addr);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let first = futures::StreamExt::next(&mut socket).await.unwrap().unwrap();
    let status: Value = serde_json::from_str(first.to_text().unwrap()).unwrap();
    assert_eq!(status["type"], "status");
    let prompt = serde_json::json!({"prompt": {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}}
    }, "client_id": "someone"});
    let url = format!("http://{}/comfy/prompt", cluster.follower.addr);
    let queued = reqwest::Client::new().post(url).json(&prompt).send().await.unwrap();
    assert_eq!(queued.status(), StatusCode::OK);
    loop {
        let message = futures::StreamExt::next(&mut socket).await.unwrap().unwrap();
        let Ok(text) = message.to_text() else { continue };
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        if message["type"] == "executing" && message["data"]["node"].is_null() {
            break;
        }
    }
    cluster.owner.kill();
}

#[tokio::test]
async fn who_is_signed_out_at_one_is_signed_out_at_all_and_webhooks_have_one_secret() {
    let token = "a-long-token-for-this-test-0123456789";
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{token}").unwrap();
    let cluster = Cluster::start(1e9, LEASE_S, &format!("[server]\ntoken_file = '{}'\n", file.path().display())).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let [owner, follower] = [&cluster.owner, &cluster.follower].map(|one| format!("http://{}", one.addr));
    let entered = client.post(format!("{follower}/sign-in")).header("origin", &follower).form(&[("token", token)]).send().await.unwrap();
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let status = async || {
        let request = client.get(format!("{follower}/api/events?topics=all")).header("cookie", &cookie);
        request.send().await.unwrap().status()
    };
    assert_eq!(status().await, StatusCode::OK, "one session is good at all");
    let left = client.post(format!("{owner}/sign-out")).header("origin", &owner).header("cookie", &cookie).send().await.unwrap();
    assert!(left.status().is_redirection(), "{left:?}");
    while status().await != StatusCode::UNAUTHORIZED {
        sleep(Duration::from_millis(50)).await;
    }
    let secret = |name: &str| std::fs::read_to_string(cluster.folder.path().join(name).join("data/webhook-secret")).unwrap();
    assert_eq!(secret("first"), secret("second"));
}

#[tokio::test]
async fn an_epoch_whose_owner_was_lost_before_it_showed_anything_is_not_gone_back_behind() {
    let mut cluster = Cluster::start(1e9, LEASE_S, "").await;
    let task = cluster.api().await.accepted(&lighthouse(1)).await;
    Page::open(cluster.follower.addr).await.until_ended(task).await;
    let began = "WITH added AS (INSERT INTO darkroom.views (epoch, seq, term, snapshot)
            SELECT epoch + 1000000000, 0, term, snapshot FROM darkroom.views ORDER BY seq LIMIT 1 RETURNING epoch)
        SELECT max(epoch) FROM added";
    let epoch = u64::try_from(cluster.postgres.number(began).await).unwrap();
    cluster.owner.kill();
    cluster.postgres.until_term(2).await;
    let next = cluster.api().await.accepted(&lighthouse(2)).await;
    cluster.owner.restart().await;
    for addr in [cluster.follower.addr, cluster.owner.addr] {
        let mut page = Page::open(addr).await;
        page.until_ended(next).await;
        assert_eq!(page.state.task(task).map(|task| task.state), Some(TaskState::Completed));
        assert!(page.state.epoch.0 > epoch, "{:?} after {epoch}", page.state.epoch);
    }
}
