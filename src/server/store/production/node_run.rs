//! The state of a node, derived from its takes with each change of one of them.

use proto::{
    limits,
    production::{NodeStatus, ProductionEvent, ProductionNode, Take, TakeState, current_take, node_status},
};

use super::{objects::update, refusal::UnitError, take_rows, unit::ProductionUnit};

/// Derives the state of a node, stores it where it changed, and tells it with the newest finished takes, which are returned. `follow_latest`: a take was
/// finished, and takes the place of the one that somebody chose.
pub(super) fn refresh(unit: &ProductionUnit, node: &mut ProductionNode, follow_latest: bool) -> Result<Vec<Take>, UnitError> {
    let before = node.run.clone();
    let takes = derive(unit, node, follow_latest)?;
    if node.run != before {
        node.stamp.touch(unit.now);
        update(unit, node)?;
    }
    // Also where only one of the takes changed. The list of finished ones is told where it is another one.
    let told = if node.run.take_count == before.take_count { Vec::new() } else { takes.clone() };
    unit.tell(Some(node.project_id), &ProductionEvent::NodeStateChanged { node: Box::new(node.clone()), takes: told })?;
    Ok(takes)
}

/// Derives the state of a node without storing it. Returns its newest finished takes.
pub(super) fn derive(unit: &ProductionUnit, node: &mut ProductionNode, follow_latest: bool) -> Result<Vec<Take>, UnitError> {
    let project = node.project_id;
    let outlines = take_rows::outlines(unit.transaction, project, &node.node_id)?;
    let newest = outlines.iter().filter(|take| !take.is_trashed).max_by_key(|take| take.take_number);
    let choice = node.run.current_take.filter(|_| node.run.chosen);
    let run = &mut node.run;
    run.status = node_status(&outlines);
    (run.current_take, run.chosen) = current_take(&outlines, choice, follow_latest);
    let count = outlines.iter().filter(|take| take.state == TakeState::Completed && !take.is_trashed).count();
    run.take_count = u32::try_from(count).unwrap_or(u32::MAX);
    run.last_take_number = outlines.iter().map(|take| take.take_number).max().unwrap_or(0).max(run.last_take_number);
    let current = run.current_take.map(|number| take_rows::numbered(unit.transaction, project, &node.node_id, number)).transpose()?;
    let current = current.flatten();
    run.output_path = current.as_ref().map(|take| take.path.clone());
    run.thumbnail = current.and_then(|take| take.thumbnail);
    let failed = newest.filter(|take| take.state == TakeState::Failed && run.status == NodeStatus::Error);
    let failed = failed.map(|take| take_rows::numbered(unit.transaction, project, &node.node_id, take.take_number)).transpose()?;
    run.error = failed.flatten().and_then(|take| take.error);
    run.message = match run.status {
        NodeStatus::Idle => None,
        NodeStatus::Generating => Some("Generating".into()),
        NodeStatus::Completed => Some("Generation complete".into()),
        NodeStatus::Error => Some("Generation failed".into()),
    };
    take_rows::finished(unit.transaction, project, &node.node_id, limits::NODE_TAKES)
}
