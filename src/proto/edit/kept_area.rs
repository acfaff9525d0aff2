//! Which pixels of a result must be those of its source: read from the workflow that ran, so that it holds for every workflow that ends this
//! way, whoever made it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{alpha, picture::PictureFile, rect::PixelRect};
use crate::{
    comfy::{Workflow, WorkflowNode},
    ids::NodeId,
};

/// A picture that is composed of a stored one and something painted, by ImageCompositeMasked. It may have got its transparency back after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptArea {
    pub source: PictureFile,
    /// Where the source lies in the result: it may have been extended to the left and at the top.
    pub left: u32,
    pub top: u32,
    /// Where this is black nothing may change.
    pub mask: PictureFile,
    /// The part of the mask that was used; its place in the mask is its place in the result. `None`: all of it.
    pub part: Option<PixelRect>,
}

/// The comparison of a result with its source, where nothing may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutsideCheck {
    /// Pixels outside of the mask.
    pub outside: u64,
    /// How many of them differ from the source.
    pub changed: u64,
    /// Differences of at most so many of 255 levels were not counted: decoders of JPEG round differently. 0: every pixel was compared exactly.
    pub tolerance: u8,
}

impl OutsideCheck {
    /// In words, for people: "Outside the mask nothing changed: 0 of 812,340 pixels differ".
    #[must_use]
    pub fn words(self) -> String {
        let (changed, outside) = (grouped(self.changed), grouped(self.outside));
        let begin = if self.changed == 0 { "Outside the mask nothing changed" } else { "Outside the mask something changed" };
        let rounding = if self.tolerance == 0 { String::new() } else { format!(" by more than {} of 255 levels", self.tolerance) };
        format!("{begin}: {changed} of {outside} pixels differ{rounding}")
    }
}

/// "812,340".
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// What is kept of a source in the pictures that this node puts out.
#[must_use]
pub fn kept_area(workflow: &Workflow, saved_by: &NodeId) -> Option<KeptArea> {
    let saved = workflow.0.get(saved_by)?;
    let composed = match linked(workflow, saved, "images", alpha::JOIN) {
        Some(joined) => linked(workflow, joined, "image", "ImageCompositeMasked")?,
        None => linked(workflow, saved, "images", "ImageCompositeMasked")?,
    };
    if composed.input("resize_source") != Some(&Value::Bool(false)) {
        return None;
    }
    let at = (number(composed, "x")?, number(composed, "y")?);
    let (source, left, top) = destination(workflow, composed)?;
    let (mask, part) = match linked(workflow, composed, "mask", "CropMask") {
        None => (linked(workflow, composed, "mask", "LoadImageMask")?, None),
        Some(crop) => {
            let rect =
                PixelRect { x: number(crop, "x")?, y: number(crop, "y")?, width: number(crop, "width")?, height: number(crop, "height")? };
            (linked(workflow, crop, "mask", "LoadImageMask")?, Some(rect))
        }
    };
    let is_in_place = at == part.map_or((0, 0), |part| (part.x, part.y));
    let is_red = mask.input("channel").and_then(Value::as_str) == Some("red");
    if !is_in_place || !is_red {
        return None;
    }
    Some(KeptArea { source, left, top, mask: picture(mask)?, part })
}

/// The stored picture that something is put into, perhaps extended or repeated, and where in it it lies.
fn destination(workflow: &Workflow, composed: &WorkflowNode) -> Option<(PictureFile, u32, u32)> {
    let mut node = workflow.0.get(composed.link("destination")?)?;
    let (mut left, mut top) = (0_u32, 0_u32);
    // As many as our own workflows have in a row, at most.
    for _ in 0..3 {
        match node.class_type() {
            "LoadImage" => return Some((picture(node)?, left, top)),
            "ImagePadForOutpaint" => {
                left = left.checked_add(number(node, "left")?)?;
                top = top.checked_add(number(node, "top")?)?;
            }
            "RepeatImageBatch" => {}
            _ => return None,
        }
        node = workflow.0.get(node.link("image")?)?;
    }
    None
}

fn linked<'w>(workflow: &'w Workflow, node: &WorkflowNode, input: &str, class: &str) -> Option<&'w WorkflowNode> {
    workflow.0.get(node.link(input)?).filter(|node| node.class_type() == class)
}

fn number(node: &WorkflowNode, input: &str) -> Option<u32> {
    u32::try_from(node.input(input)?.as_u64()?).ok()
}

fn picture(node: &WorkflowNode) -> Option<PictureFile> {
    PictureFile::of_input(node.input("image")?.as_str()?)
}
