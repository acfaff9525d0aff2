//! A workflow in the format of ComfyUI's editor, converted by a Darkroom: it has the node classes of its ComfyUIs.

use reqwest::StatusCode;
use serde_json::Value;
use url::Url;

use super::{Api, ApiError};
use crate::{ClientError, Options};
use proto::{
    comfy::Workflow,
    workflow_file::{EditorFile, OpenedWorkflow},
};

pub(crate) async fn convert(file: &EditorFile, base: &Url, options: &Options) -> Result<OpenedWorkflow, ClientError> {
    let converted = async { Api::new(base.clone(), &options.access)?.convert(file.json()).await }.await;
    let converted = converted.map_err(|error| match error {
        ApiError::Status { status: StatusCode::UNPROCESSABLE_ENTITY, text, .. } => ClientError::Usage(text),
        error => error.into_client(options, None),
    })?;
    let workflow = Workflow::from_value(converted.workflow).map_err(|error| ClientError::Unexpected(error.to_string()))?;
    Ok(OpenedWorkflow { workflow, extra_data: Value::Null, linear_data: Value::Null, notes: converted.notes })
}
