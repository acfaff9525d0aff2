//! Tasks become takes: a number is given when the task is accepted, and the take is complete when the task has ended.

use proto::{
    comfy::Workflow,
    ids::TaskId,
    production::{Moment, ObjectKind, ProductionEvent, ProductionNode, Stamp, Take, TakeFields, TakeId, TakeState, render_path},
    task::Task,
};
use rusqlite::{Transaction, params};
use uuid::Uuid;

use super::{
    new_take::{NewTake, TakeEnd},
    node_run,
    objects::{live, read, take_number},
    projects,
    refusal::UnitError,
    take_rows,
    unit::{ProductionUnit, run_unit},
};

/// Gives a task the next number in its node. A task has one take: the same once more changes nothing.
pub(super) fn attach(unit: &ProductionUnit, task: TaskId, new: &NewTake) -> Result<Take, UnitError> {
    if let Some(known) = take_rows::of_task(unit.transaction, &task.to_string())? {
        return Ok(known);
    }
    let project = projects::live(unit.transaction, new.project)?;
    let mut node: ProductionNode = live(unit.transaction, new.project, new.node.as_str())?;
    let number = take_number(unit, new.project, ObjectKind::Node, new.node.as_str(), None)?;
    let path = render_path(node.scene_id.zip(node.shot_id), new.node.as_str(), number, &project.fields.output_format);
    let take = Take {
        id: TakeId(Uuid::now_v7()),
        project_id: new.project,
        node_id: new.node.clone(),
        take_number: number,
        scene_id: node.scene_id,
        shot_id: node.shot_id,
        shot: node.fields.shot,
        task_id: task,
        state: TakeState::Generating,
        path,
        thumbnail: None,
        output: None,
        output_id: None,
        quality_preset: new.quality,
        seed: new.seed,
        composite_prompt: new.composite.clone(),
        metadata: new.metadata.clone(),
        error: None,
        finished_at: None,
        fields: TakeFields::default(),
        stamp: Stamp::new(unit.now),
    };
    take_rows::insert(unit, &take)?;
    if let Some(workflow) = &new.workflow {
        let mut statement = unit.transaction.prepare_cached("INSERT INTO take_workflows (take, workflow) VALUES (?1, ?2)")?;
        statement.execute(params![take.id.to_string(), workflow])?;
    }
    let tell = |event| unit.tell(Some(new.project), &event);
    tell(ProductionEvent::TakeCreated { take: Box::new(take.clone()) })?;
    if let Some(composite) = &new.composite {
        let (node_id, composite_prompt) = (Some(new.node.clone()), Box::new(composite.clone()));
        tell(ProductionEvent::PromptComposite { node_id, composite_prompt })?;
    }
    tell(ProductionEvent::GenerationStarted { node_id: new.node.clone(), task_id: task, take_number: number })?;
    node_run::refresh(unit, &mut node, false)?;
    Ok(take)
}

/// Completes the take of a task that has ended. `None`: it has none, or it was completed before.
pub(super) fn complete(unit: &ProductionUnit, task: TaskId, end: &TakeEnd) -> Result<Option<Take>, UnitError> {
    let take = take_rows::of_task(unit.transaction, &task.to_string())?;
    let Some(mut take) = take.filter(|take| take.state == TakeState::Generating) else { return Ok(None) };
    take.state = end.state;
    take.error = end.error.clone().filter(|_| end.state != TakeState::Completed);
    take.finished_at = Some(unit.now);
    if end.state == TakeState::Completed
        && let Some((output, ending)) = &end.output
    {
        take.output = Some(*output);
        take.thumbnail = end.has_thumbnail.then(|| format!("/api/tasks/{task}/outputs/{output}?thumb=320"));
        if !ending.is_empty() {
            take.path = render_path(take.scene_id.zip(take.shot_id), take.node_id.as_str(), take.take_number, ending);
        }
    }
    take.stamp.touch(unit.now);
    take_rows::update(unit, &take)?;
    let project = take.project_id;
    let tell = |event| unit.tell(Some(project), &event);
    tell(ProductionEvent::TakeUpdated { take: Box::new(take.clone()) })?;
    // Also of a node in the trash: it may be restored.
    let Some(mut node) = read::<ProductionNode>(unit.transaction, project, take.node_id.as_str())? else { return Ok(Some(take)) };
    let follow_latest = node.fields.follow_latest;
    let takes = node_run::refresh(unit, &mut node, follow_latest)?;
    let (node_id, task_id) = (take.node_id.clone(), task);
    match end.state {
        TakeState::Completed => {
            let (output_path, thumbnail) = (take.path.clone(), take.thumbnail.clone());
            tell(ProductionEvent::GenerationCompleted { node_id, task_id, output_path, thumbnail, takes })?;
        }
        TakeState::Failed => {
            let error = take.error.clone().unwrap_or_else(|| "The task failed.".into());
            tell(ProductionEvent::GenerationError { node_id, task_id, error, message: node.run.message.clone() })?;
        }
        // Nobody wanted it any more: the state of the node tells that.
        TakeState::Cancelled | TakeState::Generating => {}
    }
    Ok(Some(take))
}

/// In the transaction that stores a new task, whose workflow the take keeps. A production that does not fit any more does not keep the task from running.
pub(in crate::store) fn attach_new(transaction: &Transaction, task: &Task, workflow: &Workflow, new: &NewTake) -> rusqlite::Result<()> {
    let sent = || serde_json::to_string(workflow).ok();
    let new = NewTake { workflow: new.workflow.clone().or_else(sent), ..new.clone() };
    if let Err(refusal) = run_unit(transaction, Moment(task.created_at), |unit| attach(unit, task.id, &new))? {
        tracing::warn!(%refusal, task = %task.id, "the task is no take of its node");
    }
    Ok(())
}

/// In the transaction that stores how a task ended.
pub(in crate::store) fn complete_ended(transaction: &Transaction, task: &Task) -> rusqlite::Result<()> {
    let Some(end) = TakeEnd::of(task) else { return Ok(()) };
    finish(transaction, task.id, Moment(task.ended_at.unwrap_or(task.created_at)), |unit| complete(unit, task.id, &end))
}

/// In the transaction that forgets a task, because ComfyUI refused it: its take goes, too, and its number is not used again.
pub(in crate::store) fn withdraw_refused(transaction: &Transaction, task: TaskId) -> rusqlite::Result<()> {
    finish(transaction, task, Moment(crate::clock::now()), |unit| withdraw(unit, task))
}

/// Puts the take of a task that never ran into the trash.
fn withdraw(unit: &ProductionUnit, task: TaskId) -> Result<Option<Take>, UnitError> {
    let take = take_rows::of_task(unit.transaction, &task.to_string())?;
    let Some(mut take) = take.filter(|take| take.state == TakeState::Generating) else { return Ok(None) };
    take.state = TakeState::Cancelled;
    take.error = Some("ComfyUI refused the workflow.".into());
    take.finished_at = Some(unit.now);
    take.stamp.touch(unit.now);
    take.stamp.deleted_at = Some(unit.now);
    take_rows::update(unit, &take)?;
    unit.tell(Some(take.project_id), &ProductionEvent::TakeTrashed { take: Box::new(take.clone()) })?;
    if let Some(mut node) = read::<ProductionNode>(unit.transaction, take.project_id, take.node_id.as_str())? {
        node_run::refresh(unit, &mut node, false)?;
    }
    Ok(Some(take))
}

fn finish(
    transaction: &Transaction,
    task: TaskId,
    now: Moment,
    work: impl FnOnce(&ProductionUnit) -> Result<Option<Take>, UnitError>,
) -> rusqlite::Result<()> {
    let is_take = transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM takes WHERE task = ?1 AND state = 'generating')")?
        .query_row([task.to_string()], |row| row.get(0))?;
    if is_take && let Err(refusal) = run_unit(transaction, now, work)? {
        tracing::error!(%refusal, %task, "the take of a task cannot be completed");
    }
    Ok(())
}
