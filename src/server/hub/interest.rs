//! What a reader of the changes wants to know.

use proto::{ids::TaskId, limits, wire::Topic};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interest {
    Everything,
    /// These tasks, in order and each once, and what concerns everyone.
    Tasks(Box<[TaskId]>),
}

impl Interest {
    /// Of the first [`limits::TOPICS`].
    #[must_use]
    pub fn of(topics: &[Topic]) -> Self {
        let topics = topics.get(..limits::TOPICS).unwrap_or(topics);
        let mut tasks = Vec::new();
        for topic in topics {
            match topic {
                Topic::All => return Self::Everything,
                Topic::Task(id) => tasks.push(*id),
            }
        }
        tasks.sort_unstable();
        tasks.dedup();
        Self::Tasks(tasks.into())
    }

    /// The tasks that are followed one by one.
    #[must_use]
    pub fn tasks(&self) -> &[TaskId] {
        match self {
            Self::Everything => &[],
            Self::Tasks(tasks) => tasks,
        }
    }
}
