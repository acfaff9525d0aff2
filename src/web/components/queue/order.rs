//! The order of the rows, and the command that moves a task to another place in it. Pure.

use proto::{
    ids::TaskId,
    task::{QueueState, Snapshot, Task},
    wire::Command,
};

/// All unfinished tasks by their state; those that wait in the order in which they will be sent.
pub(super) fn rows(snapshot: &Snapshot) -> Vec<u128> {
    let all = |state: QueueState| snapshot.tasks.iter().filter(move |task| QueueState::of(task) == Some(state));
    let waiting = snapshot.waiting();
    let waiting = |state: QueueState| waiting.clone().into_iter().filter(move |task| QueueState::of(task) == Some(state));
    let sent = all(QueueState::Running).chain(all(QueueState::Sent));
    sent.chain(waiting(QueueState::Waiting)).chain(waiting(QueueState::Paused)).map(|task| task.id.0.as_u128()).collect()
}

/// A task that waits, and its priority.
pub(super) type QueueEntry = (TaskId, i8);

/// The tasks that are sent one after another, next first.
pub(super) fn line(snapshot: &Snapshot) -> Vec<QueueEntry> {
    let is_waiting = |task: &&Task| QueueState::of(task) == Some(QueueState::Waiting);
    snapshot.waiting().into_iter().filter(is_waiting).map(|task| (task.id, task.place.priority)).collect()
}

/// Where a task is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MoveTarget {
    Up,
    Down,
    Top,
    Before(TaskId),
    After(TaskId),
}

/// The command that moves `task` there, and its number in the queue afterwards. `None` when it is there already, or does not wait.
///
/// A task takes over the priority of its new place. Moved down, it keeps the highest priority that is possible there, so that one step down
/// never sends it behind all tasks of a lower priority.
pub(super) fn move_to(line: &[QueueEntry], task: TaskId, target: MoveTarget) -> Option<(Command, usize)> {
    let from = line.iter().position(|(id, _)| *id == task)?;
    let rest: Vec<QueueEntry> = line.iter().copied().filter(|(id, _)| *id != task).collect();
    let place_of = |other: TaskId| rest.iter().position(|(id, _)| *id == other);
    let to = match target {
        MoveTarget::Up => from.checked_sub(1)?,
        MoveTarget::Down => from + 1,
        MoveTarget::Top => 0,
        MoveTarget::Before(other) => place_of(other)?,
        MoveTarget::After(other) => place_of(other)? + 1,
    };
    if to == from || to > rest.len() {
        return None;
    }
    let before = rest.get(to);
    let priority_ahead = to.checked_sub(1).and_then(|ahead| rest.get(ahead)).map(|(_, priority)| *priority);
    let command = match (before, priority_ahead) {
        // It becomes the last of a priority, followed by lower ones.
        (Some((_, behind)), Some(priority)) if to > from && *behind != priority => Command::Prioritize { task, priority },
        (before, _) => Command::Move { task, before: before.map(|(id, _)| *id) },
    };
    Some((command, to + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    /// What the server does with a command (`proto::wire::Command`).
    fn carry_out(line: &[QueueEntry], command: &Command) -> Vec<QueueEntry> {
        let mut line = line.to_vec();
        let mut take = |task: TaskId| line.remove(line.iter().position(|(id, _)| *id == task).unwrap());
        match *command {
            Command::Move { task, before: Some(before) } => {
                take(task);
                let at = line.iter().position(|(id, _)| *id == before).unwrap();
                line.insert(at, (task, line[at].1));
            }
            Command::Move { task, before: None } => {
                take(task);
                line.push((task, line.last().unwrap().1));
            }
            Command::Prioritize { task, priority } => {
                take(task);
                let at = line.partition_point(|(_, other)| *other >= priority);
                line.insert(at, (task, priority));
            }
            _ => unreachable!(),
        }
        line
    }

    fn a_line() -> impl Strategy<Value = Vec<QueueEntry>> {
        proptest::collection::vec(-1_i8..=1, 1..8).prop_map(|mut priorities| {
            priorities.sort_by(|a, b| b.cmp(a));
            priorities.into_iter().enumerate().map(|(at, priority)| (id(at as u128), priority)).collect()
        })
    }

    proptest! {
        #[test]
        fn the_command_moves_the_task_exactly_to_the_target(line in a_line(), from in 0_usize..8, to in 0_usize..8) {
            let (from, to) = (from % line.len(), to % line.len());
            let target = if to <= from { MoveTarget::Before(line[to].0) } else { MoveTarget::After(line[to].0) };
            let Some((command, number)) = move_to(&line, line[from].0, target) else {
                prop_assert_eq!(from, to);
                return Ok(());
            };
            let after = carry_out(&line, &command);
            let mut expected: Vec<TaskId> = line.iter().map(|(id, _)| *id).collect();
            let moved = expected.remove(from);
            expected.insert(to, moved);
            prop_assert_eq!(after.iter().map(|(id, _)| *id).collect::<Vec<_>>(), expected);
            prop_assert_eq!(number, to + 1);
            prop_assert!(after.is_sorted_by(|(_, a), (_, b)| a >= b), "priorities stay in order: {:?}", after);
        }
    }

    #[test]
    fn a_step_down_keeps_the_highest_priority_possible() {
        let line = [(id(1), 1), (id(2), 0), (id(3), -1)];
        assert_eq!(move_to(&line, id(1), MoveTarget::Down), Some((Command::Prioritize { task: id(1), priority: 0 }, 2)));
        assert_eq!(move_to(&line, id(2), MoveTarget::Down), Some((Command::Move { task: id(2), before: None }, 3)));
        assert_eq!(move_to(&line, id(3), MoveTarget::Top), Some((Command::Move { task: id(3), before: Some(id(1)) }, 1)));
    }

    #[test]
    fn a_task_at_its_target_is_not_moved() {
        let line = [(id(1), 0), (id(2), 0)];
        for (task, target) in [
            (1, MoveTarget::Up),
            (1, MoveTarget::Top),
            (2, MoveTarget::Down),
            (1, MoveTarget::Before(id(2))),
            (2, MoveTarget::After(id(1))),
            (9, MoveTarget::Up),
        ] {
            assert_eq!(move_to(&line, id(task), target), None, "{task} {target:?}");
        }
    }
}
