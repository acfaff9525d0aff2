//! Who is woken by what happens to a task: the readers that follow it, and nobody else. For connections (`hub.rs`) and for event streams (`feed`).

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Notify;

use crate::sync::Mutex;
use proto::ids::TaskId;

/// Wakes one reader. That it was woken is remembered until it waits.
pub struct ReaderWaker {
    number: u64,
    states: Notify,
    ticks: Notify,
}

impl ReaderWaker {
    /// Waits for a change of state of a task that it follows. Cancel-safe.
    pub async fn state_changed(&self) {
        self.states.notified().await;
    }

    /// Waits for the tick after progress or a preview of a task that it follows. Cancel-safe.
    pub async fn tick(&self) {
        self.ticks.notified().await;
    }
}

#[derive(Default)]
pub struct TopicWakers(Mutex<WakerTable>);

#[derive(Default)]
struct WakerTable {
    /// Those that somebody follows.
    tasks: HashMap<TaskId, FollowedTask>,
    /// Those of them that have progress since the last tick, each once.
    progressed: Vec<TaskId>,
    /// The number of the last reader.
    number: u64,
}

#[derive(Default)]
struct FollowedTask {
    /// By their numbers.
    readers: HashMap<u64, Arc<ReaderWaker>>,
    has_progress: bool,
}

impl TopicWakers {
    /// Adds a reader of these tasks, each of which is named once.
    pub fn add(&self, tasks: &[TaskId]) -> Arc<ReaderWaker> {
        let mut table = self.0.lock();
        table.number += 1;
        let waker = Arc::new(ReaderWaker { number: table.number, states: Notify::new(), ticks: Notify::new() });
        for task in tasks {
            table.tasks.entry(*task).or_default().readers.insert(waker.number, waker.clone());
        }
        waker
    }

    /// Removes a reader of these tasks, and the tasks that nobody follows any more.
    pub fn remove(&self, waker: &ReaderWaker, tasks: &[TaskId]) {
        let mut table = self.0.lock();
        for task in tasks {
            if let Some(followed) = table.tasks.get_mut(task) {
                followed.readers.remove(&waker.number);
                if followed.readers.is_empty() {
                    table.tasks.remove(task);
                }
            }
        }
    }

    /// Wakes those who follow this task.
    pub fn wake(&self, task: TaskId) {
        if let Some(followed) = self.0.lock().tasks.get(&task) {
            followed.readers.values().for_each(|waker| waker.states.notify_one());
        }
    }

    /// Those who follow this task are woken with the next tick.
    pub fn wake_with_tick(&self, task: TaskId) {
        let mut table = self.0.lock();
        if let Some(followed) = table.tasks.get_mut(&task)
            && !std::mem::replace(&mut followed.has_progress, true)
        {
            table.progressed.push(task);
        }
    }

    pub fn tick(&self) {
        let table = &mut *self.0.lock();
        for task in table.progressed.drain(..) {
            if let Some(followed) = table.tasks.get_mut(&task) {
                followed.has_progress = false;
                followed.readers.values().for_each(|waker| waker.ticks.notify_one());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_task_that_nobody_follows_is_forgotten() {
        let [one, two] = [1, 2].map(|number| TaskId(Uuid::from_u128(number)));
        let wakers = TopicWakers::default();
        let [first, second] = [&[one][..], &[one, two]].map(|tasks| wakers.add(tasks));
        wakers.wake_with_tick(two);
        wakers.remove(&second, &[one, two]);
        wakers.tick();
        assert_eq!(wakers.0.lock().tasks.keys().collect::<Vec<_>>(), [&one]);
        wakers.remove(&first, &[one]);
        wakers.wake(one);
        wakers.wake_with_tick(one);
        let table = wakers.0.lock();
        assert!(table.tasks.is_empty() && table.progressed.is_empty());
    }
}
