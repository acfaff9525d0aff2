//! Messages about projects on the studio's own channels.

use serde_json::{Value, json};

use crate::{
    external::{
        ExternalState, ProgressScale,
        message::{ExternalReport, MessageError, read_message},
        project::{ProjectReport, project_of_channel},
    },
    production::{AgentReport, GitReport, ProcessReport, ProductionEvent, ProjectFile},
};

const CHANNEL: &str = "project:film:events";

fn read(message: &Value) -> Result<ExternalReport, MessageError> {
    read_message(CHANNEL, message.to_string().as_bytes(), ProgressScale::default())
}

fn event(message: &Value) -> ProductionEvent {
    match read(message).unwrap().project {
        Some((project, ProjectReport::Event(event))) if project == "film" => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_git_files_and_processes_did_becomes_an_event_of_the_project() {
    let text = |text: &str| Some(text.to_owned());
    let commit = json!({"type": "git.commit", "project_id": "another", "ref": "main", "message": "First cut", "author": "Kim"});
    assert_eq!(
        event(&commit),
        ProductionEvent::GitCommit(GitReport { reference: text("main"), message: text("First cut"), author: text("Kim") })
    );
    let file = ProjectFile { name: "a.png".into(), path: "refs/a.png".into(), size: 12, asset_type: "style".into() };
    let uploaded = json!({"type": "file.uploaded", "file": {"name": "a.png", "path": "refs/a.png", "size": 12, "asset_type": "style"}});
    assert_eq!(event(&uploaded), ProductionEvent::FileUploaded { file: file.clone() });
    let deleted = json!({"type": "file.deleted", "data": {"path": "refs/a.png", "size": "12", "asset_type": "style"}});
    assert_eq!(event(&deleted), ProductionEvent::FileDeleted { file });
    let started = json!({"type": "process.started", "process_id": "p1", "message": "cutting"});
    let expected = ProcessReport { process_id: "p1".into(), progress: None, message: text("cutting") };
    assert_eq!(event(&started), ProductionEvent::ProcessStarted(expected));
    // It is a task of another program, too; and progress is not kept.
    let progress = read(&json!({"type": "process.progress", "process_id": "p1", "progress": 40})).unwrap();
    assert_eq!((progress.tasks[0].id.as_str(), progress.tasks[0].state), ("p1", Some(ExternalState::Progress)));
    assert!(progress.events.is_empty() && progress.project.is_some());
    assert_eq!(read(&started).unwrap().events.len(), 1);
}

#[test]
fn what_an_agent_tells_is_read_by_its_fields() {
    let assigned = json!({"type": "agent.assigned", "agent_type": "Editor", "task_id": "e1", "task_description": "cut", "mood": "good"});
    let Some((_, ProjectReport::Agent { agent_type, report })) = read(&assigned).unwrap().project else { panic!() };
    let expected = AgentReport::Assigned { task_id: "e1".into(), task_description: "cut".into(), estimated_duration: None };
    assert_eq!((agent_type.as_str(), report), ("Editor", expected));
    for (wrong, says) in [
        (json!({"type": "agent.assigned", "task_id": "e1"}), "agent_type"),
        (json!({"type": "agent.progress", "agent_type": "Editor", "task_id": "e1"}), "progress"),
        (json!({"type": "agent.progress", "agent_type": "Editor", "task_id": "e1", "progress": 500}), "progress"),
        (json!({"type": "agent.handoff", "agent_type": "Editor", "task_id": "e1"}), "handoff_to"),
        (json!({"type": "file.uploaded", "file": {}}), "path"),
        (json!({"type": "process.started"}), "process_id"),
    ] {
        let error = read(&wrong).unwrap_err().to_string();
        assert!(error.contains(says), "{says} in {error:?} of {wrong}");
    }
}

#[test]
fn what_a_darkroom_published_is_left_out_whatever_it_is() {
    for kind in ["git.commit", "task.progress", "process.progress", "take.updated", "agent.assigned"] {
        let own = json!({"type": kind, "task_id": "t", "process_id": "p", "origin": "darkroom"});
        assert_eq!(read(&own), Ok(ExternalReport::default()), "{kind}");
    }
    assert_ne!(read(&json!({"type": "git.commit", "origin": "github"})), Ok(ExternalReport::default()));
}

#[test]
fn only_the_channel_of_a_project_changes_one() {
    let commit = json!({"type": "git.commit", "project_id": "film"}).to_string();
    let elsewhere = read_message("studio:news", commit.as_bytes(), ProgressScale::default()).unwrap();
    assert_eq!((elsewhere.project, elsewhere.events.len()), (None, 1));
    assert_eq!(project_of_channel("project:a:b:commands", ":commands"), Some("a:b"));
    assert_eq!(project_of_channel("project::events", ":events"), None);
    let cloud = json!({"specversion": "1.0", "id": "7", "source": "/git", "type": "git.push", "data": {"ref": "main"}});
    let report = read(&cloud).unwrap();
    assert!(matches!(report.project, Some((_, ProjectReport::Event(ProductionEvent::GitPush(_))))));
    assert_eq!(report.events[0].id, "7");
    let with_id = json!({"type": "git.commit", "id": "c-1"});
    assert_eq!(read(&with_id).unwrap().events[0].id, "c-1");
}
