//! Responses to `POST /prompt`: accepted, or refused with errors per node and input (facts 31 and 32).

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{NodeId, PromptId};

/// Errors by node, in ComfyUI's order.
pub type NodeErrors = IndexMap<NodeId, NodeError>;

/// The body of a 200 response. `node_errors` may be non-empty: ComfyUI does not run those outputs (fact 32).
#[derive(Clone, Debug, Deserialize)]
pub struct PromptAnswer {
    pub prompt_id: PromptId,
    #[serde(default, deserialize_with = "object_or_nothing")]
    pub node_errors: NodeErrors,
}

/// The body of a 400 response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    pub error: ValidationError,
    #[serde(default, deserialize_with = "object_or_nothing")]
    pub node_errors: NodeErrors,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeError {
    #[serde(default)]
    pub errors: Vec<ValidationError>,
    /// The outputs that are not made because of it.
    #[serde(default)]
    pub dependent_outputs: Vec<NodeId>,
    #[serde(default)]
    pub class_type: String,
}

/// An error of ComfyUI's validation: of the whole prompt, or of a node, mostly of one of its inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationError {
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    #[serde(default)]
    pub details: String,
    #[serde(default)]
    pub extra_info: Value,
}

impl ValidationError {
    /// The invalid input, if ComfyUI names it.
    #[must_use]
    pub fn input_name(&self) -> Option<&str> {
        self.extra_info.get("input_name")?.as_str()
    }
}

impl Rejection {
    /// ComfyUI names a node of an unknown class only inside a text such as `Node ID '#3'` (fact 31).
    #[must_use]
    pub fn node_in_details(&self) -> Option<NodeId> {
        let rest = self.error.details.split_once("Node ID '#")?.1;
        let (id, _) = rest.rsplit_once('\'')?;
        Some(NodeId::from(id))
    }
}

/// Older versions send `[]` for an empty object.
fn object_or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NodeErrors, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_object() { serde_json::from_value(value).map_err(serde::de::Error::custom) } else { Ok(NodeErrors::new()) }
}
