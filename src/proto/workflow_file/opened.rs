//! An opened file.

use serde_json::Value;

use crate::comfy::Workflow;

/// An opened workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedWorkflow {
    pub workflow: Workflow,
    /// The `extra_data` beside it, in the body of a `POST /prompt`; else null.
    pub extra_data: Value,
    /// Notes on what was left out or replaced, for people.
    pub notes: Vec<String>,
}

impl OpenedWorkflow {
    /// As a file that [`Workflow::parse`] reads: with extra data, the body of a `POST /prompt`.
    ///
    /// # Errors
    /// Never for these types; the signature is the encoder's.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        if self.extra_data.is_null() {
            return serde_json::to_string(&self.workflow);
        }
        serde_json::to_string(&serde_json::json!({"prompt": self.workflow, "extra_data": self.extra_data}))
    }
}
