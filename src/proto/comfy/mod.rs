//! ComfyUI's protocol: frames of its WebSocket, responses of its HTTP API, workflows in API format.
//!
//! "Fact N" in the comments is a fact of `docs/comfyui-protocol.md`. Unknown types and fields are kept; malformed bytes give an
//! error, never a panic.

mod answer;
mod binary;
mod catalog;
mod error;
mod event;
mod extra_data;
mod history;
mod json;
mod needs;
mod path;
mod python;
mod spelling;
mod workflow;

pub use answer::{NodeError, NodeErrors, PromptAnswer, Rejection, ValidationError};
pub use binary::{BinaryFrame, ImageFormat, Preview, PreviewMetadata, decode_binary};
pub use catalog::{
    AfterRun, Autogrow, AutogrowNames, Availability, Catalog, DynamicOption, Input, InputKind, LinkUse, NodeClass, NumberRange, Output,
    PoolClass, RemoteChoices, UploadKind, UploadTarget, pool_class,
};
pub use error::DecodeError;
pub use event::{
    ComfyEvent, Executed, Executing, ExecutionCached, ExecutionError, ExecutionInterrupted, ExecutionMoment, NodeProgress, Progress,
    ProgressState, Status, decode_text,
};
pub use extra_data::{ExtraData, ExtraDataError};
pub use history::{Ending, HistoryEntry, Queue, Queued};
#[cfg(feature = "files")]
pub(crate) use json::mark_numbers;
pub use json::parse_lenient;
#[cfg(feature = "files")]
pub(crate) use needs::model_file;
pub use needs::{Missing, Needs};
pub use python::{is_truthy, python_json};
pub use workflow::{Workflow, WorkflowError, WorkflowNode};
