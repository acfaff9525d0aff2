//! What a person chose for an edit, beside the fields that all pictures have. Kept in the browser.

use serde::{Deserialize, Serialize};

use proto::{
    edit::{EditArea, EditField, EditProblem, InpaintMethod, PictureId, PixelSize, pixels},
    ids::TaskId,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EditKind {
    /// A part of the picture is painted new.
    #[default]
    Inpaint,
    /// The picture is extended.
    Outpaint,
}

/// Numbers are as they were typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct EditChoices {
    pub picture: Option<(PictureId, PixelSize)>,
    pub kind: EditKind,
    pub strength: String,
    /// Only the mask and what is around it goes to the model.
    pub masked: bool,
    pub context: String,
    pub method: InpaintMethod,
    pub grow: u32,
    pub feather: u32,
    pub left: String,
    pub top: String,
    pub right: String,
    pub bottom: String,
    /// How far the new part fades into an extended picture.
    pub fade: String,
    /// The task that was started last for this picture.
    pub task: Option<TaskId>,
}

impl Default for EditChoices {
    fn default() -> Self {
        let zero = || "0".to_owned();
        Self {
            picture: None,
            kind: EditKind::default(),
            strength: "0.75".into(),
            masked: true,
            context: "64".into(),
            method: InpaintMethod::Noise,
            grow: 4,
            feather: 8,
            left: zero(),
            top: zero(),
            right: "128".into(),
            bottom: zero(),
            fade: "32".into(),
            task: None,
        }
    }
}

impl EditChoices {
    /// The text of a field.
    pub fn text(&mut self, field: EditField) -> Option<&mut String> {
        match field {
            EditField::Strength => Some(&mut self.strength),
            EditField::Context => Some(&mut self.context),
            EditField::Left => Some(&mut self.left),
            EditField::Top => Some(&mut self.top),
            EditField::Right => Some(&mut self.right),
            EditField::Bottom => Some(&mut self.bottom),
            EditField::Feather if self.kind == EditKind::Outpaint => Some(&mut self.fade),
            _ => None,
        }
    }

    pub fn area(&self, problems: &mut Vec<EditProblem>) -> EditArea {
        if self.masked { EditArea::Masked { context: pixels(EditField::Context, &self.context, problems) } } else { EditArea::Whole }
    }
}

pub(super) fn method_label(method: InpaintMethod) -> &'static str {
    match method {
        InpaintMethod::Noise => "Ordinary model",
        InpaintMethod::InpaintModel => "Inpainting model",
        InpaintMethod::Erase => "Erase it first",
    }
}
