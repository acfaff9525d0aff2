//! One type for each kind of id, so that the compiler distinguishes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

uuid_id! {
    /// A task. Darkroom generates this UUID (version 7) and sends it as `prompt_id`, so that it can find the task at ComfyUI after a lost
    /// response.
    TaskId
}
uuid_id! {
    /// A browser tab. Stays the same over reconnects.
    SessionId
}
uuid_id! {
    /// A command. The client generates the id, so that the server can carry out a repeated command only once.
    CommandId
}
uuid_id! {
    /// A saved workflow (version 7).
    WorkflowId
}
uuid_id! {
    /// A grid (version 7).
    GridId
}
text_id! {
    /// A node of a workflow: a number in files of the editor, otherwise any text. Nodes created at run time have a path.
    NodeId
}
text_id! {
    /// ComfyUI's id of a run. Darkroom uses UUIDs; other clients may use any text (fact 38).
    PromptId
}
text_id! {
    /// A configured ComfyUI: its host and port.
    BackendId
}

impl PromptId {
    /// The task with this id. `None` if it is not a UUID, so that Darkroom cannot have sent it.
    #[must_use]
    pub fn task(&self) -> Option<TaskId> {
        self.0.parse().ok()
    }
}

impl From<TaskId> for PromptId {
    fn from(id: TaskId) -> Self {
        Self(id.to_string())
    }
}

/// The sequence number of a change, from 1. 0 is before the first change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A run of the server process; a later run has a greater epoch. Sequence numbers of different epochs cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// The position up to which a client has received all changes. A greater one is a later state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resume {
    pub epoch: Epoch,
    pub seq: Seq,
}
