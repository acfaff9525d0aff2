//! A mask for a picture of another size.

use super::Mask;
use crate::limits;

/// How far the ratio of the sides may differ: sizes are rounded, to multiples of 8 and more.
const RATIO: f64 = 0.02;

impl Mask {
    /// The mask for a picture of this size; each pixel has the value of the nearest one. `None`: the picture has another shape, so that the mask
    /// would be at other places, or a side is longer than [`limits::MASK_SIDE`].
    #[must_use]
    pub fn resized(&self, width: u32, height: u32) -> Option<Self> {
        if (width, height) == (self.width(), self.height()) {
            return Some(self.clone());
        }
        if width.min(height) == 0 || width.max(height) > limits::MASK_SIDE {
            return None;
        }
        let ratio = |width: u32, height: u32| f64::from(width) / f64::from(height);
        let other = ratio(width, height) / ratio(self.width(), self.height());
        if (other - 1.0).abs() > RATIO {
            return None;
        }
        // The middle of a pixel, in pixels of this mask.
        let nearest = |at: u32, of: u32, from: u32| {
            let middle = (u64::from(at) * 2 + 1) * u64::from(from) / (u64::from(of) * 2);
            u32::try_from(middle).unwrap_or(u32::MAX).min(from.saturating_sub(1))
        };
        let columns: Vec<u32> = (0..width).map(|x| nearest(x, width, self.width())).collect();
        let values: Vec<u8> = (0..height)
            .flat_map(|y| {
                let row = nearest(y, height, self.height());
                columns.iter().map(move |x| self.get(*x, row))
            })
            .collect();
        Self::from_values(width, height, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(mask: &Mask) -> Vec<u8> {
        (0..mask.height()).flat_map(|y| (0..mask.width()).map(move |x| mask.get(x, y))).collect()
    }

    #[test]
    fn each_pixel_has_the_value_of_the_nearest() {
        let small = Mask::from_values(2, 2, &[0, 255, 128, 7]).unwrap();
        let large = small.resized(4, 4).unwrap();
        assert_eq!(values(&large), [0, 0, 255, 255, 0, 0, 255, 255, 128, 128, 7, 7, 128, 128, 7, 7]);
        assert_eq!(values(&large.resized(2, 2).unwrap()), values(&small));
    }

    #[test]
    fn another_shape_is_refused_and_rounded_sizes_are_not() {
        let mask = Mask::new(1000, 750);
        assert!(mask.resized(1000, 1000).is_none() && mask.resized(0, 0).is_none());
        assert_eq!(mask.resized(512, 384).map(|mask| (mask.width(), mask.height())), Some((512, 384)));
        assert!(mask.resized(1024, 760).is_some());
    }
}
