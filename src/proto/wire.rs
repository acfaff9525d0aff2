//! The live protocol between browser and Darkroom on `/ws`.
//!
//! The client sends `hello` first. The server answers `welcome`, then the missed changes, or one snapshot when they are no longer kept
//! or belong to another epoch. After that, changes in order.
//!
//! A client sends [`ClientMessage`]s as JSON in text frames, so a hello stays readable across versions. The server sends binary frames:
//! a first byte for the type, then [`ServerMessage`]s or changes in postcard, which needs a quarter of JSON's bytes and, in the browser, of
//! its code. See [`Frame`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use super::ids::Resume;
use super::{
    ids::{BackendId, Epoch, NodeId, Seq, SessionId, TaskId},
    limits,
    production::ProjectId,
    task::{Numbered, Snapshot},
    time::Timestamp,
};

/// Incremented with every change of a type on the wire: postcard has no field names to detect it.
pub const PROTOCOL: u32 = 6;

/// WebSocket close codes of `/ws`. 4000–4099 are fatal: a client must not reconnect with the same hello.
///
/// | code | meaning | the client |
/// |---|---|---|
/// | 1009 | a message over [`limits::CLIENT_MESSAGE`](super::limits::CLIENT_MESSAGE) | reconnects |
/// | 1012 | the server is restarting | waits a moment, reconnects |
/// | 4000 | the client uses another protocol version | stops: reload the page |
/// | 4001 | an invalid message, or no hello first | stops |
/// | 4003 | signed out, or not allowed | stops |
/// | 4008 | more messages than a person could send | stops |
pub mod close {
    /// RFC 6455: Message Too Big.
    pub const TOO_BIG: u16 = 1009;
    /// RFC 6455's registry: Service Restart.
    pub const RESTARTING: u16 = 1012;
    pub const PROTOCOL_VERSION: u16 = 4000;
    pub const BAD_MESSAGE: u16 = 4001;
    pub const NOT_ALLOWED: u16 = 4003;
    /// Sent with [`NOT_ALLOWED`], and shown wherever a page learns it.
    pub const SIGNED_OUT: &str = "You are signed out.";
    /// Over [`limits::CLIENT_BURST`](crate::limits::CLIENT_BURST).
    pub const TOO_MANY: u16 = 4008;

    #[must_use]
    pub fn is_fatal(code: u16) -> bool {
        (4000..4100).contains(&code)
    }
}

/// A topic of a connection. Its hello chooses them, for as long as it lasts.
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
        resume: Option<Resume>,
        topics: Vec<Topic>,
        #[serde(default)]
        prefer: Prefer,
    },
    /// Replaces the earlier preferences.
    Prefer(Prefer),
    /// Replaces the projects whose events are told, at most [`limits::FOLLOWED_PROJECTS`]. Each begins at its own place.
    Projects(Vec<ProjectPlace>),
    /// `t` is the client's own time in microseconds; the `pong` returns it.
    Ping { t: u64 },
}

/// Up to which event of a project a client has all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectPlace {
    pub project: ProjectId,
    /// `None`: it wants what happens from now on.
    pub known: Option<u64>,
}

/// Filters of a connection. The default of an absent member: everything, without delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefer {
    /// Send previews.
    pub previews: bool,
    /// Minimum interval of merged progress messages, in milliseconds. State changes are sent without delay. See [`Prefer::tick`].
    pub tick_ms: u16,
}

impl Default for Prefer {
    fn default() -> Self {
        Self { previews: true, tick_ms: limits::TICK_MS }
    }
}

impl Prefer {
    /// `tick_ms`, clamped to 16 ms to 10 s.
    #[must_use]
    pub fn tick(self) -> Duration {
        Duration::from_millis(self.tick_ms.clamp(limits::TICK_MS, limits::SLOWEST_TICK_MS).into())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Cancel {
        task: TaskId,
    },
    /// Hold a waiting task, or release it.
    Pause {
        task: TaskId,
        paused: bool,
    },
    /// Move a waiting task before another waiting task (and to its priority), or to the end.
    Move {
        task: TaskId,
        before: Option<TaskId>,
    },
    /// Move to the end of the tasks with this priority.
    Prioritize {
        task: TaskId,
        priority: i8,
    },
    PauseQueue {
        paused: bool,
    },
    /// Cancel all waiting tasks, here and in a ComfyUI's queue; running tasks continue.
    ClearQueue,
    /// Reconnect to a ComfyUI now. The only way to retry one that refused permanently.
    RetryBackend {
        backend: BackendId,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    Welcome {
        epoch: Epoch,
        seq: Seq,
        /// Build of the served front end: the `{build}` in the URLs of its files, `/assets/{build}/…`. A page of another build
        /// is older (or newer) than the server. Without a front end it is the version of the server.
        version: String,
        now: Timestamp,
    },
    Snapshot {
        snapshot: Box<Snapshot>,
    },
    Pong {
        t: u64,
        now: Timestamp,
    },
}

/// The answer to a page that asks for missed changes: a few bytes when there are none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// The missed changes without superseded ones, as a [`Frame::Changes`]; empty when there are none.
    Changes { frame: Vec<u8>, now: Timestamp },
    /// The whole state: the changes are no longer kept, or belong to another epoch.
    Snapshot(Box<Snapshot>),
}

/// A binary frame of the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame<'a> {
    /// `[1][task: 16 bytes][length of node id: u8][node id][picture]`. The picture contains its own format.
    Preview(PreviewFrame<'a>),
    /// `[2][postcard]`.
    Message(ServerMessage),
    /// `[3][postcard of each, one after another]`: concatenated from parts encoded once for all connections.
    Changes(Vec<Numbered>),
    /// `[4][project: 16 bytes][number: u64, little-endian][JSON]`. Pages that show no project need not read it.
    Project(ProjectFrame<'a>),
}

/// An event of a followed project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFrame<'a> {
    pub project: ProjectId,
    /// Rises, also over restarts of the server: what a client that comes back names. 0: progress, which is told once.
    pub number: u64,
    /// The event, as REST has it. Empty: what happened up to `number` is not known completely, and is to be read anew.
    pub json: &'a [u8],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewFrame<'a> {
    pub task: TaskId,
    pub node: NodeId,
    /// Empty when it is too large to be pushed; then available at `/tasks/{id}/preview`.
    pub image: &'a [u8],
}

const PREVIEW: u8 = 1;
const MESSAGE: u8 = 2;
const CHANGES: u8 = 3;
const PROJECT: u8 = 4;

impl<'a> Frame<'a> {
    /// # Errors
    /// Not a frame of this protocol.
    pub fn decode(frame: &'a [u8]) -> Result<Self, postcard::Error> {
        let (kind, rest) = frame.split_first().ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        match *kind {
            PREVIEW => PreviewFrame::decode(frame).map(Self::Preview).ok_or(postcard::Error::DeserializeUnexpectedEnd),
            MESSAGE => postcard::from_bytes(rest).map(Self::Message),
            CHANGES => {
                let (mut changes, mut rest) = (Vec::new(), rest);
                while !rest.is_empty() {
                    let (change, after) = postcard::take_from_bytes(rest)?;
                    changes.push(change);
                    rest = after;
                }
                Ok(Self::Changes(changes))
            }
            PROJECT => ProjectFrame::decode(frame).map(Self::Project).ok_or(postcard::Error::DeserializeUnexpectedEnd),
            _ => Err(postcard::Error::DeserializeBadEnum),
        }
    }
}

impl ServerMessage {
    /// Encodes it as a frame.
    ///
    /// # Errors
    /// Never for these types; the signature is the encoder's.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(self, vec![MESSAGE])
    }
}

impl Snapshot {
    /// Encodes the frame of a [`ServerMessage::Snapshot`].
    ///
    /// # Errors
    /// Never for these types; the signature is the encoder's.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        /// Its number among the messages.
        const SNAPSHOT: u8 = 1;
        postcard::to_extend(self, vec![MESSAGE, SNAPSHOT])
    }
}

impl Numbered {
    /// Encodes its part of a frame of changes.
    ///
    /// # Errors
    /// Never for these types; the signature is the encoder's.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(self)
    }
}

/// Concatenates encoded changes into a frame.
#[must_use]
pub fn changes_frame<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut frame = vec![CHANGES];
    parts.into_iter().for_each(|part| frame.extend_from_slice(part));
    frame
}

impl<'a> ProjectFrame<'a> {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&[PROJECT][..], self.project.0.as_bytes(), &self.number.to_le_bytes(), self.json].concat()
    }

    /// `None` for a frame that is none of a project.
    #[must_use]
    pub fn decode(frame: &'a [u8]) -> Option<Self> {
        let (project, rest) = frame.strip_prefix(&[PROJECT])?.split_first_chunk::<16>()?;
        let (number, json) = rest.split_first_chunk::<8>()?;
        Some(Self { project: ProjectId(Uuid::from_bytes(*project)), number: u64::from_le_bytes(*number), json })
    }
}

impl<'a> PreviewFrame<'a> {
    /// A node id over 255 bytes (deep expansions have them) is omitted: it is not needed to show the picture.
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

    /// `None` for a frame that is not a preview.
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
    use crate::task::Change;

    #[test]
    fn changes_are_read_back_from_their_parts() {
        let task = TaskId(Uuid::from_u128(7));
        let changes =
            [Change::TaskRemoved { task }, Change::TaskProgress { task, permille: 420, ends_at: Some(Timestamp(9)), within_ms: Some(2) }];
        let changes: Vec<Numbered> = changes.into_iter().zip(1..).map(|(change, seq)| Numbered { seq: Seq(seq), change }).collect();
        let parts: Vec<Vec<u8>> = changes.iter().map(|change| change.encode().unwrap()).collect();
        let frame = changes_frame(parts.iter().map(Vec::as_slice));
        assert_eq!(Frame::decode(&frame), Ok(Frame::Changes(changes)));
    }

    /// If this fails, a page of the previous version would misread this server: raise [`PROTOCOL`] and update the expected bytes.
    #[test]
    fn the_bytes_on_the_wire_are_those_of_this_protocol_version() {
        assert_eq!(PROTOCOL, 6);
        let welcome = ServerMessage::Welcome { epoch: Epoch(1), seq: Seq(2), version: "x".into(), now: Timestamp(3) };
        assert_eq!(welcome.encode().unwrap(), [MESSAGE, 0, 1, 2, 1, b'x', 3]);
        let snapshot = Snapshot { seq: Seq(300), ..Snapshot::default() };
        assert_eq!(snapshot.encode(), ServerMessage::Snapshot { snapshot: Box::new(snapshot) }.encode());
        assert_eq!(ServerMessage::Pong { t: 4, now: Timestamp(5) }.encode().unwrap(), [MESSAGE, 2, 4, 5]);
        let node = NodeId::from("3");
        let tick = Change::NodeProgress { task: TaskId(Uuid::nil()), node, value: 7, max: 20, counted: true };
        let bytes = Numbered { seq: Seq(300), change: tick }.encode().unwrap();
        assert_eq!(bytes, [&[172, 2, 15, 16][..], &[0; 16], &[1, b'3', 7, 20, 1]].concat());
        let event = ProjectFrame { project: ProjectId(Uuid::nil()), number: 258, json: b"{}" };
        assert_eq!(event.encode(), [&[PROJECT][..], &[0; 16], &[2, 1, 0, 0, 0, 0, 0, 0], b"{}"].concat());
        let follow = ClientMessage::Projects(vec![ProjectPlace { project: event.project, known: Some(7) }]);
        assert_eq!(
            serde_json::to_string(&follow).unwrap(),
            r#"{"projects":[{"project":"00000000-0000-0000-0000-000000000000","known":7}]}"#
        );
    }

    #[test]
    fn preferences_in_a_hello_are_optional_and_clamped() {
        let prefer = |text: &str| match serde_json::from_str(text).unwrap() {
            ClientMessage::Hello { prefer, .. } | ClientMessage::Prefer(prefer) => (prefer.previews, prefer.tick().as_millis()),
            other => panic!("{other:?}"),
        };
        let hello =
            |more: &str| format!(r#"{{"hello":{{"protocol":3,"session":"{}","resume":null,"topics":["all"]{more}}}}}"#, Uuid::nil());
        assert_eq!(prefer(&hello("")), (true, 16));
        assert_eq!(prefer(&hello(r#","prefer":{"tick_ms":1000}"#)), (true, 1_000));
        assert_eq!(prefer(r#"{"prefer":{"previews":false}}"#), (false, 16));
        assert_eq!(prefer(r#"{"prefer":{"tick_ms":1}}"#), (true, 16));
        assert_eq!(prefer(r#"{"prefer":{"tick_ms":65535}}"#), (true, 10_000));
    }

    proptest! {
        #[test]
        fn a_preview_frame_round_trips(id in any::<u128>(), node in "[0-9a-zé.]{0,100}", image in proptest::collection::vec(any::<u8>(), 0..40)) {
            let frame = PreviewFrame { task: TaskId(Uuid::from_u128(id)), node: NodeId(node), image: &image };
            let bytes = frame.encode();
            prop_assert_eq!(PreviewFrame::decode(&bytes), Some(frame));
        }

        #[test]
        fn the_event_of_a_project_round_trips(id in any::<u128>(), number in any::<u64>(), json in proptest::collection::vec(any::<u8>(), 0..40)) {
            let frame = ProjectFrame { project: ProjectId(Uuid::from_u128(id)), number, json: &json };
            let bytes = frame.encode();
            prop_assert_eq!(Frame::decode(&bytes), Ok(Frame::Project(frame)));
        }

        #[test]
        fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = PreviewFrame::decode(&bytes);
            let _ = Frame::decode(&bytes);
        }
    }
}
