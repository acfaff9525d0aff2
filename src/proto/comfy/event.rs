//! Typed text frames of ComfyUI's WebSocket. Unknown fields are kept in `extra`, unknown types in [`ComfyEvent::Unknown`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DecodeError, json::parse_lenient};
use crate::ids::{NodeId, PromptId};

/// One text frame, `{"type": …, "data": …}`.
#[derive(Clone, Debug, PartialEq)]
pub enum ComfyEvent {
    Status(Status),
    FeatureFlags(Map<String, Value>),
    ExecutionStart(ExecutionMoment),
    ExecutionCached(ExecutionCached),
    Executing(Executing),
    Progress(Progress),
    ProgressState(ProgressState),
    Executed(Executed),
    ExecutionSuccess(ExecutionMoment),
    ExecutionError(Box<ExecutionError>),
    ExecutionInterrupted(ExecutionInterrupted),
    /// An unknown type (of a custom node or a newer version), or a known type with unexpected data. Kept unchanged for the event log.
    Unknown {
        kind: String,
        data: Value,
    },
}

/// Broadcast when the queue changes. `sid` only in the first frame of a connection (fact 13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub status: StatusBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusBody {
    pub exec_info: ExecInfo,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// `queue_remaining` counts running and pending prompts (fact 13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecInfo {
    pub queue_remaining: u64,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// `execution_start` and `execution_success`. `timestamp` is in milliseconds since the Unix epoch, by ComfyUI's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionMoment {
    pub prompt_id: PromptId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<u64>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Nodes that will not run because their results are cached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionCached {
    pub nodes: Vec<NodeId>,
    #[serde(flatten)]
    pub moment: ExecutionMoment,
}

/// `node: null` means that the run ended, also after a failure (fact 6). A frame without `prompt_id` is sent only to a client that
/// reconnects while its prompt runs (fact 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Executing {
    pub node: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_node: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<PromptId>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The progress of a node. Integers for samplers, fractions for other nodes (fact 15).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub value: serde_json::Number,
    pub max: serde_json::Number,
    pub prompt_id: PromptId,
    pub node: Option<NodeId>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// All nodes that have started in this run. Cached nodes and nodes not started yet are absent (facts 16 and 17).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgressState {
    pub prompt_id: PromptId,
    pub nodes: BTreeMap<NodeId, NodeProgress>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeProgress {
    pub value: serde_json::Number,
    pub max: serde_json::Number,
    /// `running` or `finished`. ComfyUI's source also has `pending` and `error`; no recording contains them.
    pub state: String,
    #[serde(default)]
    pub node_id: Option<NodeId>,
    #[serde(default)]
    pub display_node_id: Option<NodeId>,
    #[serde(default)]
    pub parent_node_id: Option<NodeId>,
    #[serde(default)]
    pub real_node_id: Option<NodeId>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A node's output, such as `{"images": [{filename, subfolder, type}]}` (fact 21). No `executing` frame precedes it if the node is
/// cached (fact 18).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Executed {
    pub node: NodeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_node: Option<NodeId>,
    pub output: Option<Value>,
    pub prompt_id: PromptId,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Its fields vary (fact 26), and the run may continue after it (fact 27).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionError {
    pub prompt_id: PromptId,
    #[serde(default)]
    pub node_id: Option<NodeId>,
    #[serde(default)]
    pub node_type: Option<String>,
    #[serde(default)]
    pub exception_message: Option<String>,
    #[serde(default)]
    pub exception_type: Option<String>,
    #[serde(default)]
    pub traceback: Vec<String>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionInterrupted {
    pub prompt_id: PromptId,
    #[serde(default)]
    pub node_id: Option<NodeId>,
    #[serde(default)]
    pub node_type: Option<String>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    data: Value,
}

/// Decodes a text frame.
///
/// # Errors
/// The text is not JSON, or has no `type`. An unknown type or unexpected data is not an error.
pub fn decode_text(frame: &str) -> Result<ComfyEvent, DecodeError> {
    let Envelope { kind, data } = parse_lenient(frame)?;
    let kind = kind.ok_or(DecodeError::NoType)?;
    Ok(typed(&kind, &data).unwrap_or(ComfyEvent::Unknown { kind, data }))
}

/// Decodes a `type` with its `data`, the form in `/history`.
pub(super) fn decode_value(kind: &str, data: &Value) -> ComfyEvent {
    typed(kind, data).unwrap_or_else(|| ComfyEvent::Unknown { kind: kind.to_owned(), data: data.clone() })
}

fn typed(kind: &str, data: &Value) -> Option<ComfyEvent> {
    fn read<'a, T: Deserialize<'a>>(data: &'a Value) -> Option<T> {
        T::deserialize(data).ok()
    }
    Some(match kind {
        "status" => ComfyEvent::Status(read(data)?),
        "feature_flags" => ComfyEvent::FeatureFlags(read(data)?),
        "execution_start" => ComfyEvent::ExecutionStart(read(data)?),
        "execution_cached" => ComfyEvent::ExecutionCached(read(data)?),
        "executing" => ComfyEvent::Executing(read(data)?),
        "progress" => ComfyEvent::Progress(read(data)?),
        "progress_state" => ComfyEvent::ProgressState(read(data)?),
        "executed" => ComfyEvent::Executed(read(data)?),
        "execution_success" => ComfyEvent::ExecutionSuccess(read(data)?),
        "execution_error" => ComfyEvent::ExecutionError(read(data)?),
        "execution_interrupted" => ComfyEvent::ExecutionInterrupted(read(data)?),
        _ => return None,
    })
}

impl ComfyEvent {
    /// The `type` of the frame.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Status(_) => "status",
            Self::FeatureFlags(_) => "feature_flags",
            Self::ExecutionStart(_) => "execution_start",
            Self::ExecutionCached(_) => "execution_cached",
            Self::Executing(_) => "executing",
            Self::Progress(_) => "progress",
            Self::ProgressState(_) => "progress_state",
            Self::Executed(_) => "executed",
            Self::ExecutionSuccess(_) => "execution_success",
            Self::ExecutionError(_) => "execution_error",
            Self::ExecutionInterrupted(_) => "execution_interrupted",
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// The prompt that the frame belongs to. `None` for broadcasts, and for the `executing` frame after a reconnect.
    #[must_use]
    pub fn prompt_id(&self) -> Option<&PromptId> {
        match self {
            Self::ExecutionStart(e) | Self::ExecutionSuccess(e) => Some(&e.prompt_id),
            Self::ExecutionCached(e) => Some(&e.moment.prompt_id),
            Self::Executing(e) => e.prompt_id.as_ref(),
            Self::Progress(e) => Some(&e.prompt_id),
            Self::ProgressState(e) => Some(&e.prompt_id),
            Self::Executed(e) => Some(&e.prompt_id),
            Self::ExecutionError(e) => Some(&e.prompt_id),
            Self::ExecutionInterrupted(e) => Some(&e.prompt_id),
            Self::Status(_) | Self::FeatureFlags(_) | Self::Unknown { .. } => None,
        }
    }

    /// Encodes the frame as JSON, with all decoded fields.
    ///
    /// # Errors
    /// Never for events made by [`decode_text`]; the signature is serde's.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        let data = match self {
            Self::Status(e) => serde_json::to_value(e),
            Self::FeatureFlags(e) => serde_json::to_value(e),
            Self::ExecutionStart(e) | Self::ExecutionSuccess(e) => serde_json::to_value(e),
            Self::ExecutionCached(e) => serde_json::to_value(e),
            Self::Executing(e) => serde_json::to_value(e),
            Self::Progress(e) => serde_json::to_value(e),
            Self::ProgressState(e) => serde_json::to_value(e),
            Self::Executed(e) => serde_json::to_value(e),
            Self::ExecutionError(e) => serde_json::to_value(e),
            Self::ExecutionInterrupted(e) => serde_json::to_value(e),
            Self::Unknown { data, .. } => Ok(data.clone()),
        }?;
        Ok(serde_json::json!({ "type": self.kind(), "data": data }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_type_of_a_custom_node_is_kept_whole() {
        let event = decode_text(r#"{"type": "my-pack.sparkle", "data": {"a": [1]}}"#).unwrap();
        assert_eq!(event, ComfyEvent::Unknown { kind: "my-pack.sparkle".into(), data: serde_json::json!({"a": [1]}) });
    }

    #[test]
    fn a_known_type_in_an_unknown_shape_is_kept_too() {
        assert!(matches!(decode_text(r#"{"type": "progress", "data": 7}"#), Ok(ComfyEvent::Unknown { .. })));
        assert!(matches!(decode_text(r#"{"data": 7}"#), Err(DecodeError::NoType)));
        assert!(matches!(decode_text("[]"), Err(DecodeError::Json(_))));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), kind in "[a-z_]{0,20}", data in "[\\[\\]{}\":,0-9a-z_ ]{0,60}") {
            let _ = decode_text(&text);
            let _ = decode_text(&format!("{{\"type\": \"{kind}\", \"data\": {data}}}"));
            for known in ["progress", "progress_state", "executing", "executed", "execution_error", "execution_cached", "status"] {
                let _ = decode_text(&format!("{{\"type\": \"{known}\", \"data\": {data}}}"));
            }
        }
    }
}
