//! `/metrics` and the event logs, as operators see them.

use std::time::Duration;

use crate::support::{
    darkroom_server::{Running, accepted, backend, cancel, command, darkroom_with, lighthouse},
    faults::FaultyEngine,
    metrics::Scrape,
    page::Page,
    redis::redis_config,
};
use darkroom::{
    demo::faults::{At, Fault, Garbage},
    proto::{link::LinkConfig, submit::Submission, task::TaskState, wire::Command},
    server::config::{BackendConfig, Config},
};
use reqwest::StatusCode;
use tokio::time::sleep;

const FAST: f64 = 1e9;

/// A Darkroom, and a fault-injecting engine whose configured name contains characters that need escaping.
async fn start(name: &str, link: LinkConfig) -> (FaultyEngine, Running) {
    let engine = FaultyEngine::start(FAST).await;
    let backend = BackendConfig { id: name.into(), ..backend(engine.addr) };
    let config = Config { data: engine.folder.path().join("data"), backends: vec![backend], link, ..Config::default() };
    let darkroom = darkroom_with(config).await;
    Page::open(darkroom.addr).await.until_connected().await;
    (engine, darkroom)
}

async fn until(darkroom: &Running, mut holds: impl FnMut(&Scrape) -> bool) -> Scrape {
    for _ in 0..3_000 {
        let scrape = Scrape::of(darkroom.addr).await;
        if holds(&scrape) {
            return scrape;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("the metrics never said so");
}

fn form(seed: u64, steps: u32) -> Submission {
    Submission::TextToImage(lighthouse(seed, steps))
}

#[tokio::test]
async fn tasks_are_counted_while_they_wait_and_run_and_after() {
    const NAME: &str = r#"the "big" one\2"#;
    let (engine, darkroom) = start(NAME, LinkConfig::upstream()).await;
    let here = [("backend", NAME)];
    let link = |state: &'static str| [("backend", NAME), ("state", state)];
    let mut page = Page::open(darkroom.addr).await;

    let done = accepted(darkroom.addr, form(1, 3)).await;
    assert_eq!(page.until_ended(done).await.state, TaskState::Completed);
    // One runs, one is in ComfyUI's queue, one waits, one is paused.
    engine.hold(At::Node).await;
    let mut tasks = Vec::new();
    for seed in 2..6 {
        tasks.push(accepted(darkroom.addr, form(seed, 3)).await);
    }
    command(darkroom.addr, Command::PauseQueue { paused: true }).await;
    command(darkroom.addr, Command::Pause { task: tasks[3], paused: true }).await;
    engine.held().await;
    // Pausing the queue recalls prompts that only wait at ComfyUI.
    let scrape = until(&darkroom, |scrape| scrape.get("darkroom_queue_tasks", &[("status", "waiting")]) == 2.0).await;
    for (name, labels, value) in [
        ("darkroom_tasks", &[("state", "running")][..], 1.0),
        ("darkroom_tasks", &[("state", "queued")], 0.0),
        ("darkroom_tasks", &[("state", "accepted")], 3.0),
        ("darkroom_queue_tasks", &[("status", "paused")], 1.0),
        ("darkroom_queue_paused", &[], 1.0),
        ("darkroom_tasks_accepted_total", &[], 5.0),
        ("darkroom_tasks_ended_total", &[("state", "completed")], 1.0),
        ("darkroom_task_wait_seconds_count", &[], 2.0),
        ("darkroom_task_run_seconds_count", &[("state", "completed")], 1.0),
        ("darkroom_backend_link_state", &link("connected"), 1.0),
        ("darkroom_backend_link_state", &link("polling"), 0.0),
        ("darkroom_backend_http_up", &here, 1.0),
        ("darkroom_backend_prompts", &[("backend", NAME), ("owner", "ours")], 1.0),
        ("darkroom_backend_prompts", &[("backend", NAME), ("owner", "foreign")], 0.0),
        ("darkroom_backend_reconnects_total", &here, 0.0),
        ("darkroom_backend_polling_seconds_total", &here, 0.0),
        ("darkroom_backend_unreadable_messages_total", &here, 0.0),
        ("darkroom_backend_messages_total", &[("backend", NAME), ("type", "execution_start")], 2.0),
        ("darkroom_store_writable", &[], 1.0),
        ("darkroom_page_resyncs_total", &[], 0.0),
        ("darkroom_snapshots_encoded_total", &[], 1.0),
        ("darkroom_pages_connected", &[], 1.0),
        (
            "darkroom_comfyui_request_seconds_count",
            &[("backend", NAME), ("route", "POST /prompt"), ("outcome", "ok")],
            scrape.get("darkroom_tasks_accepted_total", &[]) - 2.0,
        ),
    ] {
        assert_eq!(scrape.get(name, labels), value, "{name} {labels:?}");
    }
    let messages: f64 = scrape.get("darkroom_comfyui_frame_seconds_count", &here);
    assert!(messages > 10.0 && scrape.get("darkroom_comfyui_frame_seconds_sum", &here) > 0.0);
    assert!(scrape.get("darkroom_changes_published_total", &[]) > 20.0);
    assert!(scrape.get("darkroom_task_run_seconds_sum", &[("state", "completed")]) < 60.0, "seconds, not milliseconds");

    cancel(darkroom.addr, tasks[2]).await;
    engine.clear().await;
    command(darkroom.addr, Command::PauseQueue { paused: false }).await;
    command(darkroom.addr, Command::Pause { task: tasks[3], paused: false }).await;
    drop(page);
    let ended = |scrape: &Scrape, state| scrape.find("darkroom_tasks_ended_total", &[("state", state)]).unwrap_or(0.0);
    let over = until(&darkroom, |scrape| ended(scrape, "completed") == 4.0 && ended(scrape, "cancelled") == 1.0).await;
    assert_eq!(over.get("darkroom_task_wait_seconds_count", &[]), 4.0);
    assert_eq!(over.find("darkroom_task_run_seconds_count", &[("state", "cancelled")]), None, "it never ran");
    assert_eq!(over.get("darkroom_tasks", &[("state", "accepted")]), 0.0);
    until(&darkroom, |scrape| scrape.get("darkroom_pages_connected", &[]) == 0.0).await;
    until(&darkroom, |scrape| scrape.get("darkroom_store_waiting_writes", &[]) == 0.0).await;
}

#[tokio::test]
async fn events_of_the_link_are_counted() {
    let soon = Duration::from_millis(20);
    let link = LinkConfig { backoff_first: soon, backoff_max: soon, poll_idle: soon, hold_for: soon, ..LinkConfig::upstream() };
    let (engine, darkroom) = start("pod", link).await;
    let here = [("backend", "pod")];
    engine.fault(Fault::Drop).await;
    until(&darkroom, |scrape| scrape.get("darkroom_backend_reconnects_total", &here) == 1.0).await;
    engine.fault(Fault::RefuseSockets { status: Some(503) }.always()).await;
    engine.fault(Fault::Close { code: 1011 }).await;
    let polls = until(&darkroom, |scrape| scrape.get("darkroom_backend_polling_seconds_total", &here) > 0.0).await;
    assert_eq!(polls.get("darkroom_backend_link_state", &[("backend", "pod"), ("state", "polling")]), 1.0);
    assert_eq!(polls.get("darkroom_backend_link_state", &[("backend", "pod"), ("state", "connected")]), 0.0);
    let loss = |scrape: &Scrape, reason| scrape.get("darkroom_backend_socket_losses_total", &[("backend", "pod"), ("reason", reason)]);
    let polled =
        until(&darkroom, |scrape| scrape.get("darkroom_backend_polls_total", &here) >= 1.0 && loss(scrape, "dropped") >= 4.0).await;
    assert_eq!(loss(&polled, "closed"), 1.0);
    assert_eq!(loss(&polled, "stalled"), 0.0);
    engine.fault(Fault::Http { route: "GET /queue".into(), answer: crate::support::faults::Answer::Status(500) }).await;
    let failed = [("backend", "pod"), ("route", "GET /queue"), ("outcome", "server_error")];
    until(&darkroom, |scrape| scrape.find("darkroom_comfyui_request_seconds_count", &failed).is_some()).await;
    engine.clear().await;
    Page::open(darkroom.addr).await.until_connected().await;
    let before = Scrape::of(darkroom.addr).await.get("darkroom_backend_polling_seconds_total", &here);
    let id = accepted(darkroom.addr, form(1, 2)).await;
    Page::open(darkroom.addr).await.until_ended(id).await;
    assert_eq!(Scrape::of(darkroom.addr).await.get("darkroom_backend_polling_seconds_total", &here), before, "it polls no more");
}

#[tokio::test]
async fn two_servers_in_one_process_have_separate_metrics() {
    let (_engine, one) = start("a", LinkConfig::upstream()).await;
    let (_other, two) = start("b", LinkConfig::upstream()).await;
    let id = accepted(one.addr, form(1, 2)).await;
    Page::open(one.addr).await.until_ended(id).await;
    assert_eq!(Scrape::of(one.addr).await.get("darkroom_tasks_accepted_total", &[]), 1.0);
    let two = Scrape::of(two.addr).await;
    assert_eq!(two.get("darkroom_tasks_accepted_total", &[]), 0.0);
    assert_eq!(two.find("darkroom_backend_http_up", &[("backend", "a")]), None);
}

#[tokio::test]
async fn the_readme_names_every_metric_and_no_other() {
    let engine = FaultyEngine::start(FAST).await;
    let (data, backends) = (engine.folder.path().join("data"), vec![backend(engine.addr)]);
    // With a Redis in the settings, which need not be there.
    let darkroom = darkroom_with(Config { data, backends, redis: redis_config("redis://127.0.0.1:1", ""), ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let id = accepted(darkroom.addr, form(1, 2)).await;
    Page::open(darkroom.addr).await.until_ended(id).await;
    let text = reqwest::get(format!("http://{}/metrics", darkroom.addr)).await.unwrap().text().await.unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE darkroom_")?.split_once(' '));
    let mut exported: Vec<String> = types.map(|(name, kind)| format!("{name}{}", if kind == "counter" { "_total" } else { "" })).collect();
    let (_, section) = include_str!("../../README.md").split_once("\n## Metrics\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    let mut written: Vec<String> =
        cells.flat_map(|(names, _)| names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect::<Vec<_>>()).collect();
    exported.sort();
    written.sort();
    assert_eq!(exported, written);
}

#[tokio::test]
async fn metrics_are_in_the_requested_format() {
    let (_engine, darkroom) = start("pod", LinkConfig::upstream()).await;
    let ask = async |accept: &str| {
        let request = reqwest::Client::new().get(format!("http://{}/metrics", darkroom.addr)).header("accept", accept);
        request.send().await.unwrap().headers()["content-type"].to_str().unwrap().to_owned()
    };
    assert!(ask("application/openmetrics-text;version=1.0.0,text/plain;q=0.5").await.starts_with("application/openmetrics-text"));
    assert!(ask("*/*").await.starts_with("text/plain; version=0.0.4"));
}

#[tokio::test]
async fn the_event_log_lists_undecodable_messages() {
    let (engine, darkroom) = start("pods/eu:7", LinkConfig::upstream()).await;
    let log = async |id: &str| {
        let response = reqwest::get(format!("http://{}/backends/{id}/log", darkroom.addr)).await.unwrap();
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        (response.status(), response.text().await.unwrap())
    };
    for what in [Garbage::CutJson, Garbage::Binary, Garbage::UnknownType] {
        engine.fault(Fault::Garbage { what }).await;
    }
    let unreadable = [("backend", "pods/eu:7")];
    let unknown = |scrape: &Scrape| scrape.find("darkroom_backend_messages_total", &[("backend", "pods/eu:7"), ("type", "unreadable")]);
    let scrape = until(&darkroom, |scrape| scrape.get("darkroom_backend_unreadable_messages_total", &unreadable) == 2.0).await;
    assert_eq!(unknown(&scrape), None, "not counted twice");
    until(&darkroom, |scrape| {
        scrape.find("darkroom_backend_messages_total", &[("backend", "pods/eu:7"), ("type", "crystal_growth")]).is_some()
    })
    .await;
    let (status, text) = log("pods%2Feu%3A7").await;
    assert_eq!(status, StatusCode::OK);
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert!(lines.iter().all(|line| line.len() == 4 && line[0].ends_with('Z') && line[2].parse::<usize>().is_ok()), "{text}");
    assert_eq!(lines.iter().filter(|line| line[1] == "unreadable" && !line[3].is_empty()).count(), 2, "{text}");
    assert!(lines.iter().any(|line| line[1] == "status" && line[3].is_empty()), "{text}");
    let unknown = lines.iter().find(|line| line[1] == "crystal_growth").unwrap();
    assert_eq!(unknown[3], r#"{"type": "crystal_growth", "data": {"facets": [1, 2, 3]}}"#);
    for unknown in ["nobody", "pods"] {
        assert_eq!(log(unknown).await, (StatusCode::NOT_FOUND, "There is no such ComfyUI.\n".to_owned()));
    }
}
