//! A type for each kind of id, so that they cannot be confused.

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
    /// A task. The same UUID (version 7, made by Darkroom) is the `prompt_id` that ComfyUI gets: that is how a task is found
    /// again after a lost reply.
    TaskId
}
uuid_id! {
    /// One browser tab, over reconnects.
    SessionId
}
uuid_id! {
    /// A command, made by the client, so that one sent twice acts once.
    CommandId
}
text_id! {
    /// A node of a workflow. A number for the editor's files, any text for others, a path for nodes made while running.
    NodeId
}
text_id! {
    /// ComfyUI's id of a run. Ours are UUIDs; other clients may send any text (fact 38).
    PromptId
}
text_id! {
    /// A configured ComfyUI, by its host and port.
    BackendId
}

impl PromptId {
    /// The task this run belongs to, if Darkroom could have made the id.
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

/// Position of a change in the server's one stream of changes, from 1. 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One run of the server process; a later run has a greater epoch. Sequence numbers of different epochs cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// Where a client stopped reading. A greater one is a later state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resume {
    pub epoch: Epoch,
    pub seq: Seq,
}
