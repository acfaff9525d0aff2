//! The messages of the dialect.

use proto::production::{BadNodeId, Moment, ProductionNodeId, ProjectId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a client sends. Members that are not known are ignored, as that client ignores those of the server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
pub enum StoryMessage {
    /// The first one of a connection. `reconnect`: the client has kept a session.
    #[serde(rename = "session.init")]
    SessionInit {
        session_id: String,
        #[serde(default)]
        reconnect: bool,
    },
    #[serde(rename = "subscribe")]
    Subscribe { project_id: String },
    #[serde(rename = "unsubscribe")]
    Unsubscribe { project_id: String },
    #[serde(rename = "ping")]
    Ping,
    #[serde(rename = "start_generation")]
    StartGeneration(Box<StartGeneration>),
    #[serde(rename = "cancel_generation")]
    CancelGeneration {
        node_id: String,
        #[serde(default)]
        project_id: Option<String>,
    },
}

/// A take that is to be made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StartGeneration {
    pub node_id: String,
    /// Where it is not named, the node is looked for in the projects that the client follows.
    #[serde(default)]
    pub project_id: Option<String>,
    #[serde(default)]
    pub params: Option<Map<String, Value>>,
    #[serde(default)]
    pub context: Option<Map<String, Value>>,
    /// When the client asked: the same request twice is one take.
    #[serde(default)]
    pub timestamp: Option<String>,
}

/// Why a message is not understood. The connection stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoryMessageError {
    #[error("A message is JSON with a type: session.init, subscribe, unsubscribe, ping, start_generation or cancel_generation. {0}")]
    Unreadable(String),
    #[error("{0:?} is not the id of a project, which is a UUID.")]
    NoProject(String),
    #[error(transparent)]
    NoNode(#[from] BadNodeId),
}

impl StoryMessage {
    /// # Errors
    /// It is none.
    pub fn read(text: &str) -> Result<Self, StoryMessageError> {
        serde_json::from_str(text).map_err(|error| StoryMessageError::Unreadable(error.to_string()))
    }
}

/// # Errors
/// It is none.
pub(super) fn project_of(text: &str) -> Result<ProjectId, StoryMessageError> {
    text.parse().map_err(|_| StoryMessageError::NoProject(text.to_owned()))
}

/// # Errors
/// It is none.
pub(super) fn node_of(text: &str) -> Result<ProductionNodeId, StoryMessageError> {
    Ok(text.parse()?)
}

/// What the server says by itself. Events of projects are sent as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum StoryReply {
    /// A new session.
    #[serde(rename = "session.init")]
    SessionInit { session_id: String, reconnect: bool },
    /// A known one: with the projects that it followed, which it follows again.
    #[serde(rename = "session.restored")]
    SessionRestored { session_id: String, reconnect: bool, subscriptions: Vec<ProjectId> },
    #[serde(rename = "system.heartbeat")]
    Heartbeat,
    /// What happened in a project up to `number` is not known completely: it is to be read anew.
    #[serde(rename = "project.reset")]
    ProjectReset { project_id: ProjectId, number: u64 },
    /// A take is not made.
    #[serde(rename = "generation.error")]
    GenerationError { node_id: String, task_id: String, error: String, message: String },
    /// A message was not understood, or cannot be carried out.
    #[serde(rename = "error")]
    Error { error: String },
}

/// A reply with its time.
#[derive(Serialize)]
struct Timed<'a> {
    #[serde(flatten)]
    reply: &'a StoryReply,
    timestamp: Moment,
}

impl StoryReply {
    #[must_use]
    pub fn to_json(&self, now: Moment) -> String {
        // It cannot fail: all keys are texts.
        serde_json::to_string(&Timed { reply: self, timestamp: now }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proto::time::Timestamp;

    use super::*;

    /// The messages exactly as the client of STORY-009 writes them.
    #[test]
    fn the_messages_of_the_storys_client_are_read() {
        let read = |text: &str| StoryMessage::read(text).unwrap();
        assert_eq!(
            read(r#"{"type":"session.init","session_id":"ws-1795194714015-k3j2h1g0f","reconnect":false}"#),
            StoryMessage::SessionInit { session_id: "ws-1795194714015-k3j2h1g0f".into(), reconnect: false }
        );
        assert_eq!(read(r#"{"type":"ping"}"#), StoryMessage::Ping);
        assert_eq!(read(r#"{"type":"subscribe","project_id":"p"}"#), StoryMessage::Subscribe { project_id: "p".into() });
        assert_eq!(read(r#"{"type":"unsubscribe","project_id":"p"}"#), StoryMessage::Unsubscribe { project_id: "p".into() });
        let start = read(
            r#"{"type":"start_generation","node_id":"n1","params":{"quality":"low"},"context":{"scene_id":"S001"},"timestamp":"2026-11-20T17:11:54.015Z"}"#,
        );
        let StoryMessage::StartGeneration(start) = start else { panic!("{start:?}") };
        assert_eq!((start.node_id.as_str(), start.timestamp.as_deref()), ("n1", Some("2026-11-20T17:11:54.015Z")));
        // JSON.stringify leaves out what is undefined.
        let bare = read(r#"{"type":"start_generation","node_id":"n1","timestamp":"t"}"#);
        assert!(matches!(bare, StoryMessage::StartGeneration(start) if start.params.is_none() && start.context.is_none()));
        let cancel = read(r#"{"type":"cancel_generation","node_id":"n1","timestamp":"t"}"#);
        assert_eq!(cancel, StoryMessage::CancelGeneration { node_id: "n1".into(), project_id: None });
        for wrong in ["", "[]", r#"{"type":"subscribe"}"#, r#"{"type":"dance"}"#, r#"{"node_id":"x"}"#] {
            assert!(matches!(StoryMessage::read(wrong), Err(StoryMessageError::Unreadable(_))), "{wrong}");
        }
    }

    #[test]
    fn replies_are_flat_json_with_a_type_and_a_time() {
        let restored = StoryReply::SessionRestored { session_id: "s".into(), reconnect: true, subscriptions: Vec::new() };
        assert_eq!(
            restored.to_json(Moment(Timestamp(1_795_194_714_015))),
            r#"{"type":"session.restored","session_id":"s","reconnect":true,"subscriptions":[],"timestamp":"2026-11-20T17:11:54.015Z"}"#
        );
    }
}
