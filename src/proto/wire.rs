//! The live protocol between browser and Darkroom on `/ws`.
//!
//! The client says `hello` first. The server answers `welcome` and then the changes that were missed, or one snapshot when they are no
//! longer kept or belong to another epoch. After that, changes in order. Text frames are JSON of the types here; a binary frame is a
//! preview, see [`PreviewFrame`].

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    ids::{CommandId, Epoch, NodeId, Seq, SessionId, TaskId},
    task::{Numbered, Snapshot},
    time::Timestamp,
};

/// Raised when client and server could no longer understand each other.
pub const PROTOCOL: u32 = 1;

/// WebSocket close codes of `/ws`. 4000–4099 are fatal: a client must not come back with the same hello.
pub mod close {
    /// The client speaks another protocol version: reload the page.
    pub const PROTOCOL_VERSION: u16 = 4000;
    /// A message that is not of the protocol, or no hello first.
    pub const BAD_MESSAGE: u16 = 4001;
    /// Signed out, or not allowed.
    pub const NOT_ALLOWED: u16 = 4003;
    /// The server is restarting: come back soon. (RFC 6455's registry: Service Restart.)
    pub const RESTARTING: u16 = 1012;
    /// A message over the size limit. (RFC 6455.)
    pub const TOO_BIG: u16 = 1009;

    #[must_use]
    pub fn is_fatal(code: u16) -> bool {
        (4000..4100).contains(&code)
    }
}

/// What a connection wants to hear about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    All,
    Task(TaskId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMessage {
    Hello {
        protocol: u32,
        session: SessionId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
        topics: Vec<Topic>,
    },
    Subscribe {
        topic: Topic,
    },
    Unsubscribe {
        topic: Topic,
    },
    Command {
        id: CommandId,
        command: Command,
    },
    /// `t` is the client's own, in milliseconds; it comes back in the `pong`.
    Ping {
        t: f64,
    },
}

/// Where a client stopped reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    pub epoch: Epoch,
    pub seq: Seq,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Cancel { task: TaskId },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    Welcome {
        epoch: Epoch,
        seq: Seq,
        version: String,
        now: Timestamp,
    },
    Snapshot {
        snapshot: Box<Snapshot>,
    },
    Changes {
        changes: Vec<Numbered>,
    },
    /// The command was carried out (`error` absent) or refused.
    Done {
        id: CommandId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    Pong {
        t: f64,
        now: Timestamp,
    },
}

/// A preview as one binary frame: `[1][task: 16 bytes][length of node id: u8][node id][picture]`. The picture says its own format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewFrame<'a> {
    pub task: TaskId,
    pub node: NodeId,
    pub image: &'a [u8],
}

const PREVIEW: u8 = 1;

impl<'a> PreviewFrame<'a> {
    /// A node id over 255 bytes (deep expansions have them) is left out: it is not needed to show the picture.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let node = self.node.as_str().as_bytes();
        let (len, node) = u8::try_from(node.len()).map_or((0, &[][..]), |len| (len, node));
        let mut frame = Vec::with_capacity(18 + node.len() + self.image.len());
        frame.push(PREVIEW);
        frame.extend_from_slice(self.task.0.as_bytes());
        frame.push(len);
        frame.extend_from_slice(node);
        frame.extend_from_slice(self.image);
        frame
    }

    /// `None` for a frame that is no preview.
    #[must_use]
    pub fn decode(frame: &'a [u8]) -> Option<Self> {
        let rest = frame.strip_prefix(&[PREVIEW])?;
        let (task, rest) = rest.split_first_chunk::<16>()?;
        let (&len, rest) = rest.split_first()?;
        let (node, image) = rest.split_at_checked(usize::from(len))?;
        Some(Self { task: TaskId(Uuid::from_bytes(*task)), node: NodeId(String::from_utf8_lossy(node).into_owned()), image })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_preview_frame_comes_out_as_it_went_in(id in any::<u128>(), node in "[0-9a-zé.]{0,100}", image in proptest::collection::vec(any::<u8>(), 0..40)) {
            let frame = PreviewFrame { task: TaskId(Uuid::from_u128(id)), node: NodeId(node), image: &image };
            let bytes = frame.encode();
            prop_assert_eq!(PreviewFrame::decode(&bytes), Some(frame));
        }

        #[test]
        fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = PreviewFrame::decode(&bytes);
        }
    }
}
