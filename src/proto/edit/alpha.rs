//! The transparency of a picture of which a part is painted new. LoadImage drops it, so it is put back at the end, from a grey picture of its own
//! that is made here: opaque as far as something was painted, and everywhere else as it was.

use super::shape::Grey;

/// The node class without which a result is not transparent.
pub(super) const JOIN: &str = "JoinImageWithAlpha";
/// All that are needed for it.
pub(super) const CLASSES: [&str; 3] = [JOIN, "SolidMask", "MaskComposite"];

/// Is taken off the transparency at ComfyUI: a quarter of one of 255 levels. JoinImageWithAlpha computes `1 - transparency` in 32-bit floats, and
/// SaveImage truncates `255 * alpha`: 159 of the 256 levels would be one too low. With this none is, and none is one too high.
pub(super) const SMALL_PART: f64 = 0.001;

/// How transparent the result is: 255 wholly, 0 not at all (what ComfyUI calls the alpha of JoinImageWithAlpha). `alpha` is that of the source,
/// which lies in the result at `left` and `top`; `composite` says how much is painted.
#[must_use]
pub fn transparency(alpha: &Grey, left: u32, top: u32, composite: &Grey) -> Grey {
    let mut result = composite.clone();
    let (width, source) = (composite.size().width.max(1), alpha.size());
    for (y, row) in (0_u32..).zip(result.pixels_mut().chunks_exact_mut(width as usize)) {
        let old = y.checked_sub(top).filter(|y| *y < source.height);
        for (x, pixel) in (0_u32..).zip(row) {
            let at = old.zip(x.checked_sub(left).filter(|x| *x < source.width));
            let at = at.and_then(|(y, x)| alpha.pixels().get(y as usize * source.width as usize + x as usize));
            *pixel = u8::MAX - (*pixel).max(at.copied().unwrap_or_default());
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::PixelSize;

    #[test]
    fn a_result_is_opaque_where_it_is_painted_and_else_as_it_was() {
        let alpha = Grey::from_pixels(PixelSize::new(2, 2), vec![0, 10, 200, 255]).unwrap();
        let mask = Grey::from_pixels(PixelSize::new(2, 2), vec![0, 0, 0, 0]).unwrap();
        assert_eq!(transparency(&alpha, 0, 0, &mask).pixels(), [255, 245, 55, 0]);
        let mask = Grey::from_pixels(PixelSize::new(2, 2), vec![255, 4, 128, 7]).unwrap();
        assert_eq!(transparency(&alpha, 0, 0, &mask).pixels(), [0, 245, 55, 0], "the greater of both");
        // Extended by one to the left and at the top: all of that is painted.
        let mask = Grey::from_pixels(PixelSize::new(3, 3), vec![255, 255, 255, 255, 0, 0, 255, 0, 0]).unwrap();
        assert_eq!(transparency(&alpha, 1, 1, &mask).pixels(), [0, 0, 0, 0, 255, 245, 0, 55, 0]);
    }

    /// What ComfyUI computes: a grey picture is loaded as a mask, a mask is taken off, and the picture is saved with the rest as its alpha.
    fn saved(transparency: u8, taken_off: f32) -> u8 {
        let mask = (f32::from(transparency) / 255.0 - taken_off).clamp(0.0, 1.0);
        (255.0 * (1.0 - mask)).clamp(0.0, 255.0) as u8
    }

    #[test]
    fn every_level_comes_back_as_it_was() {
        let wrong = |taken_off: f32| (0..=255_u8).filter(|alpha| saved(255 - alpha, taken_off) != *alpha).count();
        assert_eq!(wrong(SMALL_PART as f32), 0);
        assert_eq!(wrong(0.0), 159, "this is why something is taken off");
    }
}
