//! How the binary's processes end.

use crate::support::{
    faults::{Control, Fault},
    page::Page,
    process,
};
use darkroom::proto::wire::close;
use serde_json::json;

/// Fault row 29.
#[tokio::test]
async fn a_terminated_darkroom_closes_pages_with_the_code_for_restarting() {
    let folder = tempfile::tempdir().unwrap();
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let mut darkroom = process::darkroom(folder.path(), &[engine.addr], "").await;
    let mut page = Page::open(darkroom.addr).await;
    let (ended, code) = tokio::join!(darkroom.terminate(), page.close_code());
    assert!(ended.success());
    assert_eq!(code, close::RESTARTING);
}

#[tokio::test]
async fn the_record_of_executions_survives_a_crash_of_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = process::engine(folder.path(), 1e9).await;
    let submit = async |id: &str, color: u32| {
        // Different colours, so that nothing is cached.
        let graph = json!({
            "1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": color}},
            "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
        });
        let body = json!({"prompt": graph, "prompt_id": id}).to_string();
        reqwest::Client::new().post(format!("http://{}/prompt", engine.addr)).body(body).send().await.map(|answer| answer.status().as_u16())
    };
    let control = Control::new(engine.addr);
    assert_eq!(submit("lives", 1).await.unwrap(), 200);
    control.until_executions(|all| all.iter().any(|one| one.outcome.is_some())).await;
    control.fault(Fault::DieAtNode { node: "SaveImage".into() }).await;
    // It may die before it has answered.
    let answer = submit("dies", 2).await;
    assert!(answer.as_ref().is_ok_and(|status| *status == 200) || answer.is_err(), "{answer:?}");
    assert_eq!(engine.ended().await.code(), Some(137));
    let record: Vec<_> = process::executions(folder.path()).into_iter().map(|one| (one.prompt_id, one.finished_at.is_some())).collect();
    let expected = [("lives", false), ("lives", true), ("dies", false)];
    assert_eq!(record, expected.map(|(id, finished)| (id.to_owned(), finished)));

    engine.restart().await;
    assert_eq!(Control::new(engine.addr).executions().await, []);
    assert!(engine.terminate().await.success());
}
