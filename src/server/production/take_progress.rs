//! How the takes do that are being made: told to those that follow their projects, as `task.progress`.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use proto::{
    ids::TaskId,
    production::{ExternalProgress, ProductionEvent, ProductionNodeId, ProjectId},
    task::{Task, TaskState},
};
use tokio::time::{MissedTickBehavior, interval};

use super::library::Productions;

/// At most so often.
const TICK: Duration = Duration::from_millis(250);

/// A task that runs.
struct RunningTask {
    /// Of which node it makes a take. `None`: of none.
    node: Option<(ProjectId, ProductionNodeId)>,
    /// What was told the last time.
    told: Option<ExternalProgress>,
}

impl Productions {
    /// Tells the progress of takes, for ever.
    pub async fn tell_take_progress(self: Arc<Self>) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut running: HashMap<TaskId, RunningTask> = HashMap::new();
        loop {
            ticks.tick().await;
            let now: BTreeSet<TaskId> = self.tracker.unfinished(|task| task.state == TaskState::Running).into_iter().collect();
            running.retain(|task, _| now.contains(task));
            for id in now {
                let known = match running.entry(id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        // One that cannot be read tells nothing this time.
                        let Ok(take) = self.store.take_of_task(id).await else { continue };
                        new.insert(RunningTask { node: take.map(|take| (take.project_id, take.node_id)), told: None })
                    }
                };
                let Some((project, node)) = known.node.clone() else { continue };
                let Some(progress) = self.tracker.task(id).and_then(|task| progress_of(&task, node)) else { continue };
                if known.told.as_ref() != Some(&progress) {
                    known.told = Some(progress.clone());
                    self.tell_progress(Some(project), ProductionEvent::TaskProgress(Box::new(progress)));
                }
            }
        }
    }
}

/// `None`: it has ended meanwhile.
fn progress_of(task: &Task, node: ProductionNodeId) -> Option<ExternalProgress> {
    if task.state != TaskState::Running {
        return None;
    }
    let current = task.current_node();
    let steps = current.filter(|node| node.counted && node.max > 0).map(|node| (node.value, node.max));
    let message = match steps {
        Some((step, of)) => format!("Step {step} of {of}"),
        None => "Generating".to_owned(),
    };
    Some(ExternalProgress {
        task_id: task.id.to_string(),
        state: "PROGRESS".into(),
        progress: Some(f64::from(task.permille) / 10.0),
        message: Some(message),
        result: None,
        node_id: Some(node),
        step: current.map(|node| node.title.clone()),
        total_steps: steps.map(|(_, of)| of),
        current_step: steps.map(|(step, _)| step),
    })
}
