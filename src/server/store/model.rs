//! The store's types, besides tasks.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CellKey, NewClientPrompt, NewTake, OwnWebhook, StoredExtra};
use proto::{
    comfy::Workflow,
    ids::{CommandId, TaskId},
    limits,
    task::{Task, TaskState},
    time::Timestamp,
};

/// A client's `Idempotency-Key`: the same key with the same request returns the same task. Kept for [`limits::KEY_LIFE`] after the first
/// request, or until its task is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    text: String,
    fingerprint: u64,
}

impl Key {
    /// `request` is what must match for the same key, such as the body. `None` if the key is empty, longer than [`limits::KEY`] or not
    /// printable ASCII.
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

/// FNV-1a, 64 bits: stable across versions of Darkroom, unlike the standard library's hasher. It detects mistakes, not attacks: a client
/// whose requests collide gets the task of the first.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The result of adding a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// The task is stored.
    New,
    /// The key was used with the same request: that task is returned, and the new one is not stored.
    Known(TaskId),
    /// The key was used with another request. Nothing is stored.
    Conflict,
}

/// A received command and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    pub id: CommandId,
    /// Why the command failed, as a message.
    pub error: Option<String>,
    pub at: Timestamp,
}

/// A task as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub task: Task,
    pub workflow: Arc<Workflow>,
    pub origin: Origin,
    /// For ComfyUI only. Encrypted on disk.
    pub extra_data: StoredExtra,
}

/// Data submitted with a task that is only returned over the API. It never changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Opaque data of the submitter, returned unchanged. See [`limits::METADATA`].
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// The task that this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<TaskId>,
    /// Who submitted it, where that matters: see [`crate::access::Access::submitter`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitter: Option<String>,
    /// Stored in its own table.
    #[serde(skip)]
    pub webhook: Option<OwnWebhook>,
    /// The cell of a grid that becomes this task: the cell's row names it from the same transaction on. Not read back.
    #[serde(skip)]
    pub cell: Option<CellKey>,
    /// The take of a node that the task makes: it gets its number in the same transaction. Not read back.
    #[serde(skip)]
    pub take: Option<NewTake>,
    /// The prompt of a client of ComfyUI: it names the id that the task is to have. Not read back.
    #[serde(skip)]
    pub prompt: Option<NewClientPrompt>,
}

/// Filter for listing tasks; unset members match every task.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Any of these states; empty: all.
    pub states: Vec<TaskState>,
    /// Accepted after and before these times.
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
    /// Text in the name or the prompt, case-insensitive.
    pub text: Option<String>,
    /// All of these pairs are in its metadata.
    pub metadata: Vec<(String, String)>,
    /// Submitted by this one.
    pub submitter: Option<String>,
}

/// The last task of a page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub created_at: Timestamp,
    pub task: TaskId,
}

/// Task summaries, newest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub tasks: Vec<Task>,
    /// Of the tasks that have one.
    pub origins: HashMap<TaskId, Origin>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<Cursor>,
}

/// An entry of a task's history.
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
            /// The value stored on disk. Never changes.
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
    /// Sent to a ComfyUI.
    Sent = "sent",
    Started = "started",
    /// Another attempt, and its reason.
    Retried = "retried",
    Paused = "paused",
    Resumed = "resumed",
    /// Moved to another place in the queue.
    Moved = "moved",
    /// Cancellation was requested.
    Cancelled = "cancelled",
    Finished = "finished",
    /// The number of messages of each type, recorded at the end.
    Messages = "messages",
    /// Any other remark.
    Note = "note",
}

/// Whether the database can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// When writing began to fail. `None`: writing works.
    pub unwritable_since: Option<Timestamp>,
    /// New and changed tasks that are not on disk yet.
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
