//! Darkrooms with a copy of their database in PostgreSQL: what was confirmed outlives the machine, and one at a time writes.

use std::{collections::BTreeMap, path::Path, time::Duration};

use darkroom::proto::ids::TaskId;
use reqwest::StatusCode;
use rusqlite::{Connection, OpenFlags, types::Value as Cell};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::support::{
    api::{Api, lighthouse},
    postgres::Postgres,
    process::{self, Process},
    proxy::Proxy,
};

/// Short, so that tests wait little.
const LEASE_S: f64 = 1.5;

/// What is logged by one that has to wait for requests of the owner before.
const NOT_HANDED_OVER: &str = "did not hand over";

fn store(url: &str, lease_s: f64) -> String {
    format!("[store]\nurl = '{url}'\nlease_s = {lease_s:?}\n")
}

async fn api(darkroom: &Process) -> Api {
    Api::at(format!("http://{}", darkroom.addr)).await
}

async fn until_completed(api: &Api, tasks: &[TaskId]) {
    for task in tasks {
        let mut state = String::new();
        for _ in 0..3_000 {
            state = api.get(&format!("/api/tasks/{task}")).await.json["status"].as_str().unwrap_or_default().to_owned();
            if state == "completed" {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(state, "completed", "{task}");
    }
}

/// Everything that is in a database: each table with its rows, also those of the full-text search. Nothing while it is being made.
fn content(folder: &Path) -> BTreeMap<String, Vec<Vec<Cell>>> {
    let Ok(connection) = Connection::open_with_flags(folder.join("data/darkroom.db"), OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return BTreeMap::new();
    };
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite_%'";
    let names: Vec<String> = connection.prepare(tables).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let rows = |name: &String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement
            .query_map([], |row| (0..columns).map(|column| row.get(column)).collect::<Result<Vec<Cell>, _>>())
            .unwrap()
            .map(Result::unwrap)
            .collect::<Vec<_>>();
        rows.sort_by_key(|row| format!("{row:?}"));
        rows
    };
    names.iter().map(|name| (name.clone(), rows(name))).collect()
}

#[tokio::test]
async fn everything_that_was_confirmed_is_in_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let settings = store(&postgres.url(), LEASE_S);
    let mut first = process::darkroom(&folder.path().join("first"), &[engine.addr], &settings).await;
    let of_first = api(&first).await;
    let mut tasks = Vec::new();
    for seed in 0..3 {
        tasks.push(of_first.accepted(&lighthouse(seed)).await);
    }
    until_completed(&of_first, &tasks).await;
    // In the gallery, with a full-text index.
    let found = async |api: &Api| api.get("/api/outputs?q=lighthouse").await.json["total"].as_u64();
    while found(&of_first).await != Some(3) {
        sleep(Duration::from_millis(20)).await;
    }
    let outputs = of_first.get("/api/outputs?q=lighthouse").await.json;
    let star = json!({"select": {"ids": [outputs["outputs"][0]["outputId"]]}, "change": {"star": true}});
    assert!(of_first.post_json("/api/outputs/actions", &star).await.status.is_success());
    // One that waits has every row, also those of the full-text search.
    let waiting = process::darkroom_standing_by(&folder.path().join("waiting"), &[engine.addr], &settings).await;
    let mut before = BTreeMap::new();
    for _ in 0..600 {
        before = content(&folder.path().join("first"));
        if content(&folder.path().join("waiting")) == before {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(content(&folder.path().join("waiting")), before);
    drop(waiting);
    first.kill();

    // Another machine.
    let second_folder = folder.path().join("second");
    let mut second = process::darkroom(&second_folder, &[engine.addr], &settings).await;
    let of_second = api(&second).await;
    until_completed(&of_second, &tasks).await;
    assert_eq!(found(&of_second).await, Some(3));
    assert_eq!(of_second.get("/api/outputs?q=star:yes").await.json["total"], 1);
    assert!(second.terminate().await.success());
    assert!(before["tasks"].len() == 3 && before.keys().any(|name| name.starts_with("gallery_text_")), "{:?}", before.keys());
    assert_eq!(process::executions(&folder.path().join("engine")).iter().filter(|one| one.finished_at.is_some()).count(), 3);
    assert!(!format!("{}{}", first.log_text(), second.log_text()).contains("secret-of-postgres"));
}

#[tokio::test]
async fn another_darkroom_waits_and_takes_over_from_one_that_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 4.0).await;
    let settings = store(&postgres.url(), LEASE_S);
    let mut first = process::darkroom(&folder.path().join("first"), &[engine.addr], &settings).await;
    let mut second = process::darkroom_standing_by(&folder.path().join("second"), &[engine.addr], &settings).await;
    second.until_ready().await;
    let of_first = api(&first).await;
    let mut tasks = Vec::new();
    for seed in 0..3 {
        tasks.push(of_first.accepted(&lighthouse(seed)).await);
    }
    first.kill();
    postgres.until_term(2).await;
    assert!(second.log_text().contains(NOT_HANDED_OVER) && !first.log_text().contains(NOT_HANDED_OVER));
    until_completed(&api(&second).await, &tasks).await;
    let began: Vec<_> = process::executions(&folder.path().join("engine")).into_iter().filter(|one| one.finished_at.is_none()).collect();
    assert_eq!(began.len(), 3, "{began:?}");
}

#[tokio::test]
async fn a_terminated_darkroom_hands_over_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    // The wait for this would be the end of the test.
    let settings = store(&postgres.url(), 600.0);
    let mut first = process::darkroom(&folder.path().join("first"), &[engine.addr], &settings).await;
    let task = api(&first).await.accepted(&lighthouse(1)).await;
    let mut second = process::darkroom_standing_by(&folder.path().join("second"), &[engine.addr], &settings).await;
    second.until_ready().await;
    assert!(first.terminate().await.success());
    postgres.until_term(2).await;
    until_completed(&api(&second).await, &[task]).await;
    // And back.
    first.restart().await;
    assert!(second.terminate().await.success());
    postgres.until_term(3).await;
    until_completed(&api(&first).await, &[task]).await;
    assert_eq!(postgres.number("SELECT term FROM darkroom.owner").await, 3);
    assert!(!format!("{}{}", first.log_text(), second.log_text()).contains(NOT_HANDED_OVER));
}

#[tokio::test]
async fn a_darkroom_that_slept_while_another_took_over_writes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let settings = store(&postgres.url(), LEASE_S);
    let mut first = process::darkroom(&folder.path().join("first"), &[engine.addr], &settings).await;
    let mut second = process::darkroom_standing_by(&folder.path().join("second"), &[engine.addr], &settings).await;
    second.until_ready().await;
    let of_first = api(&first).await;
    first.signal("-STOP");
    // Waits in the socket of the process that is stopped.
    let request = of_first.request(reqwest::Method::POST, "/api/tasks").json(&lighthouse(7));
    let late = tokio::spawn(request.send());
    postgres.until_term(2).await;
    until_completed(&api(&second).await, &[]).await;
    first.signal("-CONT");
    let late = late.await.unwrap();
    assert!(late.as_ref().is_err() || late.as_ref().is_ok_and(|answer| answer.status().is_server_error()), "{late:?}");
    assert!(!first.ended().await.success());
    assert!(first.log_text().contains("another Darkroom has taken over"), "{}", first.log_text());
    assert_eq!(postgres.number("SELECT term FROM darkroom.owner").await, 2);
    // It may begin again, and follows.
    first.restart().await;
    let task = api(&second).await.accepted(&lighthouse(8)).await;
    until_completed(&api(&second).await, &[task]).await;
    assert_eq!(api(&second).await.get("/api/tasks").await.json["tasks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_confirmed_while_postgresql_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    // Longer than it is away: otherwise this would be a takeover by nobody.
    let settings = store(&postgres.url(), 60.0);
    let mut darkroom = process::darkroom(&folder.path().join("one"), &[engine.addr], &settings).await;
    let of_darkroom = api(&darkroom).await;
    let mut tasks = vec![of_darkroom.accepted(&lighthouse(1)).await];
    until_completed(&of_darkroom, &tasks).await;
    postgres.crash();
    for seed in 2..4 {
        let refused = of_darkroom.post_json("/api/tasks", &lighthouse(seed)).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.json);
    }
    postgres.restart().await;
    let accepted = async {
        loop {
            let answer = of_darkroom.post_json("/api/tasks", &lighthouse(4)).await;
            if answer.status == StatusCode::ACCEPTED {
                return answer.task();
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    tasks.push(timeout(Duration::from_secs(60), accepted).await.expect("PostgreSQL is back"));
    until_completed(&of_darkroom, &tasks).await;
    assert_eq!(of_darkroom.get("/api/tasks").await.json["tasks"].as_array().unwrap().len(), 2);
    assert!(darkroom.terminate().await.success());
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_happens_once() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let proxy = Proxy::before(([127, 0, 0, 1], postgres.port).into()).await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let settings = format!("{}[media]\nkeep = false\n", store(&postgres.url_at(proxy.addr.port()), 60.0));
    let darkroom = process::darkroom(&folder.path().join("one"), &[engine.addr], &settings).await;
    let of_darkroom = api(&darkroom).await;
    let mut tasks = vec![of_darkroom.accepted(&lighthouse(1)).await];
    until_completed(&of_darkroom, &tasks).await;
    // Connections are reset at any time, also between a statement and its answer.
    let resets = async {
        for _ in 0..40 {
            sleep(Duration::from_millis(25)).await;
            proxy.reset();
        }
    };
    let submits = async {
        let mut accepted = Vec::new();
        for seed in 2..30 {
            let answer = of_darkroom.post_json("/api/tasks", &lighthouse(seed)).await;
            match answer.status {
                StatusCode::ACCEPTED => accepted.push(answer.task()),
                status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.json),
            }
        }
        accepted
    };
    let ((), accepted) = tokio::join!(resets, submits);
    tasks.extend(accepted);
    until_completed(&of_darkroom, &tasks).await;
    let stored = postgres.number("SELECT max(seq) - count(*) - (SELECT max(seq) FROM darkroom.checkpoints) FROM darkroom.commits").await;
    assert_eq!(stored, 0, "commits without a gap");
    let known = of_darkroom.get("/api/tasks?limit=100").await.json["tasks"].as_array().unwrap().len();
    assert_eq!(known, tasks.len());
}

#[tokio::test]
async fn a_folder_with_a_database_of_its_own_moves_in_and_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    // Two that never heard of PostgreSQL.
    let mut tasks = Vec::new();
    for name in ["one", "other"] {
        let mut alone = process::darkroom(&folder.path().join(name), &[engine.addr], "").await;
        let of_alone = api(&alone).await;
        tasks.push(of_alone.accepted(&lighthouse(1)).await);
        until_completed(&of_alone, &tasks[tasks.len() - 1..]).await;
        assert!(alone.terminate().await.success());
    }
    let settings = store(&postgres.url(), LEASE_S);
    let mut one = process::darkroom(&folder.path().join("one"), &[engine.addr], &settings).await;
    until_completed(&api(&one).await, &tasks[..1]).await;
    assert!(one.terminate().await.success());
    let mut other = process::darkroom_standing_by(&folder.path().join("other"), &[engine.addr], &settings).await;
    assert!(!other.ended().await.success());
    assert!(other.log_text().contains("was never a copy"), "{}", other.log_text());
    // With an empty folder it has what the first had.
    std::fs::remove_dir_all(folder.path().join("other/data")).unwrap();
    other.restart().await;
    until_completed(&api(&other).await, &tasks[..1]).await;
}

#[tokio::test]
async fn old_commits_are_removed_when_a_checkpoint_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let settings = format!("{}checkpoint_mb = 1\n", store(&postgres.url(), LEASE_S));
    let mut darkroom = process::darkroom(&folder.path().join("one"), &[engine.addr], &settings).await;
    let of_darkroom = api(&darkroom).await;
    let tasks = [of_darkroom.accepted(&lighthouse(1)).await];
    until_completed(&of_darkroom, &tasks).await;
    let mut saved = 0;
    while postgres.number("SELECT count(*) FROM darkroom.checkpoints WHERE seq > 0").await < 2 {
        saved += 1;
        let inputs = json!({"width": 64, "height": 64, "batch_size": 1, "color": 0, "note": "x".repeat(200_000)});
        let body = json!({"name": format!("number {saved}"), "workflow": {"1": {"class_type": "EmptyImage", "inputs": inputs}}});
        assert_eq!(of_darkroom.post_json("/api/workflows", &body).await.status, StatusCode::CREATED);
    }
    assert!(postgres.number("SELECT min(seq) FROM darkroom.commits").await > 1);
    let lost = "SELECT count(*) FROM darkroom.checkpoints, unnest(pieces) AS hash WHERE hash NOT IN (SELECT hash FROM darkroom.pieces)";
    assert_eq!(postgres.number(lost).await, 0);
    darkroom.kill();
    let second = process::darkroom(&folder.path().join("second"), &[engine.addr], &settings).await;
    until_completed(&api(&second).await, &tasks).await;
    let workflows = api(&second).await.get("/api/workflows").await.json["workflows"].as_array().map(Vec::len);
    assert_eq!(workflows, Some(saved));
}
