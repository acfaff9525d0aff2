//! Workflows in the format of ComfyUI's editor: converted with the node classes of the ComfyUI that will run them, or by the Darkroom.

use crate::{ClientError, Options, options::Target, via_darkroom};
use proto::workflow_file::{EditorFile, FileError, Opened, OpenedWorkflow};

impl Options {
    /// The workflow of an opened file. One in the editor's format is converted with the node classes of this ComfyUI, or by this Darkroom.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: it cannot be converted. [`ClientError::Unreachable`]: the node classes could not be read.
    pub async fn workflow_of(&self, opened: Opened) -> Result<OpenedWorkflow, ClientError> {
        match (opened, &self.target) {
            (Opened::Api(opened), _) => Ok(opened),
            (Opened::Settings(settings), _) => Err(ClientError::Usage(FileError::Settings(settings.program.to_owned()).to_string())),
            (Opened::Editor(file), Target::Darkroom(base)) => via_darkroom::convert(&file, base, self).await,
            (Opened::Editor(file), Target::ComfyUi(endpoint)) => {
                let catalog = self.catalog(endpoint).await.map_err(|error| self.no_catalog(&error))?;
                convert(&file, &catalog)
            }
        }
    }

    fn no_catalog(&self, error: &str) -> ClientError {
        let why = format!(
            "This is a workflow in the editor's format, which is converted with the node classes of the ComfyUI at {}, and these cannot be read: {error}.",
            self.url()
        );
        ClientError::Unreachable { why, task: None }
    }
}

fn convert(file: &EditorFile, catalog: &proto::comfy::Catalog) -> Result<OpenedWorkflow, ClientError> {
    file.convert(&[catalog]).map_err(|error| ClientError::Usage(error.to_string()))
}
