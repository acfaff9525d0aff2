//! Runs of a workflow's form, as pages send them.

use crate::support::darkroom_server::{Both, accepted, submit};
use darkroom::proto::{
    ids::NodeId,
    outbox::Answer,
    submit::{FormRun, Submission},
};
use serde_json::{Value, json};

/// A picture, laid over its negative.
fn blended() -> String {
    json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 7}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
        "3": {"class_type": "ImageBlend", "inputs": {"image1": ["1", 0], "image2": ["2", 0], "blend_factor": 0.5, "blend_mode": "normal"}},
        "4": {"class_type": "SaveImage", "inputs": {"filename_prefix": "blended", "images": ["3", 0]}},
        "5": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    })
    .to_string()
}

fn nodes(ids: &[&str]) -> Vec<NodeId> {
    ids.iter().map(|id| NodeId::from(*id)).collect()
}

async fn sent(both: &Both, run: FormRun) -> Value {
    let id = accepted(both.darkroom.addr, Submission::Form(run)).await;
    reqwest::get(both.url(&format!("/api/tasks/{id}/workflow"))).await.expect("answers").json().await.expect("JSON")
}

/// The negative is needed only for the blending: without that, it is left out already.
#[tokio::test]
async fn parts_are_switched_off_also_when_one_is_needed_only_by_another() {
    let both = Both::start(1e9).await;
    for off in [["2", "3"], ["3", "2"]] {
        let run = FormRun { name: "Blended".into(), json: blended(), off: nodes(&off), ..FormRun::default() };
        let workflow = sent(&both, run).await;
        assert_eq!(workflow["4"]["inputs"]["images"], json!(["1", 0]), "{off:?}");
        assert!(workflow.get("2").is_none() && workflow.get("3").is_none(), "{off:?}: {workflow}");
    }
}

#[tokio::test]
async fn values_results_and_what_belongs_to_a_part_that_is_off() {
    let both = Both::start(1e9).await;
    let inputs = vec![("1.width".to_owned(), "16".to_owned()), ("3.blend_factor".to_owned(), "not a number".to_owned())];
    let run =
        FormRun { name: "Blended".into(), json: blended(), inputs, off: nodes(&["3"]), unwanted: nodes(&["5"]), ..FormRun::default() };
    let workflow = sent(&both, run.clone()).await;
    assert_eq!(workflow["1"]["inputs"]["width"], 16);
    assert!(workflow.get("5").is_none(), "{workflow}");
    let Answer::Refused(refusal) = submit(both.darkroom.addr, Submission::Form(FormRun { unwanted: nodes(&["4", "5"]), ..run })).await
    else {
        panic!("not refused")
    };
    assert!(refusal.message.contains("at least one"), "{}", refusal.message);
}
