//! How much two pictures differ, pixel by pixel.

/// Of all pixels that were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PixelDifference {
    pub pixels: u64,
    /// Those that are not the same in all four channels.
    pub differing: u64,
    /// The greatest difference in one channel.
    pub greatest: u8,
}

impl PixelDifference {
    /// Adds pixels of both pictures: 4 bytes each (red, green, blue, opacity), as many of one as of the other. `shown` becomes the absolute difference
    /// of each colour, opaque; where only the opacity differs, its difference in grey.
    pub fn add(&mut self, first: &[u8], second: &[u8], shown: &mut [u8]) {
        let pixels = first.as_chunks::<4>().0.iter().zip(second.as_chunks::<4>().0).zip(shown.as_chunks_mut::<4>().0);
        for ((one, other), shown) in pixels {
            let [red, green, blue, opacity]: [u8; 4] = std::array::from_fn(|channel| one[channel].abs_diff(other[channel]));
            let greatest = red.max(green).max(blue);
            *shown = if greatest == 0 { [opacity, opacity, opacity, u8::MAX] } else { [red, green, blue, u8::MAX] };
            let greatest = greatest.max(opacity);
            self.pixels += 1;
            self.differing += u64::from(greatest > 0);
            self.greatest = self.greatest.max(greatest);
        }
    }

    /// For people.
    #[must_use]
    pub fn words(self) -> String {
        if self.differing == 0 {
            return "No pixel differs.".to_owned();
        }
        if self.differing == self.pixels {
            return format!("All pixels differ, by at most {} of 255.", self.greatest);
        }
        // In tenths of a percent.
        let tenths = (u128::from(self.differing) * 1_000 / u128::from(self.pixels.max(1))).min(999);
        let share = if tenths == 0 { "Less than 0.1".to_owned() } else { format!("{}.{}", tenths / 10, tenths % 10) };
        format!("{share} % of the pixels differ, by at most {} of 255.", self.greatest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_colour_is_compared() {
        let mut shown = [7; 16];
        let mut difference = PixelDifference::default();
        let first = [10, 20, 30, 255, 0, 0, 0, 255, 9, 9, 9, 255, 5, 5, 5, 255];
        let second = [11, 18, 30, 255, 255, 0, 0, 255, 9, 9, 9, 255, 5, 5, 5, 55];
        difference.add(&first, &second, &mut shown);
        assert_eq!(shown, [1, 2, 0, 255, 255, 0, 0, 255, 0, 0, 0, 255, 200, 200, 200, 255]);
        assert_eq!(difference, PixelDifference { pixels: 4, differing: 3, greatest: 255 });
        assert_eq!(difference.words(), "75.0 % of the pixels differ, by at most 255 of 255.");
    }

    #[test]
    fn few_and_most_are_not_rounded_to_none_and_all() {
        let words = |differing, pixels| PixelDifference { pixels, differing, greatest: 3 }.words();
        assert_eq!(words(0, 9), "No pixel differs.");
        assert_eq!(words(1, 1_000_000), "Less than 0.1 % of the pixels differ, by at most 3 of 255.");
        assert_eq!(words(999_999, 1_000_000), "99.9 % of the pixels differ, by at most 3 of 255.");
        assert_eq!(words(9, 9), "All pixels differ, by at most 3 of 255.");
    }

    proptest! {
        #[test]
        fn the_order_of_the_pictures_does_not_matter_and_parts_add_up(
            pixels in prop::collection::vec((any::<[u8; 4]>(), any::<[u8; 4]>()), 0..40),
            cut in 0_usize..40,
        ) {
            let bytes = |second: bool| -> Vec<u8> { pixels.iter().flat_map(|(one, other)| if second { *other } else { *one }).collect() };
            let (first, second) = (bytes(false), bytes(true));
            let (mut there, mut back) = (vec![0; first.len()], vec![0; first.len()]);
            let (mut one, mut other, mut parts) = (PixelDifference::default(), PixelDifference::default(), PixelDifference::default());
            one.add(&first, &second, &mut there);
            other.add(&second, &first, &mut back);
            prop_assert_eq!((one, &there), (other, &back));
            let cut = (cut * 4).min(first.len());
            let mut shown = vec![0; first.len()];
            parts.add(&first[..cut], &second[..cut], &mut shown[..cut]);
            parts.add(&first[cut..], &second[cut..], &mut shown[cut..]);
            prop_assert_eq!((parts, shown), (one, there));
            prop_assert_eq!(one.differing == 0, first == second);
        }
    }
}
