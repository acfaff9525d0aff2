//! The two masks of an edit, made of what was painted.

use super::{
    model::{InpaintMethod, Outpaint},
    rect::{PixelRect, PixelSize},
    shape::{Grey, feather, feather_reach, grow},
};
use crate::limits;

/// What is sent to ComfyUI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditMasks {
    /// Where the model may paint.
    pub noise: Grey,
    /// How much of what it painted is taken over into the picture. Where this is 0 nothing changes. It ends inside of `noise`, so that its soft
    /// edge does not show pixels that only went through the VAE.
    pub composite: Grey,
}

/// Both masks from the painted one. `is_soft`: soft edges are of use to the sampler (see [`is_soft`](super::is_soft)); otherwise `noise` is
/// black or white only.
#[must_use]
pub fn masks(painted: &Grey, grow_by: u32, feather_by: u32, is_soft: bool) -> EditMasks {
    let mut composite = painted.clone();
    grow(&mut composite, grow_by);
    let mut noise = composite.clone();
    grow(&mut noise, limits::EDIT_SEAM);
    feather(&mut noise, feather_by);
    feather(&mut composite, feather_by);
    if !is_soft {
        for pixel in noise.pixels_mut() {
            *pixel = if *pixel == 0 { 0 } else { u8::MAX };
        }
    }
    EditMasks { noise, composite }
}

/// Both masks of an extended picture: what is new, and a soft edge into what is there.
#[must_use]
pub fn outpaint_masks(source: PixelSize, outpaint: &Outpaint, is_soft: bool) -> EditMasks {
    let (grow_by, feather_by) = outpaint_shape(outpaint);
    masks(&outpaint_mask(source, outpaint), grow_by, feather_by, is_soft)
}

/// So far beyond the painted mask the model may paint.
pub(super) fn reach(grow_by: u32, feather_by: u32) -> u32 {
    grow_by.saturating_add(limits::EDIT_SEAM).saturating_add(feather_reach(feather_by))
}

/// How the mask of an extended picture is shaped: [`Outpaint::feather`] is about the whole way that it fades into the picture. It is enlarged by as
/// much as softening reaches back, so that all that is new stays white.
pub(super) fn outpaint_shape(outpaint: &Outpaint) -> (u32, u32) {
    let half = outpaint.feather / 2;
    (feather_reach(half), half)
}

/// Before it is shaped: white is what is new.
fn outpaint_mask(source: PixelSize, outpaint: &Outpaint) -> Grey {
    let size = canvas(source, outpaint);
    let old = PixelRect { x: outpaint.left, y: outpaint.top, width: source.width, height: source.height };
    let mut mask = Grey::new(size);
    let width = size.width as usize;
    for (y, row) in mask.pixels_mut().chunks_exact_mut(width.max(1)).enumerate() {
        let is_old = (old.y as usize..old.bottom() as usize).contains(&y);
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = if is_old && (old.x as usize..old.right() as usize).contains(&x) { 0 } else { u8::MAX };
        }
    }
    mask
}

/// The size of the extended picture.
pub(super) fn canvas(source: PixelSize, outpaint: &Outpaint) -> PixelSize {
    PixelSize {
        width: source.width.saturating_add(outpaint.left).saturating_add(outpaint.right),
        height: source.height.saturating_add(outpaint.top).saturating_add(outpaint.bottom),
    }
}

/// Whether the sampler can use a soft mask: only DifferentialDiffusion, with ordinary models, does.
pub(super) fn wants_soft(method: InpaintMethod) -> bool {
    match method {
        InpaintMethod::Noise => true,
        InpaintMethod::InpaintModel | InpaintMethod::Erase => false,
    }
}
