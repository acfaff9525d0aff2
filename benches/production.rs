//! How fast a board is read: worst of 20 of each kind of list, in a project of PRODUCTION_SHOTS shots (10,000) with ten takes each. Run it with
//! `make bench PARTS=production`, or `cargo bench --locked --features ssr --bench production`.
//!
//! Shots and takes go through the same functions as real ones. PRODUCTION_FOLDER: keeps the database there, and uses one that is there already. Afterwards the
//! pages of a server that runs on it are asked for over HTTP: a page's first load of the whole board, later loads after a change each, and the list of projects.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a measurement that fails must say so")]

#[allow(dead_code, unused_imports, clippy::panic, clippy::unwrap_used, reason = "a part of it is used here")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use darkroom::{
    proto::{
        ids::TaskId,
        limits,
        production::{
            Board, Chapter, Moment, ProductionNode, ProductionProblem, ProjectId, ProjectList, QualityPreset, Scene, Shot, TakeReview,
            TakeState,
        },
        time::Timestamp,
    },
    server::{
        config::{Config, Retention},
        store::{NewTake, NewsFilter, ObjectDraft, ObjectQuery, Store, TakeEnd, TakeQuery},
    },
};
use futures::future::join_all;
use serde_json::{Map, Value, json};
use support::{
    api::Api,
    darkroom_server::{call, call_for_bytes, darkroom_with},
};
use uuid::Uuid;

const RUNS: usize = 20;
/// What a list may take.
const BOUND: Duration = Duration::from_millis(50);
const SHOTS_OF_A_SCENE: u32 = 50;
const TAKES_OF_A_SHOT: u32 = 10;

fn main() {
    let shots = std::env::var("PRODUCTION_SHOTS").ok().and_then(|shots| shots.parse().ok()).unwrap_or(10_000);
    let temporary = tempfile::tempdir().expect("a folder");
    let kept = std::env::var_os("PRODUCTION_FOLDER");
    let folder = kept.as_deref().map_or(temporary.path(), Path::new);
    std::fs::create_dir_all(folder).expect("a folder");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(folder, shots));
}

fn at(ms: u64) -> Moment {
    Moment(Timestamp(1_795_000_000_000 + ms))
}

fn fields(json: Value) -> Map<String, Value> {
    json.as_object().cloned().unwrap_or_default()
}

async fn measure(folder: &Path, shots: u32) {
    let (store, _) = Store::open(folder, Retention { keep_tasks: 0, keep_days: 0 }).expect("a database");
    let known = store.projects(None, false, None, 1).await.expect("a database");
    let project = match known.first() {
        Some(project) => project.id,
        None => fill(&store, shots).await,
    };
    let bytes = std::fs::metadata(folder.join("darkroom.db")).expect("a file").len();
    println!("{shots} shots, {} takes, {} MB on disk", shots * TAKES_OF_A_SHOT, bytes / 1_000_000);
    read(&store, project).await;
    store.close().await;
    serve(folder, project).await;
}

/// What pages get of a server.
async fn serve(folder: &Path, project: ProjectId) {
    type Read<T> = Result<T, ProductionProblem>;
    let retention = Retention { keep_tasks: 0, keep_days: 0 };
    let running = darkroom_with(Config { data: folder.into(), retention, ..Config::default() }).await;
    let board = async || {
        let board: Read<Board> = call(running.addr, "board", &(project,)).await;
        board.expect("a project")
    };
    let start = Instant::now();
    let first = board().await;
    println!("production.the_whole_board,_read: {:.1} ms ({} shots)", start.elapsed().as_secs_f64() * 1_000.0, first.shots.len());
    let api = Api::at(format!("http://{}", running.addr)).await;
    let shot = format!("/api/projects/{project}/shots/{}", first.shots.keys().next().expect("shots"));
    let change = async |number: u32| {
        let version = api.get(&shot).await.json["version"].clone();
        let changed = api.patch(&shot, &json!({"version": version, "title": format!("changed {number}")})).await;
        assert!(changed.status.is_success(), "{}", changed.json);
    };
    let mut worst = Duration::ZERO;
    for number in 0..u32::try_from(RUNS).unwrap_or_default() {
        change(number).await;
        let start = Instant::now();
        call_for_bytes(running.addr, "board", &(project,)).await;
        worst = worst.max(start.elapsed());
    }
    print("the whole board, after a change each", worst, first.shots.len());
    let cards = async || {
        let list: Read<ProjectList> = call(running.addr, "projects", &()).await;
        list.expect("projects").open.len()
    };
    cards().await;
    report("the list of projects", cards).await;
    let page = format!("http://{}/projects/{project}", running.addr);
    report("the page of the board, in bytes", async || reqwest::get(&page).await.expect("a page").bytes().await.expect("whole").len())
        .await;
}

async fn fill(store: &Store, shots: u32) -> ProjectId {
    let start = Instant::now();
    let project = store.add_project(fields(json!({"title": "Measured"})), at(0)).await.expect("a disk").id;
    let chapter = ObjectDraft { fields: fields(json!({"title": "One"})), ..ObjectDraft::default() };
    let chapter = store.add_objects::<Chapter>(project, vec![chapter], at(0)).await.expect("a disk").remove(0);
    for first in (0..shots).step_by(SHOTS_OF_A_SCENE as usize) {
        let scene = ObjectDraft {
            parent: Some(chapter.id.to_string()),
            fields: fields(json!({"title": format!("Scene from {first}")})),
            ..ObjectDraft::default()
        };
        let scene = store.add_objects::<Scene>(project, vec![scene], at(0)).await.expect("a disk").remove(0);
        let new = |number: u32| ObjectDraft {
            parent: Some(scene.id.to_string()),
            fields: fields(
                json!({"title": format!("shot number {number}"), "base_prompt": "Anna at the rail, the sea behind her, fog".repeat(4)}),
            ),
            ..ObjectDraft::default()
        };
        let drafts = (first..shots.min(first + SHOTS_OF_A_SCENE)).map(new).collect();
        let made = store.add_objects::<Shot>(project, drafts, at(0)).await.expect("a disk");
        let node = |shot: &Shot| ObjectDraft { fields: fields(json!({"shot": shot.id})), ..ObjectDraft::default() };
        let nodes = store.add_objects::<ProductionNode>(project, made.iter().map(node).collect(), at(0)).await.expect("a disk");
        for number in 0..TAKES_OF_A_SHOT {
            join_all(nodes.iter().map(|node| take(store, node, number))).await;
        }
    }
    println!("filled in {:.0} s", start.elapsed().as_secs_f64());
    project
}

async fn take(store: &Store, node: &ProductionNode, number: u32) {
    let (task, now) = (TaskId(Uuid::now_v7()), at(u64::from(number)));
    let take = NewTake {
        project: node.project_id,
        node: node.node_id.clone(),
        quality: QualityPreset::Standard,
        seed: Some(7),
        composite: None,
        workflow: None,
        metadata: Map::new(),
    };
    let take = store.attach_task(task, take, now).await.expect("a disk");
    let end = TakeEnd { state: TakeState::Completed, output: Some((0, "png".into())), has_thumbnail: true, error: None };
    store.task_ended(task, end, now).await.expect("a disk");
    if number == 3 && task.0.as_u128() % 7 == 0 {
        store.review_take(take.project_id, take.id, None, fields(json!({"review": "approved"})), now).await.expect("a disk");
    }
}

async fn read(store: &Store, project: ProjectId) {
    let page = |query: ObjectQuery| ObjectQuery { limit: limits::PRODUCTION_PAGE, ..query };
    let first = store.objects::<Shot>(project, page(ObjectQuery::default())).await.expect("a database");
    let scene = first.objects.last().expect("shots").scene;
    let mut far = first.next;
    for _ in 0..15 {
        let next = store
            .objects::<Shot>(project, page(ObjectQuery { after: far.clone(), ..ObjectQuery::default() }))
            .await
            .expect("a database")
            .next;
        far = next.or(far);
    }
    let node = store.objects::<ProductionNode>(project, page(ObjectQuery::default())).await.expect("a database").objects.remove(0);
    let shots = async |query: ObjectQuery| store.objects::<Shot>(project, query).await.expect("a database").objects.len();
    report("500 shots from the beginning", async || shots(page(ObjectQuery::default())).await).await;
    report("500 shots far down", async || shots(page(ObjectQuery { after: far.clone(), ..ObjectQuery::default() })).await).await;
    report("the shots of a scene", async || shots(page(ObjectQuery { parent: Some(scene.to_string()), ..ObjectQuery::default() })).await)
        .await;
    report("a search that finds many", async || shots(page(ObjectQuery { text: Some("fog".into()), ..ObjectQuery::default() })).await)
        .await;
    report("a search that finds nothing", async || {
        shots(page(ObjectQuery { text: Some("nowhere".into()), ..ObjectQuery::default() })).await
    })
    .await;
    report("all scenes", async || store.objects::<Scene>(project, page(ObjectQuery::default())).await.expect("a database").objects.len())
        .await;
    let takes = async |query: TakeQuery| {
        let query = TakeQuery { limit: limits::PRODUCTION_FIRST_PAGE, ..query };
        store.takes(project, query).await.expect("a database").takes.len()
    };
    report("the newest 100 takes", async || takes(TakeQuery::default()).await).await;
    report("the takes of a node", async || takes(TakeQuery { node: Some(node.node_id.clone()), ..TakeQuery::default() }).await).await;
    report("the takes of a shot", async || takes(TakeQuery { shot: node.fields.shot, ..TakeQuery::default() }).await).await;
    report("100 approved takes", async || takes(TakeQuery { review: Some(TakeReview::Approved), ..TakeQuery::default() }).await).await;
    report("500 events", async || {
        let filter = NewsFilter { project: Some(project), subject: None };
        store.production_news(filter, 0, limits::PRODUCTION_PAGE).await.expect("a database").records.len()
    })
    .await;
}

async fn report(what: &str, find: impl AsyncFn() -> usize) {
    let (mut worst, mut found) = (Duration::ZERO, 0);
    for _ in 0..RUNS {
        let start = Instant::now();
        found = find().await;
        worst = worst.max(start.elapsed());
    }
    print(what, worst, found);
}

fn print(what: &str, worst: Duration, found: usize) {
    let verdict = if worst <= BOUND { "" } else { "  over the bound" };
    println!("production.{}: ours={:.1} ms ({found} found){verdict}", what.replace(' ', "_"), worst.as_secs_f64() * 1_000.0);
}
