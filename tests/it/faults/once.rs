//! A task is accepted once and stored, or not accepted: ids of orders, a locked database, a full one. Fault row 27.

use darkroom::proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::Submission,
    task::TaskState,
};
use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::json;
use uuid::Uuid;

use super::stage::{Stage, blur, picture};
use crate::support::{
    api,
    darkroom_server::{order, workflow},
    faults::{self, Fault},
};

/// The id of the order that a test repeats.
const ORDER: CommandId = CommandId(Uuid::from_u128(1));

async fn submit(stage: &Stage, submission: &Submission) -> Answer {
    order(stage.addr(), ORDER, Order::Submit(submission.clone())).await
}

fn id(answer: Answer) -> TaskId {
    match answer {
        Answer::Done { task: Some(task) } => task,
        other => panic!("not accepted: {other:?}"),
    }
}

#[tokio::test]
async fn one_idempotency_key_gives_one_task_concurrently_and_after_a_restart() {
    let stage = Stage::start().await;
    stage.engine().hold_at_step("KSampler", 3).await;
    let first = picture(1);
    let all = futures::future::join_all((0..8).map(|_| submit(&stage, &first))).await;
    let ids: Vec<TaskId> = all.into_iter().map(id).collect();
    assert!(ids.iter().all(|other| *other == ids[0]), "{ids:?}");
    assert_eq!(id(submit(&stage, &first).await), ids[0]);
    let Answer::Refused(refusal) = submit(&stage, &picture(2)).await else { panic!("accepted") };
    assert!(refusal.message.contains("Idempotency-Key"), "{refusal:?}");

    let mut stage = stage.restart_after(async |_| {}).await;
    assert_eq!(id(submit(&stage, &first).await), ids[0]);
    stage.page.until(|state| state.tasks.len() == 1).await;
    stage.release().await;
    stage.until_completed(ids[0]).await;
    // The finished task is still returned.
    assert_eq!(id(submit(&stage, &first).await), ids[0]);
    assert_eq!(stage.engine().executions().await.len(), 1);
    stage.judge().await;
}

/// The second request arrives while ComfyUI is still validating the first, which it refuses.
#[tokio::test]
async fn concurrent_submissions_with_one_key_are_all_refused_with_the_first() {
    let mut stage = Stage::start().await;
    let mut nodes = blur(1);
    nodes["2"]["inputs"]["blur_radius"] = json!(9_999);
    let bad = workflow(nodes);
    stage.engine().fault(Fault::Http { route: "POST /prompt".into(), answer: faults::Answer::Delay(500) }).await;
    let answers = tokio::join!(submit(&stage, &bad), submit(&stage, &bad), submit(&stage, &bad));
    for answer in [answers.0, answers.1, answers.2] {
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    }
    // The corrected task may reuse the key: the refused one was never created.
    let good = id(submit(&stage, &workflow(blur(1))).await);
    stage.until_completed(good).await;
    stage.judge().await;
}

/// ComfyUI is still validating the newest: that one may never come to exist, and is not listed. The page is not empty for that.
#[tokio::test]
async fn a_page_of_the_list_goes_on_past_a_task_that_is_being_accepted() {
    let mut stage = Stage::start().await;
    let first = id(submit(&stage, &workflow(blur(1))).await);
    stage.until_completed(first).await;
    stage.engine().fault(Fault::Http { route: "POST /prompt".into(), answer: faults::Answer::Hang }).await;
    let second = Order::Submit(workflow(blur(2)));
    let listed = async {
        stage.engine().until_wronged(1).await;
        let page = reqwest::get(format!("http://{}/api/tasks?limit=1", stage.addr())).await.unwrap();
        page.json::<serde_json::Value>().await.unwrap()
    };
    let page = tokio::select! {
        answer = order(stage.addr(), CommandId(Uuid::from_u128(2)), second) => panic!("{answer:?}"),
        page = listed => page,
    };
    assert_eq!(page["tasks"][0]["taskId"], json!(first.to_string()), "{page}");
}

async fn is_refused_for_now(stage: &Stage, submission: &Submission) {
    let answer = submit(stage, submission).await;
    assert!(matches!(&answer, Answer::Later(why) if why.contains("cannot keep this task")), "{answer:?}");
    // A program is asked to come back.
    let program = reqwest::Client::new().post(format!("http://{}/api/tasks", stage.addr())).json(&api::lighthouse(1));
    let answer = program.header("idempotency-key", "now").send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers()["retry-after"].to_str().expect("text").parse::<u32>().is_ok());
    let ready = reqwest::get(format!("http://{}/readyz", stage.addr())).await.expect("answers");
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text().await.expect("text").contains("database"));
    assert!(stage.engine().executions().await.is_empty(), "nothing was sent");
}

async fn is_accepted_later(stage: &mut Stage, submission: &Submission) {
    let task = loop {
        match submit(stage, submission).await {
            Answer::Later(_) => {}
            answer => break id(answer),
        }
    };
    stage.until_completed(task).await;
    assert_eq!(stage.page.state.tasks.len(), 1, "and only then there was one");
    let ready = reqwest::get(format!("http://{}/readyz", stage.addr())).await.expect("answers");
    assert_eq!(ready.status(), StatusCode::OK);
}

#[tokio::test]
async fn with_a_locked_database_submissions_are_refused_and_nothing_is_sent() {
    let mut stage = Stage::start().await;
    let other = Connection::open(stage.database()).expect("a database");
    other.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    is_refused_for_now(&stage, &picture(1)).await;
    assert!(stage.page.state.tasks.is_empty());
    other.execute_batch("COMMIT").expect("unlocked");
    is_accepted_later(&mut stage, &picture(1)).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_run_that_ends_while_the_database_is_locked_is_stored_later() {
    let mut stage = Stage::start().await;
    let id = stage.running(1).await;
    let other = Connection::open(stage.database()).expect("a database");
    other.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    stage.release().await;
    let done = stage.page.until_ended(id).await;
    assert_eq!(done.state, TaskState::Completed);
    other.execute_batch("COMMIT").expect("unlocked");
    let stage = stage.restart_after(async |_| {}).await;
    stage.judge().await;
}
