//! What goes into the store and comes out of it, besides tasks.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::OwnWebhook;
use proto::{
    comfy::Workflow,
    ids::{CommandId, TaskId},
    limits,
    task::{Task, TaskState},
    time::Timestamp,
};

/// A caller's `Idempotency-Key`: the same key with the same request is the same task. Remembered for [`limits::KEY_LIFE`] after the
/// first request, or until its task is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    text: String,
    fingerprint: u64,
}

impl Key {
    /// `request` is what must be the same for the same key, such as the body. `None` for a text that is empty, longer than
    /// [`limits::KEY`] or not printable ASCII.
    #[must_use]
    pub fn new(text: &str, request: &[u8]) -> Option<Self> {
        let fits = (1..=limits::KEY).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        fits.then(|| Self { text: text.to_owned(), fingerprint: fnv1a(request) })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// FNV-1a, 64 bits: the same in every version of Darkroom, unlike the standard library's. It tells mistakes apart, not attacks: a
/// caller who makes two requests collide gets the task of the first.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// What became of a task that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is kept.
    New,
    /// Its key came before, with the same request: that task is meant, and this one is not kept.
    Known(TaskId),
    /// Its key came before, with another request. Nothing is kept.
    Conflict,
}

/// A command that came, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    pub id: CommandId,
    /// Why it was not carried out, in words.
    pub error: Option<String>,
    pub at: Timestamp,
}

/// A task as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub task: Task,
    pub workflow: Arc<Workflow>,
    pub origin: Origin,
}

/// What was said with a task that only programs ask for. It never changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The submitter's own; given back, and otherwise not looked at. See [`limits::METADATA`].
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// The task of which it is another run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<TaskId>,
    /// Kept in a table of its own.
    #[serde(skip)]
    pub webhook: Option<OwnWebhook>,
}

/// Which tasks to list; all that is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Any of these; none: all.
    pub states: Vec<TaskState>,
    /// Accepted after and before then.
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
    /// In the name or the prompt, in any case.
    pub text: Option<String>,
}

/// Where a page of a list ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub created_at: Timestamp,
    pub task: TaskId,
}

/// Summaries, newest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub tasks: Vec<Task>,
    /// Of those of the tasks that have one.
    pub origins: HashMap<TaskId, Origin>,
    /// Where the next page begins; `None` when there is no more.
    pub next: Option<Cursor>,
}

/// A line of a task's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: Timestamp,
    pub kind: EventKind,
    /// For people; at most [`limits::EVENT_TEXT`] characters.
    pub text: String,
}

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventKind {
            $($(#[$doc])* $kind,)*
        }

        impl EventKind {
            /// The word on disk. Never changes.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)*
                }
            }

            pub(super) fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

event_kinds! {
    Accepted = "accepted",
    /// Handed to a ComfyUI.
    Sent = "sent",
    Started = "started",
    /// Another attempt, and why.
    Retried = "retried",
    Paused = "paused",
    Resumed = "resumed",
    /// To another place in the queue.
    Moved = "moved",
    /// Somebody wants it cancelled.
    Cancelled = "cancelled",
    Finished = "finished",
    /// How many messages of each type came, told at the end.
    Messages = "messages",
    /// Anything else worth telling.
    Note = "note",
}

/// Whether the disk takes what it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Nothing can be written since then. `None`: all is well.
    pub unwritable_since: Option<Timestamp>,
    /// New tasks and changed ones that are not on disk yet.
    pub waiting: usize,
}

impl Health {
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.unwritable_since.is_none()
    }
}

/// As in the task's JSON.
pub(super) fn state_word(state: TaskState) -> &'static str {
    match state {
        TaskState::Accepted => "accepted",
        TaskState::Queued => "queued",
        TaskState::Running => "running",
        TaskState::Completed => "completed",
        TaskState::Failed => "failed",
        TaskState::Cancelled => "cancelled",
    }
}
