//! Events as they are on the wire.

use serde_json::{Value, json};

use super::support::{asset, moment, node, project, take};
use crate::production::{
    AgentActivity, AssetKind, CompositePrompt, ExternalProgress, GitReport, ProcessReport, ProductionEvent, ProductionRecord, ProjectFile,
    StructureChanges, assemble,
};

fn wire(event: ProductionEvent) -> Value {
    let record = ProductionRecord { number: 7, timestamp: moment(1_795_194_714_015), project_id: Some(project()), event };
    let json = serde_json::to_value(&record).unwrap();
    assert_eq!(serde_json::from_value::<ProductionRecord>(json.clone()).unwrap(), record);
    assert_eq!((&json["type"], &json["timestamp"]), (&json!(record.event.name()), &json!("2026-11-20T17:11:54.015Z")));
    json
}

#[test]
fn a_node_is_told_as_the_story_has_it() {
    let mut node = node();
    (node.run.current_take, node.run.thumbnail) = (Some(3), Some("/thumb".into()));
    let json = wire(ProductionEvent::NodeStateChanged { node: Box::new(node), takes: vec![take(3)] });
    let story = ["node_id", "status", "thumbnail", "takes", "current_take", "scene_id", "shot_id"];
    assert!(story.iter().all(|member| json.get(member).is_some()), "{json}");
    assert_eq!((&json["status"], &json["scene_id"], &json["shot_id"]), (&json!("idle"), &json!("S001"), &json!("P002")));
    let take = &json["takes"][0];
    assert_eq!((&take["take_number"], &take["quality_preset"], &take["seed"]), (&json!(3), &json!("high"), &json!("18446744073709551615")));
    assert_eq!(take["created_at"], "1970-01-01T00:00:00.000Z");
    assert_eq!(json["version"], 1, "the whole state, with its version");
}

#[test]
fn each_event_has_the_type_and_the_members_of_the_story() {
    let agent = || Box::new(AgentActivity::new("Editor", None, moment(0)));
    let text = || "x".to_owned();
    let file = ProjectFile { name: text(), path: text(), size: 1, asset_type: text() };
    let process = || ProcessReport { process_id: "p".into(), progress: Some(5.0), message: None };
    let git = || GitReport { reference: Some("main".into()), message: None, author: Some("Lee".into()) };
    let task = ExternalProgress { task_id: text(), state: "PROGRESS".into(), total_steps: Some(3), ..ExternalProgress::default() };
    let (node_id, task_id) = (node().node_id, take(1).task_id);
    let events = [
        (ProductionEvent::FileUploaded { file: file.clone() }, "file.uploaded", vec!["file"]),
        (ProductionEvent::FileDeleted { file }, "file.deleted", vec!["file"]),
        (ProductionEvent::ProcessStarted(process()), "process.started", vec!["process_id"]),
        (ProductionEvent::ProcessProgress(process()), "process.progress", vec!["process_id", "progress"]),
        (ProductionEvent::ProcessCompleted(process()), "process.completed", vec!["process_id"]),
        (ProductionEvent::TaskProgress(Box::new(task)), "task.progress", vec!["task_id", "state", "total_steps"]),
        (
            ProductionEvent::GenerationStarted { node_id: node_id.clone(), task_id, take_number: 1 },
            "generation.started",
            vec!["node_id", "task_id"],
        ),
        (
            ProductionEvent::GenerationCompleted {
                node_id: node_id.clone(),
                task_id,
                output_path: text(),
                thumbnail: None,
                takes: vec![take(1)],
            },
            "generation.completed",
            vec!["node_id", "task_id", "output_path", "takes"],
        ),
        (
            ProductionEvent::GenerationError { node_id: node_id.clone(), task_id, error: text(), message: None },
            "generation.error",
            vec!["node_id", "task_id", "error"],
        ),
        (
            ProductionEvent::AgentHandedOff { agent_type: text(), task_id: text(), handoff_to: text(), activity: agent() },
            "agent.handoff",
            vec!["agent_type", "task_id", "handoff_to"],
        ),
        (
            ProductionEvent::AgentStale { agent_type: text(), task_id: text(), activity: agent() },
            "agent.stale",
            vec!["agent_type", "task_id", "activity"],
        ),
        (
            ProductionEvent::PromptComposite { node_id: Some(node_id), composite_prompt: Box::new(CompositePrompt::default()) },
            "prompt.composite",
            vec!["node_id", "composite_prompt"],
        ),
        (
            ProductionEvent::NarrativeBeat { beat_name: text(), scene_id: "S001".parse().ok(), keywords: vec![] },
            "narrative.beat",
            vec!["beat_name", "scene_id", "keywords"],
        ),
        (ProductionEvent::StructureChanged { changes: StructureChanges::default() }, "structure.changed", vec!["changes"]),
        (ProductionEvent::GitCommit(git()), "git.commit", vec!["ref", "author"]),
        (ProductionEvent::GitPush(git()), "git.push", vec!["ref"]),
        (ProductionEvent::GitPull(git()), "git.pull", vec!["ref"]),
        (ProductionEvent::TakeReviewed { take: Box::new(take(1)) }, "take.reviewed", vec!["take"]),
        (ProductionEvent::AssetChanged { asset: Box::new(asset(1, AssetKind::Prop, "", "")) }, "asset.changed", vec!["asset"]),
    ];
    for (event, name, members) in events {
        let json = wire(event);
        assert_eq!(json["type"], name);
        assert!(members.iter().all(|member| json.get(member).is_some()), "{name}: {json}");
    }
}

#[test]
fn a_composite_prompt_has_the_members_of_the_story() {
    let json = serde_json::to_value(assemble(&Default::default(), &Default::default())).unwrap();
    for member in ["base_prompt", "character_refs", "style_refs", "emotional_keywords", "agent_notes"] {
        assert!(json.get(member).is_some(), "{member}");
    }
}

#[test]
fn only_progress_is_merged() {
    let progress =
        |percent| ProductionEvent::ProcessProgress(ProcessReport { process_id: "p".into(), progress: Some(percent), message: None });
    assert!(progress(1.0).merge_key().is_some() && progress(1.0).merge_key() == progress(2.0).merge_key());
    assert_eq!(ProductionEvent::ProcessCompleted(ProcessReport::default()).merge_key(), None);
    assert_eq!(ProductionEvent::TakeCreated { take: Box::new(take(1)) }.merge_key(), None);
}
