//! Edits of a picture: redraw it, repaint a part of it, extend it, enlarge it. What a person asks for ([`EditRun`]), what will happen
//! ([`plan()`]), the masks that are sent ([`masks()`]), and the workflow for ComfyUI ([`workflow()`]), of ComfyUI's own nodes only.
//!
//! Pages and the server use the same functions, so that what a page shows before a run is what is sent.

mod alpha;
mod build;
mod kept_area;
mod masks;
mod model;
mod picture;
mod plain_form;
mod plan;
mod rect;
mod shape;
mod start;
mod start_part;
mod steps;
#[cfg(test)]
pub(crate) mod tests;

pub use self::{
    alpha::transparency,
    build::{EditFiles, fallbacks, has_alpha, is_soft, typed_for, workflow},
    kept_area::{KeptArea, OutsideCheck, kept_area},
    masks::{EditMasks, masks, outpaint_masks},
    model::{Edit, EditArea, EditField, EditProblem, EditRun, Inpaint, InpaintMethod, Outpaint, Upscale, UpscaleHow, UpscaleTo},
    picture::{INPUT_FOLDER, PictureFile, PictureFormat, PictureId, StoredPicture, WrongPictureId, picture_ids_in, pictures_of},
    plain_form::{METHOD_FIELD, edit_of_texts, pixels},
    plan::{EditPlan, MaskFacts, plan},
    rect::{PixelRect, PixelSize},
    shape::{Grey, feather, feather_reach, grow},
    start::{Start, StartLine, StartPicture},
    start_part::StartPart,
    steps::{Strength, WrongStrength},
};
