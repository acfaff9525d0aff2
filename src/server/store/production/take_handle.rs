//! The store's functions about the tasks of takes, and the choice among takes.

use proto::{
    ids::TaskId,
    production::{FieldProblem, Moment, ProductionEvent, ProductionNode, ProductionNodeId, ProjectId, Take, TakeState},
};

use super::{
    conflict::{ToldAs, check_version},
    generations::{attach, complete},
    new_take::{NewTake, TakeEnd},
    node_run,
    objects::{live, update},
    projects,
    refusal::{ProductionError, UnitError},
    take_rows,
    unit::ProductionUnit,
};
use crate::store::Store;

/// Errors of all of these: see [`super::ProductionRefusal`], and the database cannot be read or written.
impl Store {
    /// Gives a task that is stored already the next take number in a node. A new task is given it in its own transaction: see
    /// [`crate::store::Origin::take`].
    pub async fn attach_task(&self, task: TaskId, new: NewTake, now: Moment) -> Result<Take, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| attach(unit, task, &new)).await
    }

    /// Completes the take of a task. Tasks of Darkroom do that by themselves, in the transaction that stores how they ended. `None`: it has none, or it was
    /// completed before.
    pub async fn task_ended(&self, task: TaskId, end: TakeEnd, now: Moment) -> Result<Option<Take>, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| complete(unit, task, &end)).await
    }

    /// Somebody chooses the current take of a node; `None`: nobody does any more, so that it is the newest.
    pub async fn choose_take(
        &self,
        project: ProjectId,
        node: ProductionNodeId,
        version: Option<u32>,
        take_number: Option<u32>,
        now: Moment,
    ) -> Result<ProductionNode, ProductionError> {
        self.production(now, move |unit: &ProductionUnit| choose(unit, project, &node, version, take_number)).await
    }
}

fn choose(
    unit: &ProductionUnit,
    project: ProjectId,
    node: &ProductionNodeId,
    version: Option<u32>,
    number: Option<u32>,
) -> Result<ProductionNode, UnitError> {
    projects::live(unit.transaction, project)?;
    let mut node: ProductionNode = live(unit.transaction, project, node.as_str())?;
    check_version(unit.transaction, &ToldAs::object(&node), &node, node.stamp.version, version)?;
    if let Some(number) = number {
        let take = take_rows::numbered(unit.transaction, project, &node.node_id, number)?;
        let fits = take.is_some_and(|take| take.state == TakeState::Completed && take.stamp.deleted_at.is_none());
        if !fits {
            let message = "This is the number of a finished take of the node that is not in the trash.";
            return Err(FieldProblem::new("take_number", message).into());
        }
        node.run.current_take = Some(number);
    }
    node.run.chosen = number.is_some();
    let takes = node_run::derive(unit, &mut node, false)?;
    node.stamp.touch(unit.now);
    update(unit, &node)?;
    unit.tell(Some(project), &ProductionEvent::TakeSelected { node: Box::new(node.clone()) })?;
    unit.tell(Some(project), &ProductionEvent::NodeStateChanged { node: Box::new(node.clone()), takes })?;
    Ok(node)
}
