//! What one watcher was told, and what was wrong with it: ends of tasks that were told twice or taken back, positions that did not rise.

use std::collections::HashMap;

use darkroom::proto::{ids::TaskId, task::TaskState};

/// A position in the changes: epoch, sequence number, and the nth event of that change.
pub type Position = (u64, u64, u32);

#[derive(Debug, Default)]
pub struct Witness {
    pub ends: HashMap<TaskId, TaskState>,
    at: Position,
    /// Connections that were opened.
    pub connections: usize,
    /// Times that it was given the whole state instead of what it missed.
    pub resyncs: usize,
    pub told_twice: usize,
    pub taken_back: usize,
    pub backwards: usize,
    /// One line for each of these.
    pub complaints: Vec<String>,
}

impl Witness {
    /// Of a program that comes back, maybe to another Darkroom: how many events belong to one change is each one's own count.
    pub fn comes_back(&mut self) {
        self.connections += 1;
        self.at.2 = 0;
    }

    /// Something was told at this position.
    pub fn moves_to(&mut self, position: Position) {
        if position <= self.at {
            self.backwards += 1;
            self.complaints.push(format!("told of {position:x?} after {:x?}", self.at));
        }
        self.at = position;
    }

    /// The whole state at this position; it may be the one that is known.
    pub fn starts_over_at(&mut self, position: Position) {
        self.resyncs += 1;
        if position < self.at {
            self.backwards += 1;
            self.complaints.push(format!("given the state at {position:x?} after {:x?}", self.at));
        }
        self.at = position;
    }

    /// It was said that a task came to this end, just now.
    pub fn is_told_end(&mut self, task: TaskId, state: TaskState) {
        if self.ends.contains_key(&task) {
            self.told_twice += 1;
            self.complaints.push(format!("told twice of the end of {task}, {:x?}", self.at));
        }
        self.sees(task, state);
    }

    /// A task is said to be in this state, as a part of what is known anyway.
    pub fn sees(&mut self, task: TaskId, state: TaskState) {
        match self.ends.get(&task) {
            Some(end) if *end != state => {
                self.taken_back += 1;
                self.complaints.push(format!("{task} was {end:?} and is {state:?}, {:x?}", self.at));
            }
            None if state.is_final() => drop(self.ends.insert(task, state)),
            _ => {}
        }
    }
}

#[test]
fn what_is_told_twice_taken_back_or_goes_backwards_is_counted() {
    let task = TaskId(uuid::Uuid::nil());
    let counts = |witness: &Witness| [witness.told_twice, witness.taken_back, witness.backwards, witness.complaints.len()];
    let mut witness = Witness::default();
    witness.moves_to((1, 1, 0));
    witness.moves_to((1, 1, 1));
    witness.sees(task, TaskState::Running);
    witness.moves_to((1, 2, 0));
    witness.is_told_end(task, TaskState::Completed);
    witness.starts_over_at((1, 2, 0));
    witness.sees(task, TaskState::Completed);
    witness.moves_to((2, 1, 0));
    assert_eq!(counts(&witness), [0; 4]);
    witness.is_told_end(task, TaskState::Completed);
    assert_eq!(counts(&witness), [1, 0, 0, 1]);
    witness.sees(task, TaskState::Running);
    assert_eq!(counts(&witness), [1, 1, 0, 2]);
    witness.moves_to((2, 1, 0));
    witness.starts_over_at((1, 9, 0));
    assert_eq!(counts(&witness), [1, 1, 2, 4]);
    assert_eq!(witness.resyncs, 2);
}
