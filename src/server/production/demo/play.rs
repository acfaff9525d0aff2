//! What happens in the demo production, for as long as Darkroom runs: takes are made, agents work and hand on, and another program reports a task.

use std::{sync::Arc, time::Duration};

use proto::{
    external::cloud_events::parse_structured,
    production::{AgentReport, GenerateRequest, ProductionNode, ProductionNodeId, ProjectId},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    script::{DemoScript, ScriptAct, script},
    seed::demo_project,
};
use crate::{
    external::ExternalPrograms,
    production::{
        generate_error::GenerateError,
        library::{Productions, moment},
    },
    store::{ProductionError, ProductionRefusal, ReachedBeat},
    submissions::SubmissionError,
};

/// Between two steps of an agent.
const STEP: Duration = Duration::from_secs(4);
/// Between two performances.
const PAUSE: Duration = Duration::from_secs(90);
/// Before a take is tried again that cannot be accepted yet: its ComfyUI is not reached.
const RETRY: Duration = Duration::from_secs(2);

/// Makes the demo production, unless there was ever a production, and plays through it until it is thrown away.
pub async fn run_demo_production(productions: Arc<Productions>, external: Arc<ExternalPrograms>) {
    match perform(&productions, &external).await {
        Ok(()) => {}
        Err(error) => tracing::info!(%error, "the demo production ends"),
    }
}

async fn perform(productions: &Arc<Productions>, external: &ExternalPrograms) -> Result<(), ProductionError> {
    let Ok(script) = script().map(Arc::new) else { return Ok(()) };
    let Some(project) = demo_project(productions, &script).await? else { return Ok(()) };
    first_takes(productions, project.id, &script).await?;
    for performance in 1_u64.. {
        // Unique also after a restart: what an agent told of a work that it ended comes late, and changes nothing.
        let run = format!("{:x}-{performance}", moment().0.0);
        for act in &script.play {
            play_act(productions, project.id, act, &run).await?;
            report_render(external, project.id, act, &run).await;
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

/// Makes those that were not made yet: Darkroom may have ended before.
async fn first_takes(productions: &Productions, project: ProjectId, script: &DemoScript) -> Result<(), ProductionError> {
    for name in &script.takes {
        let Ok(node) = name.parse::<ProductionNodeId>() else { continue };
        match productions.object::<ProductionNode>(project, node.to_string()).await {
            Ok(node) if node.run.last_take_number == 0 && node.stamp.deleted_at.is_none() => {}
            // It has a take, or had one, or people took it away.
            Ok(_) | Err(ProductionError::Refused(ProductionRefusal::Unknown(_))) => continue,
            Err(error) => return Err(error),
        }
        loop {
            match productions.generate(project, node.clone(), GenerateRequest::default(), None).await {
                Err(GenerateError::Submission { error: SubmissionError::Unavailable(_) | SubmissionError::QueueFull(_), .. }) => {
                    sleep(RETRY).await
                }
                // No checkpoint is known until the ComfyUI was reached.
                Err(GenerateError::Submission { .. }) if !productions.knows_models() => sleep(RETRY).await,
                Err(GenerateError::Production(error)) => return Err(error),
                Err(error) => {
                    tracing::info!(%error, "a take of the demo production is not made");
                    break;
                }
                Ok(_) => break,
            }
        }
    }
    Ok(())
}

/// An agent is given a work, tells how it does, and hands it on.
async fn play_act(productions: &Productions, project: ProjectId, act: &ScriptAct, run: &str) -> Result<(), ProductionError> {
    // One work, which goes from agent to agent.
    let task_id = format!("work-{run}");
    let tell = async |report: AgentReport| productions.report_agent(Some(project), act.agent.clone(), report).await;
    let seconds = STEP.as_secs_f64() * act.steps.len() as f64;
    let description = act.task.clone();
    tell(AgentReport::Assigned { task_id: task_id.clone(), task_description: description, estimated_duration: Some(seconds) }).await?;
    for (at, step) in act.steps.iter().enumerate() {
        let progress = (at as f64 * 100.0 / act.steps.len() as f64).round();
        let (task_id, current_step, vram_usage) = (task_id.clone(), Some(step.clone()), Some(act.vram));
        tell(AgentReport::Progress { task_id, progress, current_step, vram_usage }).await?;
        sleep(STEP).await;
    }
    let output = json!({"steps": act.steps.len()});
    tell(AgentReport::Completed { task_id, output: Some(output), handoff_to: act.next.clone() }).await?;
    if let Some(beat) = &act.beat {
        productions.reach_beat(project, ReachedBeat { beat_name: beat.clone(), scene_id: None, keywords: None }).await?;
    }
    Ok(())
}

/// A task of another program, as it would report it over HTTP: it goes through its states, one with each act.
async fn report_render(external: &ExternalPrograms, project: ProjectId, act: &ScriptAct, run: &str) {
    let (kind, percent) = match act.agent.as_str() {
        "Producer" => ("task.queued", 0),
        "Screenwriter" => ("task.started", 0),
        "Editor" => ("task.success", 100),
        "CastingDirector" => ("task.progress", 25),
        "ArtDirector" => ("task.progress", 50),
        "Cinematographer" => ("task.progress", 75),
        _ => ("task.progress", 90),
    };
    let event = json!({
        "specversion": "1.0", "type": kind, "source": "demo-render-farm", "id": format!("{run}-{}", act.agent),
        "data": {
            "task_id": format!("render-{run}"), "name": "farm.assemble_dailies", "worker": "render@demo", "progress": percent,
            "message": format!("Frames {percent} of 100"), "project_id": project, "current_step": percent, "total_steps": 100,
        },
    });
    if let Err(why) = take(external, event).await {
        tracing::debug!(why, "the demo's external task is not reported");
    }
}

async fn take(external: &ExternalPrograms, event: Value) -> Result<(), String> {
    let event = parse_structured(event).map_err(|error| error.to_string())?;
    let parts = external.understand(vec![event]).map_err(|(_, error)| error.to_string())?;
    external.take_events(parts).await.map(drop).map_err(|error| error.to_string())
}
