//! Messages of the studio's own programs over Redis.

use serde_json::json;

use super::Heard;
use crate::external::{ExternalState, JoinedBy, ProgressScale, message::read_message};

#[test]
fn progress_on_its_own_channel_is_of_the_task_in_its_name() {
    let mut heard = Heard::default();
    let message = json!({"state": "PROGRESS", "progress": 40, "step": "denoise", "total_steps": 20, "current_step": 8, "node_id": "n7"});
    heard.message("task:progress:t1", message.to_string().as_bytes(), 5);
    let task = &heard.tasks["t1"];
    assert_eq!((task.state, task.progress, task.message.as_deref()), (ExternalState::Progress, Some(400), Some("denoise")));
    assert_eq!((task.current, task.total, task.source.as_str()), (Some(8), Some(20), "redis"));
    assert_eq!(task.join.node.as_ref().unwrap().by, JoinedBy::Meta);
    heard.message("task:progress:t1", br#"{"status": "completed", "result": {"path": "/a.mp4"}}"#, 6);
    assert_eq!(heard.tasks["t1"].state, ExternalState::Success);
}

#[test]
fn a_project_channel_tells_of_tasks_and_of_everything_else() {
    let mut heard = Heard::default();
    for message in [
        json!({"type": "task.progress", "timestamp": "x", "task_id": "t1", "state": "STARTED"}),
        json!({"type": "task.failed", "data": {"task_id": "t2", "error": {"type": "OSError", "message": "disk"}}}),
        json!({"type": "process.completed", "process_id": "p9", "message": "done"}),
    ] {
        heard.message("project:film:events", message.to_string().as_bytes(), 5);
    }
    let states = ["t1", "t2", "p9"].map(|id| heard.tasks[id].state);
    assert_eq!(states, [ExternalState::Started, ExternalState::Failure, ExternalState::Success]);
    assert_eq!(heard.tasks["t1"].join.project.as_ref().unwrap().id, "film");
    assert_eq!(heard.tasks["t2"].error.as_ref().unwrap().message, "disk");
    let git = json!({"type": "git.commit", "ref": "main", "message": "cut 2"});
    let report = read_message("project:film:events", git.to_string().as_bytes(), ProgressScale::Auto).unwrap();
    let [event] = &report.events[..] else { panic!("{report:?}") };
    assert_eq!((event.kind.as_str(), event.source.as_str()), ("git.commit", "redis:project:film:events"));
    assert_eq!(event.data.as_ref().unwrap()["project_id"], "film");
}

#[test]
fn a_cloud_event_over_redis_is_one_on_any_channel() {
    let event = json!({"specversion": "1.0", "id": "1", "source": "/farm", "type": "studio.darkroom.task.progress.v1", "data": {"task_id": "t", "progress": 0.5}});
    let report = read_message("farm", event.to_string().as_bytes(), ProgressScale::Auto).unwrap();
    assert_eq!((report.tasks.len(), report.events.len(), report.tasks[0].source.as_str()), (1, 1, "/farm"));
}
