//! The state of one node of a task, and its own progress.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::super::{ids::NodeId, time::Timestamp};

/// A node of the task's workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    pub class: String,
    /// The displayed name: `_meta.title`, or the class's display name, or the class.
    pub title: String,
    pub state: NodeState,
    /// Its own progress, `value` of `max`. `max` is 0 without progress.
    pub value: u32,
    pub max: u32,
    /// `value` counts steps. False: ComfyUI sent fractions, and `value` is in thousandths.
    pub counted: bool,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Expected duration in milliseconds, from earlier runs of its class. Its share of the task's progress.
    pub expected_ms: u32,
    /// Duration of a slow run, such as one that loads a model from disk, in milliseconds. `None` while `expected_ms` is a guess.
    #[serde(default)]
    pub slow_ms: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum NodeState {
    Waiting,
    Cached,
    Running,
    Done,
    Failed,
}

impl NodeState {
    /// Its work is done, now or in an earlier run. Not so of a failed node.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Cached | Self::Done)
    }

    /// The value of `data-state` on the pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Node {
    /// Whether it has progress to show. ComfyUI starts every node with `max` 1, which has no information (fact 16).
    #[must_use]
    pub fn has_bar(&self) -> bool {
        self.max > 1
    }

    /// "Step 7 of 20", if it counts steps.
    #[must_use]
    pub fn step(&self) -> Option<(u32, u32)> {
        (self.has_bar() && self.counted).then_some((self.value, self.max))
    }

    /// Its own progress, 0 to 1000.
    #[must_use]
    pub fn permille(&self) -> u16 {
        let share = u64::from(self.value) * 1000 / u64::from(self.max.max(1));
        u16::try_from(share.min(1000)).unwrap_or(1000)
    }
}
