//! What ComfyUI says, typed: frames of its WebSocket, answers of its HTTP API, workflows in API format.
//!
//! "Fact N" refers to what was recorded from a real ComfyUI 0.8.0 (`tests/recordings`). Input is parsed defensively: unknown types and
//! fields are kept, malformed bytes are an error value and never a panic.

mod answer;
mod binary;
mod catalog;
mod event;
mod history;
mod json;
mod needs;
mod workflow;

pub use answer::{InputError, NodeError, NodeErrors, PromptAnswer, Rejection};
pub use binary::{BinaryFrame, ImageFormat, Preview, PreviewMetadata, decode_binary};
pub use catalog::{Catalog, InputSpec, NodeClass};
pub use event::{
    ComfyEvent, Executed, Executing, ExecutionCached, ExecutionError, ExecutionInterrupted, ExecutionMoment, NodeProgress, Progress,
    ProgressState, Status, decode_text,
};
pub use history::{Ending, HistoryEntry, Queue, Queued};
pub use json::parse_lenient;
pub use needs::{Missing, Needs};
pub use workflow::{Workflow, WorkflowError, WorkflowNode};

/// Why a frame could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a frame without a type")]
    NoType,
    #[error("a binary frame of {0} bytes is too short")]
    Short(usize),
    #[error("a binary frame of unknown type {0}")]
    UnknownBinary(u32),
    #[error("the metadata of a preview is not readable")]
    Metadata,
}
