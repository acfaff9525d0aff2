//! The order of the rows, and what to command so that a task gets to another place in it. Pure.

use crate::components::standing::Standing;
use proto::{
    ids::TaskId,
    task::{Snapshot, Task},
    wire::Command,
};

/// All that is not over: what runs, what was sent, what waits in the order it will be sent, what is held back.
pub(super) fn rows(snapshot: &Snapshot) -> Vec<u128> {
    let all = |standing: Standing| snapshot.tasks.iter().filter(move |task| Standing::of(task) == Some(standing));
    let waiting = snapshot.waiting();
    let waiting = |standing: Standing| waiting.clone().into_iter().filter(move |task| Standing::of(task) == Some(standing));
    let sent = all(Standing::Running).chain(all(Standing::Sent));
    sent.chain(waiting(Standing::Waiting)).chain(waiting(Standing::Paused)).map(|task| task.id.0.as_u128()).collect()
}

/// A task in line, and its priority.
pub(super) type Place = (TaskId, i8);

/// The tasks that are sent one after another, next first.
pub(super) fn line(snapshot: &Snapshot) -> Vec<Place> {
    let in_line = |task: &&Task| Standing::of(task) == Some(Standing::Waiting);
    snapshot.waiting().into_iter().filter(in_line).map(|task| (task.id, task.place.priority)).collect()
}

/// Where a task is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    Up,
    Down,
    Top,
    Before(TaskId),
    After(TaskId),
}

/// The command that brings `task` there, and its number in line afterwards. `None` when it is there, or not in line.
///
/// A task takes the priority of its new neighbourhood: downwards no more of it than it must, so that stepping back one place never
/// sends it behind all others.
pub(super) fn move_to(line: &[Place], task: TaskId, aim: Aim) -> Option<(Command, usize)> {
    let from = line.iter().position(|(id, _)| *id == task)?;
    let rest: Vec<Place> = line.iter().copied().filter(|(id, _)| *id != task).collect();
    let place_of = |other: TaskId| rest.iter().position(|(id, _)| *id == other);
    let to = match aim {
        Aim::Up => from.checked_sub(1)?,
        Aim::Down => from + 1,
        Aim::Top => 0,
        Aim::Before(other) => place_of(other)?,
        Aim::After(other) => place_of(other)? + 1,
    };
    if to == from || to > rest.len() {
        return None;
    }
    let before = rest.get(to);
    let priority_ahead = to.checked_sub(1).and_then(|ahead| rest.get(ahead)).map(|(_, priority)| *priority);
    let command = match (before, priority_ahead) {
        // The last of a priority, with lower ones behind.
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

    /// What the server promises of a command (`proto::wire::Command`).
    fn carry_out(line: &[Place], command: &Command) -> Vec<Place> {
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

    fn a_line() -> impl Strategy<Value = Vec<Place>> {
        proptest::collection::vec(-1_i8..=1, 1..8).prop_map(|mut priorities| {
            priorities.sort_by(|a, b| b.cmp(a));
            priorities.into_iter().enumerate().map(|(at, priority)| (id(at as u128), priority)).collect()
        })
    }

    proptest! {
        #[test]
        fn the_command_puts_the_task_exactly_there(line in a_line(), from in 0_usize..8, to in 0_usize..8) {
            let (from, to) = (from % line.len(), to % line.len());
            let aim = if to <= from { Aim::Before(line[to].0) } else { Aim::After(line[to].0) };
            let Some((command, number)) = move_to(&line, line[from].0, aim) else {
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
    fn a_step_down_takes_no_more_of_a_lower_priority_than_it_must() {
        let line = [(id(1), 1), (id(2), 0), (id(3), -1)];
        assert_eq!(move_to(&line, id(1), Aim::Down), Some((Command::Prioritize { task: id(1), priority: 0 }, 2)));
        assert_eq!(move_to(&line, id(2), Aim::Down), Some((Command::Move { task: id(2), before: None }, 3)));
        assert_eq!(move_to(&line, id(3), Aim::Top), Some((Command::Move { task: id(3), before: Some(id(1)) }, 1)));
    }

    #[test]
    fn what_is_at_its_place_is_not_moved() {
        let line = [(id(1), 0), (id(2), 0)];
        for (task, aim) in [(1, Aim::Up), (1, Aim::Top), (2, Aim::Down), (1, Aim::Before(id(2))), (2, Aim::After(id(1))), (9, Aim::Up)] {
            assert_eq!(move_to(&line, id(task), aim), None, "{task} {aim:?}");
        }
    }
}
