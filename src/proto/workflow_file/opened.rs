//! An opened file.

use std::borrow::Borrow;

use serde_json::Value;

use super::FileError;
use crate::{
    comfy::{Catalog, Workflow},
    editor,
    picture_settings::PictureSettings,
};

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// A workflow in API format, which ComfyUI runs.
    Api(OpenedWorkflow),
    /// A workflow in the editor's format, which must be converted with the node classes of a ComfyUI.
    Editor(EditorFile),
    /// No workflow, but what another program wrote about how it made the picture.
    Settings(Box<PictureSettings>),
}

/// An opened workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedWorkflow {
    pub workflow: Workflow,
    /// The `extra_data` beside it, in the body of a `POST /prompt`; else null.
    pub extra_data: Value,
    /// What its author chose for the App mode of ComfyUI's page: `extra.linearData` of the editor's file that it is from or came with. Else null.
    pub linear_data: Value,
    /// Notes on what was left out or replaced, for people.
    pub notes: Vec<String>,
}

/// `extra.linearData` of an editor's file, else null.
pub(super) fn linear_data(editor: &Value) -> Value {
    editor.pointer("/extra/linearData").cloned().unwrap_or_default()
}

/// A workflow in the editor's format.
#[derive(Clone, Debug, PartialEq)]
pub struct EditorFile {
    pub(super) value: Value,
    pub(super) notes: Vec<String>,
}

impl Opened {
    /// The workflow. One in the editor's format is converted with the node classes of `catalogs`, those of the ComfyUIs that may run it.
    ///
    /// # Errors
    /// It cannot be converted: [`FileError::NoCatalog`], [`FileError::Editor`], [`FileError::Unconverted`]. It is none: [`FileError::Settings`].
    pub fn convert<C: Borrow<Catalog>>(self, catalogs: &[C]) -> Result<OpenedWorkflow, FileError> {
        match self {
            Self::Api(opened) => Ok(opened),
            Self::Editor(file) => file.convert(catalogs),
            Self::Settings(settings) => Err(FileError::Settings(settings.program.to_owned())),
        }
    }
}

impl EditorFile {
    /// The file.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.value
    }

    /// # Errors
    /// As [`Opened::convert`].
    pub fn convert<C: Borrow<Catalog>>(&self, catalogs: &[C]) -> Result<OpenedWorkflow, FileError> {
        let known = editor::by_most_classes(catalogs, &editor::node_types(&self.value));
        if known.is_empty() {
            return Err(FileError::NoCatalog);
        }
        let converted = editor::convert(&self.value, |class| known.iter().find_map(|catalog| catalog.class(class)))?;
        if !converted.problems.is_empty() {
            return Err(FileError::Unconverted(converted.problems));
        }
        let mut notes = self.notes.clone();
        notes.push("This workflow was in the editor's format, and was converted as ComfyUI's page does it.".to_owned());
        notes.extend(converted.notes);
        Ok(OpenedWorkflow { workflow: converted.workflow, extra_data: Value::Null, linear_data: linear_data(&self.value), notes })
    }
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
