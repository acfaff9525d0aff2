//! The Comfy API v2: the events of a job.

use crate::support::{
    darkroom_server::Both,
    v2::{V2, picture},
};
use serde_json::{Value, json};

fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

fn of<'a>(events: &'a [(String, Value)], wanted: &str) -> Vec<&'a Value> {
    events.iter().filter(|(name, _)| name == wanted).map(|(_, data)| data).collect()
}

#[tokio::test]
async fn a_job_is_followed_to_its_end() {
    let both = Both::start(4.0).await;
    let v2 = V2::of(&both);
    let (first, second) = (v2.job(&picture(1, 20)).await, v2.job(&picture(2, 20)).await);
    let (events, waited) = tokio::join!(v2.events(&first), v2.events(&second));
    for events in [&events, &waited] {
        assert_eq!(names(events)[0], "status", "the state first");
        let (last, data) = events.last().unwrap();
        assert_eq!((last.as_str(), data), ("status", &json!({"status": "succeeded", "queue_position": null})));
        assert_eq!(of(events, "status").iter().filter(|data| data["status"] == "succeeded").count(), 1);
        assert_eq!(of(events, "output").len(), 1, "before the end: {:?}", names(events));
        let progress = of(events, "progress");
        let values: Vec<f64> = progress.iter().map(|data| data["value"].as_f64().unwrap()).collect();
        assert!(values.len() > 2 && values.is_sorted() && values.ends_with(&[1.0]), "{values:?}");
        assert!(progress.iter().any(|data| data["steps"] == 20 && data["current_node_class"] == "KSampler"), "{progress:?}");
        assert!(progress.iter().all(|data| data["nodes_done"].as_u64() <= data["nodes_total"].as_u64()));
        let previews = of(events, "preview");
        assert!(previews.iter().all(|data| data["content_type"].as_str().unwrap().starts_with("image/")) && !previews.is_empty());
    }
    assert_eq!(of(&waited, "status")[0]["status"], "queued");
}

#[tokio::test]
async fn who_comes_late_gets_the_outputs_and_the_end() {
    let both = Both::start(1e9).await;
    let v2 = V2::of(&both);
    let job = v2.job(&picture(1, 4)).await;
    v2.events(&job).await;
    let late = v2.events(&job).await;
    assert_eq!(names(&late), ["progress", "output", "status"]);
    let job = v2.get(&format!("/jobs/{}", job.text("id"))).await;
    let (mut told, mut asked) = (late[1].1.clone(), job.json["outputs"][0].clone());
    // The moment of each answer.
    told["url_expires_at"] = Value::Null;
    asked["url_expires_at"] = Value::Null;
    assert_eq!(told, asked);
}
