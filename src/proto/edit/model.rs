//! What a person asks for.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{picture::PictureId, steps::Strength};
use crate::{ids::TaskId, recipe::TextToImage, task::Problem};

/// An edit of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditRun {
    /// Prompt, checkpoint, steps and so on. `width` × `height` is the number of pixels that the model works with where only a part of the
    /// picture is sampled ([`EditArea::Masked`]); otherwise they are ignored. [`UpscaleHow::Resize`] and [`UpscaleHow::Model`] ignore all of it.
    pub recipe: TextToImage,
    pub source: PictureId,
    pub edit: Edit,
    /// The task of which the picture is a result.
    pub parent: Option<TaskId>,
}

/// What is done to the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// All of it, from the prompt ("image to image").
    Redraw {
        strength: Strength,
    },
    Inpaint(Inpaint),
    Outpaint(Outpaint),
    Upscale(Upscale),
}

/// A part of the picture is painted new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inpaint {
    /// Of the picture's size: white is painted new, black stays. An opaque grey PNG; of one with colours the red channel counts.
    pub mask: PictureId,
    pub strength: Strength,
    /// The mask is enlarged by this many pixels, before its edge is softened.
    pub grow: u32,
    /// The edge of the mask becomes soft, about this many pixels to either side.
    pub feather: u32,
    pub area: EditArea,
    pub method: InpaintMethod,
}

/// What the model gets to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditArea {
    /// The whole picture.
    Whole,
    /// The mask with this many pixels around it, scaled to the size that the model works at. For details of large pictures.
    Masked { context: u32 },
}

/// How a part is painted new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InpaintMethod {
    /// For ordinary models: SetLatentNoiseMask, with DifferentialDiffusion where there is one.
    Noise,
    /// For models that were made for inpainting, such as sd-inpaint or Flux Fill: InpaintModelConditioning.
    InpaintModel,
    /// What is under the mask is erased first: VAEEncodeForInpaint. Always at full strength.
    Erase,
}

impl InpaintMethod {
    pub const ALL: [Self; 3] = [Self::Noise, Self::InpaintModel, Self::Erase];

    /// As the API names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::InpaintModel => "inpaint-model",
            Self::Erase => "erase",
        }
    }

    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// The picture is extended. In pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outpaint {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
    /// So far the new part fades into the picture.
    pub feather: u32,
    pub strength: Strength,
    pub area: EditArea,
    pub method: InpaintMethod,
}

/// The picture is enlarged (or made smaller).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upscale {
    pub how: UpscaleHow,
    pub to: UpscaleTo,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpscaleHow {
    /// By ImageScale; `method` is one of its `upscale_method`.
    Resize { method: String },
    /// By a model of models/upscale_models.
    Model { name: String },
    /// The same, and then the checkpoint redraws it from the prompt. Without a model the picture is resized first.
    ModelRedraw { name: Option<String>, strength: Strength },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpscaleTo {
    /// In hundredths: 200 doubles both sides.
    Percent(u32),
    /// In pixels. 0: in proportion to the other side.
    Size { width: u32, height: u32 },
}

impl Edit {
    /// How much is redrawn; nothing, where no model samples.
    #[must_use]
    pub fn strength(&self) -> Option<Strength> {
        match self {
            Self::Redraw { strength } | Self::Upscale(Upscale { how: UpscaleHow::ModelRedraw { strength, .. }, .. }) => Some(*strength),
            Self::Inpaint(Inpaint { method: InpaintMethod::Erase, .. }) | Self::Outpaint(Outpaint { method: InpaintMethod::Erase, .. }) => {
                Some(Strength::FULL)
            }
            Self::Inpaint(Inpaint { strength, .. }) | Self::Outpaint(Outpaint { strength, .. }) => Some(*strength),
            Self::Upscale(_) => None,
        }
    }

    /// How a part is painted new, if only a part is.
    #[must_use]
    pub fn method(&self) -> Option<InpaintMethod> {
        match self {
            Self::Inpaint(inpaint) => Some(inpaint.method),
            Self::Outpaint(outpaint) => Some(outpaint.method),
            Self::Redraw { .. } | Self::Upscale(_) => None,
        }
    }

    /// The mask that was painted for it.
    #[must_use]
    pub fn mask(&self) -> Option<&PictureId> {
        match self {
            Self::Inpaint(inpaint) => Some(&inpaint.mask),
            _ => None,
        }
    }

    /// The same with another mask, if it has one.
    #[must_use]
    pub fn with_mask(self, mask: PictureId) -> Self {
        match self {
            Self::Inpaint(inpaint) => Self::Inpaint(Inpaint { mask, ..inpaint }),
            other => other,
        }
    }

    /// Its name in the API.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Redraw { .. } => "redraw",
            Self::Inpaint(_) => "inpaint",
            Self::Outpaint(_) => "outpaint",
            Self::Upscale(_) => "upscale",
        }
    }

    /// A name of the task, where there is no prompt.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Redraw { .. } => "Redraw",
            Self::Inpaint(_) => "Inpaint",
            Self::Outpaint(_) => "Outpaint",
            Self::Upscale(_) => "Upscale",
        }
    }
}

/// A value of an edit, as pages and the API name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EditField {
    Source,
    Mask,
    Strength,
    Grow,
    Feather,
    Context,
    Left,
    Top,
    Right,
    Bottom,
    Width,
    Height,
    Percent,
    /// The name of the upscale model, or the method of resizing.
    Upscaler,
}

impl EditField {
    pub const ALL: [Self; 14] = [
        Self::Source,
        Self::Mask,
        Self::Strength,
        Self::Grow,
        Self::Feather,
        Self::Context,
        Self::Left,
        Self::Top,
        Self::Right,
        Self::Bottom,
        Self::Width,
        Self::Height,
        Self::Percent,
        Self::Upscaler,
    ];

    /// Its name as an input and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Why an edit cannot be run, and the value that causes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditProblem {
    pub field: EditField,
    pub message: String,
}

impl EditProblem {
    pub(super) fn new(field: EditField, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// Without a node: the input is the name of the field.
impl From<EditProblem> for Problem {
    fn from(problem: EditProblem) -> Self {
        Self { node: None, title: None, input: Some(problem.field.name().to_owned()), message: problem.message }
    }
}
