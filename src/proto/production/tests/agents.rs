//! What agents tell, in any order and more than once.

use proptest::prelude::*;
use serde_json::json;

use super::support::moment;
use crate::{
    limits,
    production::{AgentActivity, AgentHandoff, AgentReport, AgentStatus, QualityPreset, VramStatus, handoff_chain},
};

fn report(json: serde_json::Value) -> AgentReport {
    serde_json::from_value(json).unwrap()
}

fn assigned(task: &str) -> AgentReport {
    report(json!({"type": "agent.assigned", "task_id": task, "task_description": "block the scene", "estimated_duration": 60}))
}

fn progress(task: &str, percent: f64) -> AgentReport {
    report(json!({"type": "agent.progress", "task_id": task, "progress": percent, "vram_usage": 4}))
}

fn completed(task: &str) -> AgentReport {
    report(json!({"type": "agent.completed", "task_id": task, "handoff_to": "Editor"}))
}

fn agent() -> AgentActivity {
    AgentActivity::new("Cinematographer", None, moment(0))
}

#[test]
fn an_agent_works_and_hands_on() {
    let mut agent = agent();
    assert!(agent.apply(&assigned("a"), moment(1)));
    assert_eq!((agent.status, agent.progress, agent.current_task.as_deref()), (AgentStatus::Working, Some(0.0), Some("block the scene")));
    assert!(agent.apply(&progress("a", 40.0), moment(2)));
    assert!(!agent.apply(&progress("a", 40.0), moment(3)), "the same is no news");
    assert_eq!((agent.last_seen, agent.vram_usage, agent.version), (moment(3), Some(4.0), 2));
    assert!(agent.apply(&completed("a"), moment(4)));
    assert_eq!((agent.status, agent.progress, agent.vram_usage), (AgentStatus::Completed, Some(100.0), None));
    assert_eq!(agent.handoff_to.as_deref(), Some("Editor"));
    assert!(!agent.apply(&progress("a", 90.0), moment(5)), "it comes late");
    assert!(agent.apply(&progress("b", 5.0), moment(6)), "nobody told of its assignment");
    assert_eq!((agent.status, agent.task_id.as_str(), agent.handoff_to.as_deref()), (AgentStatus::Working, "b", None));
    assert!(!agent.apply(&assigned("a"), moment(7)));
}

#[test]
fn a_silent_agent_is_stale_and_did_not_fail() {
    let mut agent = agent();
    agent.apply(&assigned("a"), moment(1_000));
    let silence = u64::try_from(limits::AGENT_SILENCE.as_millis()).unwrap();
    assert!(!agent.is_stale(moment(1_000 + silence)) && agent.is_stale(moment(1_001 + silence)));
    assert_eq!(agent.status, AgentStatus::Working);
    agent.apply(&progress("a", 1.0), moment(1_001 + silence));
    assert!(!agent.is_stale(moment(1_002 + silence)));
    agent.apply(&completed("a"), moment(1_003 + silence));
    assert!(!agent.is_stale(moment(u64::MAX)), "it has nothing to tell");
}

#[test]
fn reports_that_make_no_sense_are_refused() {
    let wrong = |json| report(json).check().unwrap_err().field;
    assert_eq!(wrong(json!({"type": "agent.progress", "task_id": "a", "progress": 101})), "progress");
    assert_eq!(wrong(json!({"type": "agent.progress", "task_id": " ", "progress": 1})), "task_id");
    assert_eq!(wrong(json!({"type": "agent.handoff", "task_id": "a", "handoff_to": ""})), "handoff_to");
    assert_eq!(wrong(json!({"type": "agent.completed", "task_id": "a", "output": "x".repeat(limits::AGENT_OUTPUT)})), "output");
    assert!(serde_json::from_value::<AgentReport>(json!({"type": "agent.progress", "task_id": "a", "progress": 1, "vram": 2})).is_err());
    assert!(serde_json::from_value::<AgentReport>(json!({"type": "agent.resigned", "task_id": "a"})).is_err());
}

#[test]
fn a_chain_of_handoffs_is_the_way_of_a_work() {
    let handoff = |task: &str, from: &str, to: &str| AgentHandoff { task_id: task.into(), from: from.into(), to: to.into(), at: moment(0) };
    let all = [
        handoff("a", "Screenwriter", "ArtDirector"),
        handoff("b", "Producer", "Editor"),
        handoff("a", "ArtDirector", "Cinematographer"),
        handoff("a", "Cinematographer", "ArtDirector"),
    ];
    assert_eq!(handoff_chain(&all, "a"), ["Screenwriter", "ArtDirector", "Cinematographer", "ArtDirector"]);
    assert!(handoff_chain(&all, "c").is_empty());
}

#[test]
fn claimed_memory_is_beside_what_is_measured() {
    const GIB: u64 = 1 << 30;
    let mut one = agent();
    one.apply(&progress("a", 1.0), moment(1));
    let mut other = AgentActivity::new("Editor", None, moment(0));
    other.apply(&progress("b", 1.0), moment(1));
    other.apply(&completed("b"), moment(2));
    let status = VramStatus::of(&[(9 * GIB, 24 * GIB), (4 * GIB, 8 * GIB)], [&one, &other]);
    assert_eq!((status.total_vram, status.used_vram, status.available_vram), (32.0, 19.0, 9.0));
    assert_eq!(status.agent_usage, [("Cinematographer".to_owned(), 4.0)].into(), "who has completed claims nothing");
    assert_eq!(status.recommended_quality, QualityPreset::Standard);
    let recommended = |free: u64| VramStatus::of(&[(free * GIB, 24 * GIB)], []).recommended_quality;
    assert_eq!([recommended(4), recommended(16)], [QualityPreset::Low, QualityPreset::High]);
    assert_eq!(VramStatus::of(&[], []).recommended_quality, QualityPreset::Standard, "nothing is measured");
}

proptest! {
    /// Reports of several works, doubled and late: an ended work stays ended, and the version counts what changed.
    #[test]
    fn an_ended_work_stays_ended(told in proptest::collection::vec((0u8..3, 0u8..3), 0..30)) {
        let mut agent = agent();
        let mut ended: Vec<String> = Vec::new();
        for (at, (task, kind)) in told.into_iter().enumerate() {
            let task = format!("task {task}");
            let report = match kind { 0 => assigned(&task), 1 => progress(&task, 50.0), _ => completed(&task) };
            let before = agent.clone();
            let is_news = agent.apply(&report, moment(at as u64));
            prop_assert_eq!(is_news, agent.version == before.version + 1);
            let same = AgentActivity { last_seen: agent.last_seen, ..before };
            prop_assert!(is_news || same == agent);
            if kind == 2 && !ended.contains(&task) { ended.push(task); }
            if agent.status == AgentStatus::Working { prop_assert!(!ended.contains(&agent.task_id)); }
        }
    }
}
